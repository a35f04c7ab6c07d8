"""`make mutate`: change the metric models one spot at a time; the suite must notice 95%.

    python -m tests.mutation [--models int_kpi_win_rate,fct_mrr_movements] [--sample 150 --seed 7]
        [--trust]

A first, true run of the judging tests builds their worlds with dbt; every mutant is then judged on
those in milliseconds, in random order: what a broken-off run has said is a sample. What nobody can
notice is listed with its reason in `justified.yml`; a sample takes the list's word for it, a whole
run asks again, and says which entries are stale, unless told to trust it.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from fnmatch import fnmatch, fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.mutation.judging import Judge, Verdict, model_of
from tests.mutation.mutants import Mutant, mutants_of, parse
from tests.mutation.recording import Recorder, Recording, add_dbt_tests

TESTS = Path(__file__).parents[1]
#: The tests that judge: their worlds hold every metric, their oracles share no SQL with it.
MODULES = (
    "test_dbt_revenue.py",
    "test_dbt_kpis.py",
    "test_dbt_customers.py",
    "test_dbt_customer_traps.py",
    "test_dbt_curves.py",
    "test_dbt_funnel.py",
    "test_dbt_support_hours.py",
    "test_dbt_unit_economics.py",
    "test_unit_economics_oracle.py",
    "test_lifetime_oracle.py",
    "prove/test_early_churn.py",
    "prove/test_boundary_rows.py",
    "prove/test_usage_boundaries.py",
)
#: The models that hold a metric's arithmetic.
MODELS = (
    "int_kpi_*",
    "int_retention_*",
    "int_segment_spend",
    "int_segment_cac",
    "int_segment_economics",
    "int_segment_lags",
    "int_segment_ltv",
    "int_segment_revenue_months",
    "int_payback_*",
    "int_sbg_*",
    "int_customer_value",
    "int_customer_costs",
    "int_funnel_entities",
    "int_deal_segments",
    "int_first_payments",
    "int_spend_pools",
    "int_worked_deals",
    "int_event_*",
    "int_clock_starts",
    "int_value_*",
    "int_early_churn",
    "int_bridge_chains",
    "int_customer_mrr_months",
    "int_product_mrr_months",
    "int_subscription_*",
    "int_customer_months",
    "int_recorded_months",
    "int_support_days",
    "int_tickets",
    "int_ticket_*",
    "int_survey_*",
    "int_trials",
    "int_account_feature_use",
    "int_product_plans",
    "int_product_features",
    "int_paying_plans",
    "int_feature_eligibility",
    "int_usage_account_months",
    "int_usage_key_days",
    "fct_mrr_*",
    "cohort_retention",
    "metric_bridge",
    "segment_kpis",
    "segment_cac",
    "account_value",
    "fct_usage_days",
    "feature_adoption",
    "funnel_conversion",
    "fct_stage_transitions",
    "time_to_event_curves",
)
WANTED = 0.95
_judge: Judge | None = None


def main() -> int:
    """Record, judge in two processes, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--models", default=",".join(MODELS), help="names or patterns")
    parser.add_argument("--modules", default=",".join(MODULES), help="test files that judge")
    parser.add_argument("--sample", type=int, default=0, help="this many mutants, not all")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--trust", action="store_true", help="do not judge justified mutants again")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    verdicts: list[Verdict] = []
    listed: list[Mutant] = []
    failed: list[str] = []

    def after(recording: Recording, recorder: Recorder) -> None:
        failed.extend(recording.failed)
        add_dbt_tests(recording, recorder)
        listed.extend(_mutants(recording, options.models.split(",")))
        wanted = min(options.sample or len(listed), len(listed))
        chosen = random.Random(options.seed).sample(listed, wanted)
        if options.sample or options.trust:
            # what nobody can notice is asked of every test of every world: most of the time
            reasons = _justified({mutant.key for mutant in listed})
            verdicts.extend(Verdict(each, "silent") for each in chosen if each.key in reasons)
            chosen = [mutant for mutant in chosen if mutant.key not in reasons]
        verdicts.extend(_judged(recording, recorder, chosen, options.processes))

    with tempfile.TemporaryDirectory() as folder:
        modules = [str(TESTS / name) for name in options.modules.split(",")]
        pytest.main(
            ["-q", "-m", "", "-p", "no:cacheprovider", *modules],
            plugins=[Recorder(Path(folder), after)],
        )
    if failed:
        _say("not judged, because these tests fail without any mutant: " + ", ".join(failed))
        return 2
    return _report(verdicts, listed, is_sample=bool(options.sample))


