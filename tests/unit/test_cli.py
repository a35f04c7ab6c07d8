"""What the `icp` command prints of data and of slips: letter by letter, and with a remedy."""

import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from gate_candidate import AS_OF, publish_marker, settings_in
from typer.testing import CliRunner, Result

from dagster_project.cli import run
from dagster_project.cli.app import app
from dagster_project.cli.demo import answer_key
from dagster_project.cli.run import step_failures
from dagster_project.cli.summary import best_and_worst, print_unpublished
from dagster_project.demo.plan import Plan
from dagster_project.demo.state import State
from dagster_project.publication.publish import rollback
from dagster_project.publication.state import open_state
from dagster_project.resources.settings import PROJECT_ROOT, Settings

SAMPLE = Path(__file__).parents[1] / "data" / "definitions"
_ACCOUNT = """
    create schema published; use published;
    create table dim_accounts as select 'a-1' as account_id, 'Larch [/b] Haulage [eu]' as
        account_name, 'larch.example' as domain, 'c-1' as customer_id, 'EUR' as
        reporting_currency, date '2030-06-30' as as_of_date;
    create table icp_scores as select 'a-1' as account_id, 'core' as icp_id, 'v1' as icp_version,
        'A' as tier, 5.0 as points, 9.0 as max_points, 0.5 as fit, true as is_icp,
        1.0 as completeness, false as is_disqualified, null as disqualifier_codes;
    create table icp_matches as select 'a-1' as account_id, 'core' as icp_id, 'v1' as icp_version,
        'industry' as criterion_id, true as is_met, '[/] road [bold]' as value, 5.0 as
        points_awarded, 9.0 as points_possible, 'in [road]' as reason;
    create table fct_mrr_movements as select 'c-1' as customer_id, date '2030-05-01' as
        period_month, 0.0 as opening_mrr, 'new' as movement, 1.0 as movement_amount,
        1.0 as closing_mrr;
    create table fct_usage_days as select * from (values
        ('a-1', date '2030-05-31', 9), ('a-1', date '2030-06-01', 2), ('a-1', date '2030-06-20', 3),
        ('a-1', date '2030-07-01', 9), ('a-2', date '2030-06-30', 7), ('a-4', date '2030-05-01', 7)
    ) as days (account_id, usage_date, active_user_count);
    create table fct_tickets as select *, cast(created_on as timestamp) as created_at from (values
        ('a-1', date '2030-04-01', null, 1.0), ('a-1', date '2030-04-02', null, 4.0),
        ('a-1', date '2030-06-30', timestamp '2030-06-30 10:00:00', null),
        ('a-2', date '2030-06-30', null, 2.0), ('a-4', date '2030-04-01', null, null)
    ) as tickets (account_id, created_on, solved_at, csat_score);
"""
_ACTIVITY = ("last active day", "last 30 days", "last 90 days", "satisfaction")


