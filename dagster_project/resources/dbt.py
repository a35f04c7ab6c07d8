"""Running dbt inside this process, and leaving the warehouse file free afterwards.

What is built when is the caller's business; this only knows how dbt is invoked.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from dagster_project.resources import warehouse
from dagster_project.resources.dbt_environment import environment_set, profile_variables
from dagster_project.resources.postgres import export_connection
from dagster_project.resources.settings import PROJECT_ROOT, Settings

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
#: The folder that Dagster's builds share: dbt finds its own parse of the last one there.
BUILD = "build"
#: The last parse of this process under what it was made from; empty before the first.
_last_parse: dict[str, Any] = {}
_parsing = threading.Lock()
MANIFEST = "manifest.json"
#: Flags before a command whose outcome is read, not its output.
SILENT = ("--quiet", "--log-level", "none")
#: Where dbt keeps, beside the manifest, what the next parse of the same project starts from.
KEPT_PARSE = "partial_parse.msgpack"


@dataclass(frozen=True)
class DbtNode:
    """What happened to one model, test, snapshot or exposure. `failures` counts a test's rows."""

    unique_id: str
    name: str
    status: str  # success | pass | warn | fail | error | skipped | no-op
    message: str | None
    failures: int | None
    seconds: float

    @property
    def is_failed(self) -> bool:
        """Say whether the node stopped the run or must stop a publication."""
        return self.status in {"error", "fail", "runtime error"}


@dataclass(frozen=True)
class DbtOutcome:
    """One invocation: `error` is set when dbt stopped before it ran any node."""

    success: bool
    results: list[DbtNode] = field(default_factory=list)
    error: str | None = None

    @property
    def failed(self) -> list[DbtNode]:
        """Give the nodes that failed, in the order they ran."""
        return [node for node in self.results if node.is_failed]


def run_dbt(
    args: Sequence[str],
    *,
    settings: Settings,
    known_at: datetime,
    as_of_date: date,
    extra_vars: Mapping[str, object] | None = None,
    target: str | None = None,
    memory_limit: str | None = None,
) -> DbtOutcome:
    """Run e.g. `["build", "--select", "staging"]` against the warehouse of `settings`.

    `target` is the one of the settings unless it is named.

    Nothing is raised for a failed model or test: read `success`, `failed` and `error`. When this
    returns, no connection of this process holds the warehouse file.
    """
    target = target or settings.target
    arguments, environment = command_line(
        args, settings, known_at, as_of_date, extra_vars, target, memory_limit
    )
    if target == "postgres":
        export_connection()
    with environment_set(environment), released_connections():
        manifest = _manifest(state_folder(settings), target, environment)
        if isinstance(manifest, DbtOutcome):
            return manifest
        return _invoke(arguments, manifest)


