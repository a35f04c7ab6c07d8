"""A publication that stops at a named step and waits there to be killed.

Run as a program: `kill_target.py FOLDER STEP MARKER`. It prints `ready` once it stands at the step.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
from gate_candidate import AS_OF, KNOWN_AT, build_candidate, passed, settings_in

from dagster_project.publication import audit as audit_module
from dagster_project.publication import patching, publish, version_file
from dagster_project.publication.audit import audit
from dagster_project.publication.lock import run_lock
from dagster_project.publication.run_status import record_step, start_run

STEPS = (
    "audit, before its first check",
    "audit, before its results are written",
    "copy, before the first table",
    "copy, between two tables",
    "copy, inside the transaction that patches a table",
    "before the version is forced to disk",
    "before the rename",
    "after the link, before the rename",
    "after the rename, before filing",
    "after filing, before the tiers",
    "after the tiers, before the status",
    "while old versions are removed",
)

#: step -> (where the function is looked up, its name, whether it stops after it instead of before)
_PLACES = {
    STEPS[0]: (audit_module, "read_baseline", False),
    STEPS[1]: (audit_module, "write_results", False),
    STEPS[2]: (version_file, "_write_tables", False),
    STEPS[3]: (version_file, "_write_descriptions", False),
    STEPS[4]: (patching, "_holds", False),
    STEPS[5]: (publish, "sync_file", False),
    STEPS[6]: (publish, "_put_in_place", False),
    STEPS[7]: (publish.os, "link", True),
    STEPS[8]: (publish, "_file", False),
    STEPS[9]: (publish, "finish", False),
    STEPS[10]: (publish, "record_success", False),
    STEPS[11]: (publish, "_prune", False),
}


def _stop(*_: object, **__: object) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(60)


def _stop_at(step: str) -> None:
    owner, name, is_after = _PLACES[step]
    original = getattr(owner, name)

    def stopping(*args: object, **options: object) -> object:
        answer = original(*args, **options) if is_after else None
        _stop()
        return answer

    setattr(owner, name, stopping)


def main(folder: Path, step: str, marker: int) -> None:
    """Publish version `marker` as a run does, until `step`."""
    settings = settings_in(folder)
    build_candidate(settings, marker)
    _stop_at(step)
    # a patch needs a table of which less than half changed
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(
            "update marts.fct_usage_days set event_count = event_count + 1"
            " where usage_date = date '2030-06-30'"
        )
    run_id = f"run-{marker}"
    with run_lock(settings, run_id=run_id):
        start_run(settings, run_id)
        record_step(settings, "audit")
        if step.startswith("audit"):
            audit(
                settings, run_id=run_id, known_at=KNOWN_AT, as_of_date=AS_OF,
                dbt_tests=lambda *_, **__: list,
            )  # fmt: skip
        record_step(settings, "publication")
        publish.publish(settings, passed(run_id), incremental_min_rows=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