def _activity(account: str) -> list[str]:
    """Give what `icp explain` says of usage and tickets, in the order of _ACTIVITY."""
    lines = icp("explain", account).output.splitlines()
    found = [next(line for line in lines if label in line) for label in _ACTIVITY]
    return [re.split("[│|]", line.strip(" │|"))[-1].strip() for line in found]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give a deployment in a folder whose name looks like markup."""
    made = settings_in(tmp_path / "data [/b]")
    monkeypatch.setenv("ICP_HOME", str(made.icp_home))
    monkeypatch.setenv("ICP_DATA_DIR", str(made.data_dir))
    monkeypatch.delenv("ICP_SOURCES", raising=False)
    monkeypatch.delenv("ICP_TARGET", raising=False)
    shutil.copytree(SAMPLE, made.icp_home)
    return made


def icp(*arguments: str) -> Result:
    """Run the command as a person would; an exception other than an exit is a traceback."""
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_explain_shows_brackets_in_names_and_values(settings: Settings) -> None:
    settings.published.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published)) as connection:
        connection.execute(_ACCOUNT)
    result = icp("explain", "a-1")
    assert result.exit_code == 0
    for shown in ("Larch [/b] Haulage [eu] (a-1)", "[/] road [bold]", "in [road]"):
        assert shown in result.output
    nobody = icp("explain", "[/]")
    assert nobody.exit_code == 1
    assert "No account has the id or the domain '[/]'." in nobody.output
    assert "Larch [/b]" in icp("explain", "Larch").output + icp("explain", "larch").output


def test_explain_tells_of_usage_and_tickets(settings: Settings) -> None:
    settings.published.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published)) as connection:
        connection.execute(_ACCOUNT)
        for other in ("a-3", "a-4"):
            replaced = f"select * replace ('{other}' as account_id) from dim_accounts limit 1"
            connection.execute(f"insert into dim_accounts {replaced}")
    used = ["2030-06-20", "2 days, up to 3 users of a product on one"]
    asked = ["2, 1 of them not solved", "4, ticket of 2030-04-02"]
    assert _activity("a-1") == [*used, *asked]
    # of one account nothing is recorded at all; another was active once, and others are recorded
    assert _activity("a-3") == ["not recorded"] * 4
    nothing_lately = ["2030-05-01", "0 days", "0, 0 of them not solved", "not recorded"]
    assert _activity("a-4") == nothing_lately
    with duckdb.connect(str(settings.published)) as connection:
        connection.execute(
            "use published; delete from fct_usage_days where usage_date >= '2030-06-01';"
            " delete from fct_tickets where created_on >= '2030-04-02'"
        )
    # the source stopped: that the account did nothing is not known
    assert _activity("a-4") == ["2030-05-01", *["not recorded"] * 3]
    assert _activity("a-1")[1:] == ["not recorded", "not recorded", "1, ticket of 2030-04-01"]


def test_validate_shows_brackets_in_values_and_paths(settings: Settings) -> None:
    assert f"{settings.icp_home} is valid" in icp("validate").output
    product = settings.icp_home / "products" / "alpha.yml"
    text = product.read_text(encoding="utf-8")
    product.write_text(text.replace("attribute: industry", 'attribute: "[/b]"'), encoding="utf-8")
    result = icp("validate")
    assert result.exit_code == 1
    assert "`[/b]` is no attribute of accounts" in result.output


def test_what_came_in_counts_event_files_in_their_own_ledger(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            """
            create schema landing; create schema marts;
            create table landing.loads as select 'r' as run_id, 'app' as source, entity, 'loaded' as
                status, 7 as rows_read, 7 as rows_inserted, 0 as rows_changed, 0 as rows_deleted,
                0 as rows_unparsed, timestamp '2030-01-02' as loaded_at
            from (values ('product.events'), ('product.users')) as t(entity);
            create table landing.event_files as select 'app' as source, landed_at, superseded_at
            from (values (timestamp '2030-01-01', null), (timestamp '2030-01-02', null),
                (timestamp '2030-01-02', null), (timestamp '2030-01-01', timestamp '2030-01-02')
            ) as t(landed_at, superseded_at);
            create table marts.rejected_rows as select 'crm.accounts' as entity, 'rejected' as
                disposition, 'no id' as rule, 3 as row_count
            """
        )
    print_unpublished(settings, "r")
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["app", "product.events", "3", "1", "7", "7", "0", "0", "0"] in lines
    assert ["app", "product.users", "1", "0", "7", "7", "0", "0", "0"] in lines
    assert ["crm.accounts", "rejected", "no", "id", "3"] in lines
    assert ["Kept", "aside,", "and", "why", "(all", "data,", "as", "last", "built)"] in lines


def test_which_segments_are_best_and_which_worst() -> None:
    def said(count: int) -> list[tuple[str, int]]:
        return [(place, row[0]) for place, row in best_and_worst([(i,) for i in range(count)])]

    assert said(1) == [("between", 0)]
    assert said(2) == [("best", 0), ("worst", 1)]
    assert said(3) == [("best", 0), ("between", 1), ("worst", 2)]
    assert [row for _, row in said(9)] == [0, 1, 2, 6, 7, 8]
    assert [place for place, _ in said(9)] == ["best"] * 3 + ["worst"] * 3


def test_a_failed_step_is_told_once_and_without_the_path_of_its_class() -> None:
    def failed(step: str, message: str) -> SimpleNamespace:
        error = SimpleNamespace(cause=None, message=message)
        data = SimpleNamespace(error=error)
        return SimpleNamespace(is_step_failure=True, step_key=step, step_failure_data=data)

    events = [failed("raw_edge", "dagster._core.errors.CheckError: 3 checks failed\n")] * 2
    events += [SimpleNamespace(is_step_failure=False), failed("dbt_models", "Note: see the log")]
    assert step_failures(events) == [
        "Step raw_edge failed: 3 checks failed",
        "Step dbt_models failed: Note: see the log",
    ]


@pytest.mark.parametrize("sources", ["/exports of May/it's here", "relative folder"])
def test_make_hands_a_sources_folder_on_as_it_is(
    sources: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ICP_SOURCES", raising=False)
    show = "--eval=show: ; @printenv ICP_SOURCES"
    said = subprocess.run(  # noqa: S603
        ["make", "-s", show, "show", f"SOURCES={sources}"],  # noqa: S607
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == f"{sources}\n"
    monkeypatch.chdir(PROJECT_ROOT)
    monkeypatch.setenv("ICP_SOURCES", sources)
    assert Settings.from_environment().sources_dir == PROJECT_ROOT / sources


def test_a_version_is_named_only_for_a_rollback_and_must_exist(settings: Settings) -> None:
    assert (
        "There is no version to go back to. Versions kept: none."
        in icp("publish", "--rollback").output
    )
    first = publish_marker(settings, 1).version
    second = publish_marker(settings, 2).version
    assert icp("publish", "--version", first).exit_code == 2
    assert (
        f"There is no version nonsense. Versions kept: {first}, {second}."
        in icp("publish", "--rollback", "--version", "nonsense").output
    )
    rollback(settings)
    assert f"(`icp publish --rollback --version ID`): {second}" in icp("status").output
    refused = icp("publish", "--rollback")
    assert refused.exit_code == 1
    assert f"There is no version before {first}, which is published" in refused.output
    assert "Name a later one with `icp publish --rollback --version ID`." in refused.output
    assert icp("publish", "--rollback", "--version", second).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("demo advance --days 1", "Run `icp demo create` first."),
        ("demo create --accounts 3", "needs at least 50 accounts"),
        ("run --usage-from 2026-13-01", "Write days as YYYY-MM-DD"),
        ("run --usage-to 2026-01-01", "usage_from cannot be left out"),
        ("run --usage-from 2999-01-01", "usage_from 2999-01-01 is after "),
        ("run --usage-from 2026-02-01 --usage-to 2026-01-01", "is after usage_to 2026-01-01"),
        ("sync --out .", ". is a folder. Name a file in it, e.g. --out changes.csv."),
        ("sync --out Makefile/changes.csv", "Makefile is a file, so Makefile/changes.csv"),
    ],
)
def test_a_slip_is_told_with_its_remedy(
    arguments: str, said: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_marker(settings, 1)
    monkeypatch.chdir(PROJECT_ROOT)
    result = icp(*arguments.split())
    assert result.exit_code == 1
    assert said in result.output
    with open_state(settings) as state:
        assert state.execute("select count(*) from sync_runs").fetchall() == [(0,)]


def test_no_day_cannot_pass(settings: Settings) -> None:
    state = State.beside(answer_key(settings))
    state.save_progress(Plan(50, 3, 10, 7, AS_OF), settings.sources_dir, AS_OF, [])
    result = icp("demo", "advance", "--days", "0")
    assert result.exit_code == 1
    assert "The sample can advance by 1 to" in result.output


def test_a_run_makes_the_data_folder_that_it_writes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = settings_in(tmp_path / "a company" / "data")
    for name in ("PATH", "ICP_WAREHOUSE", "ICP_PUBLISHED", "ICP_MEMORY_LIMIT"):
        monkeypatch.setenv(name, "as it was")
    monkeypatch.setitem(sys.modules, "dagster_project.definitions", SimpleNamespace(defs=None))
    monkeypatch.setattr("dagster_project.resources.dbt_ahead.waiting_dbt", lambda *_: nullcontext())
    monkeypatch.setattr(run, "_show_progress", lambda: None)
    monkeypatch.setattr(run, "_job_result", lambda *_: print("said by Dagster"))
    run._execute(made, {}, 0)
    assert (made.data_dir / "run.log").read_text() == "said by Dagster\n"