def command_line(
    args: Sequence[str],
    settings: Settings,
    known_at: datetime,
    as_of_date: date,
    extra_vars: Mapping[str, object] | None = None,
    target: str | None = None,
    memory_limit: str | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Give the arguments of a dbt command, and what it must find in its environment."""
    variables = {
        "known_at": known_at.strftime("%Y-%m-%d %H:%M:%S"),
        "as_of_date": as_of_date.isoformat(),
        **(extra_vars or {}),
    }
    command, *rest = args
    flags = _flags(state_folder(settings), target or settings.target)
    arguments = [command, *flags, "--vars", _as_yaml(variables), *rest]
    return arguments, profile_variables(settings, memory_limit)


def state_folder(settings: Settings) -> Path:
    """Give the folder, made if need be, where dbt writes its files for this deployment."""
    folder = settings.data_dir / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def manifest_path(settings: Settings) -> Path:
    """Give where dbt writes its manifest for this deployment."""
    return settings.data_dir / "dbt" / MANIFEST


def parse_project(settings: Settings, target: str | None = None) -> DbtOutcome:
    """Parse the project without touching any database; `manifest_path` exists afterwards."""
    manifest = _manifest(state_folder(settings), target or settings.target, {})
    return manifest if isinstance(manifest, DbtOutcome) else DbtOutcome(success=True)


def parse_ahead(settings: Settings) -> None:
    """Parse in a thread, while dbt builds in a process of its own, what the gate will ask for.

    Call it when that process has begun with its models: it has left its own parse by then.
    """
    threading.Thread(target=parse_project, args=[settings], name="parse ahead", daemon=True).start()


def dagster_folder(settings: Settings) -> Path:
    """Give where the manifest is that Dagster's assets are made from."""
    return settings.data_dir / "dbt" / "dagster"


def is_dagster_parsed(settings: Settings) -> bool:
    """Say whether that manifest exists and no dbt file is newer."""
    manifest = dagster_folder(settings) / MANIFEST
    if not manifest.exists():
        return False
    return manifest.stat().st_mtime >= max(path.stat().st_mtime for path in project_files())


def build_folder(settings: Settings) -> Path:
    """Give where dbt works when Dagster builds: its parse is kept there from run to run."""
    return settings.data_dir / "dbt" / BUILD


def project_flags(target: str) -> list[str]:
    """Tell dbt the project, its profile and the target in it."""
    return [
        *("--project-dir", str(DBT_PROJECT)),
        *("--profiles-dir", str(DBT_PROJECT)),
        *("--target", target),
    ]


def code_files(*suffixes: str) -> list[Path]:
    """Give the files of the dbt project that make its tables, sorted, of these suffixes."""
    return sorted(
        path
        for folder in ("models", "macros", "snapshots")
        for path in (DBT_PROJECT / folder).rglob("*")
        if path.suffix in suffixes
    )


def project_files() -> list[Path]:
    """Give every file that dbt parses."""
    tests = (DBT_PROJECT / "tests").rglob("*.sql")
    return [*code_files(".sql", ".yml"), *sorted(tests), DBT_PROJECT / "dbt_project.yml"]


def code_hash(files: Iterable[Path]) -> str:
    """Give a hash of files of code: other code makes other tables."""
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _flags(state: Path, target: str) -> list[str]:
    return [
        *project_flags(target),
        *("--target-path", str(state)),
        *("--log-path", str(state)),
    ]


def _manifest(state: Path, target: str, environment: Mapping[str, str]) -> Any:
    """Parse the project, or take the parse that Dagster's build has left.

    dbt throws its parse away when a variable or a path of the profile differs. Without a build
    both are fixed here, so that all warehouses share one parse; models read the real ones when
    they are compiled, never when they are parsed. A process takes its own last parse again: to read
    the kept one takes seconds, and running it changes nothing that the next run would not.
    """
    fixed = {
        "ICP_WAREHOUSE": "warehouse.duckdb",
        "ICP_PUBLISHED": "icp.duckdb",
        "ICP_MEMORY_LIMIT": warehouse.DEFAULT_MEMORY_LIMIT,
    }
    built = state / BUILD
    is_built = (built / KEPT_PARSE).exists()
    folder = built if is_built else state
    key = (str(folder.resolve()), target, file_times())
    # in the build's folder, its process writes the files
    written = ["--no-write-json"] if is_built else []
    with _parsing:
        if _last_parse.get("key") == key:
            return _last_parse["manifest"]
        with environment_set(environment if is_built else fixed):
            outcome, manifest = _call([*written, "parse", *_flags(folder, target)], None)
            if not outcome.success and forget_parse(folder):
                outcome, manifest = _call([*written, "parse", *_flags(folder, target)], None)
        if outcome.success:
            _last_parse.update(key=key, manifest=manifest)
        return manifest if outcome.success else outcome


def file_times() -> tuple[tuple[str, int], ...]:
    """Give every file that dbt parses with the time of its last change, in nanoseconds."""
    return tuple((str(path), path.stat().st_mtime_ns) for path in project_files())


def forget_parse(folder: Path) -> bool:
    """Delete dbt's kept parse of a folder, if there is one, and say so.

    dbt takes over what did not change, and at times trips over it: a model that moved from one
    YAML file to another can be there twice. So a parse that failed is made once more, from nothing.
    """
    is_kept = (folder / KEPT_PARSE).exists()
    (folder / KEPT_PARSE).unlink(missing_ok=True)
    return is_kept


def _invoke(arguments: list[str], manifest: Any) -> DbtOutcome:
    return _call(arguments, manifest)[0]


def _call(arguments: list[str], manifest: Any) -> tuple[DbtOutcome, Any]:
    from dbt.cli.main import dbtRunner  # seconds of imports that most commands do not need

    answer = dbtRunner(manifest=manifest).invoke([*SILENT, *arguments])
    error = str(answer.exception) if answer.exception else None
    nodes = [_node(row) for row in getattr(answer.result, "results", None) or []]
    return DbtOutcome(success=bool(answer.success), results=nodes, error=error), answer.result


def _node(row: Any) -> DbtNode:
    return DbtNode(
        unique_id=row.node.unique_id,
        name=row.node.name,
        status=str(row.status),
        message=row.message,
        failures=row.failures,
        seconds=float(row.execution_time or 0.0),
    )


def _as_yaml(variables: Mapping[str, object]) -> str:
    import yaml

    return yaml.safe_dump(dict(variables), default_flow_style=True, width=10_000)


@contextmanager
def released_connections() -> Iterator[None]:
    """Close what dbt-duckdb keeps open in-process: the next opener could not lock the file."""
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        held = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()
        if held is not None:
            held.close()