def _mutants(recording: Recording, patterns: list[str]) -> list[Mutant]:
    """List the mutants of every recorded model that a pattern names."""
    sql: dict[str, str] = {}
    for world in recording.worlds.values():
        for build in world.builds:
            for relation, compiled in build.compiled.items():
                sql.setdefault(model_of(relation), compiled)
    chosen = sorted(name for name in sql if any(fnmatch(name, each) for each in patterns))
    return [mutant for name in chosen for mutant in mutants_of(name, parse(sql[name]))]


def _judged(
    recording: Recording, recorder: Recorder, mutants: list[Mutant], processes: int
) -> list[Verdict]:
    global _judge  # noqa: PLW0603 - what the forked processes inherit
    scope = {mutant.model for mutant in mutants}
    _judge = Judge(recording, recorder, scope, recording.folder)
    context = multiprocessing.get_context("fork")
    verdicts, began = [], time.monotonic()
    with context.Pool(processes, initializer=_start) as pool:
        for number, verdict in enumerate(pool.imap_unordered(_one, mutants, chunksize=8), start=1):
            verdicts.append(verdict)
            if verdict.status != "killed":
                _say(f"{verdict.status}: {verdict.mutant.key}")
            if number % 100 == 0 or number == len(mutants):
                left = Counter(each.status for each in verdicts)
                _say(
                    f"{number} of {len(mutants)} in {time.monotonic() - began:.0f} s: "
                    + ", ".join(f"{count} {status}" for status, count in sorted(left.items()))
                )
        # leaving the block ends the workers by a signal that a worker of xdist, whose child this
        # is, has them ignore: one that waits for work would be waited for without end
        pool.close()
        pool.join()
    return verdicts


def _start() -> None:
    _judge.folder = Path(tempfile.mkdtemp(dir=_judge.recording.folder))


def _one(mutant: Mutant) -> Verdict:
    return _judge.judge(mutant)


def _report(verdicts: list[Verdict], listed: list[Mutant], *, is_sample: bool) -> int:
    reasons = _justified({mutant.key for mutant in listed})
    table: dict[str, Counter[str]] = defaultdict(Counter)
    excused = set()
    for verdict in verdicts:
        status = verdict.status
        if status != "killed" and verdict.mutant.key in reasons:
            excused.add(verdict.mutant.key)
            status = "justified"
        table[verdict.mutant.model][status] += 1
    total: Counter[str] = Counter()
    _say(f"{'model':40} killed survived silent justified")
    for model, counts in sorted(table.items()):
        total.update(counts)
        _say(_line(model, counts))
    _say(_line("all", total))
    _say("killed by: " + ", ".join(f"{n} {who}" for who, n in _killers(verdicts).most_common()))
    stale = _stale(reasons, listed, excused, verdicts, is_sample)
    for key in stale:
        _say(f"stale in justified.yml, take it out: {key}")
    judged = sum(total.values()) - total["justified"]
    share = total["killed"] / max(judged, 1)
    _say(f"{share:.1%} of {judged} mutants are noticed; {WANTED:.0%} are wanted")
    return 1 if stale or share < WANTED else 0


def _line(name: str, counts: Counter[str]) -> str:
    numbers = [counts[status] for status in ("killed", "survived", "silent", "justified")]
    return f"{name:40} {numbers[0]:6} {numbers[1]:8} {numbers[2]:6} {numbers[3]:9}"


def _killers(verdicts: list[Verdict]) -> Counter[str]:
    kinds = ("unit test", "data test", "time", "build")
    return Counter(
        next((kind for kind in kinds if verdict.by.startswith(kind)), verdict.by.split("::")[0])
        for verdict in verdicts
        if verdict.status == "killed"
    )


def _justified(listed: set[str]) -> dict[str, str]:
    """Read the reviewed list: a mutant's name, and why nobody could notice it.

    A name may hold `*`; one that names no mutant stands for itself, and is stale.
    """
    entries: list[dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "justified.yml").read_text()
    )
    reasons = {}
    for entry in entries:
        for name in entry["mutants"]:
            pattern = name.replace("[", "[[]")
            for key in [key for key in listed if fnmatchcase(key, pattern)] or [name]:
                reasons[key] = entry["reason"]
    return reasons


def _stale(
    reasons: dict[str, str],
    listed: list[Mutant],
    excused: set[str],
    verdicts: list[Verdict],
    is_sample: bool,
) -> list[str]:
    """Give entries whose mutant does not exist any more, or is noticed by now."""
    models = {mutant.model for mutant in listed}
    known = {mutant.key for mutant in listed}
    mine = {key for key in reasons if key.split(" | ")[0] in models}
    gone = mine - known
    noticed = {verdict.mutant.key for verdict in verdicts if verdict.status == "killed"}
    return sorted(gone if is_sample else gone | ((mine & noticed) - excused))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    sys.exit(main())
