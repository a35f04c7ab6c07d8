"""The `icp` command: one function per verb, each a few lines over the library.

What a verb prints lives in the module of its name beside this file.
"""

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.resources.settings import TARGETS, Settings, choose_target

app = typer.Typer(
    help="Find ideal customers from data, check every number, act on them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(help="The sample company: three products, 36 months, planted truth and defects.")
app.add_typer(demo, name="demo")

Target = Annotated[
    str, typer.Option(help="Engine to work on: duckdb or postgres; without it ICP_TARGET.")
]


def _settings(target: str = "") -> Settings:
    if target and target not in TARGETS:
        raise typer.BadParameter(f"{target!r} is no target; there are {' and '.join(TARGETS)}.")
    choose_target(target)
    return Settings.from_environment()


@app.command()
def run(
    usage_from: Annotated[
        str, typer.Option(help="First day of usage to build again, YYYY-MM-DD.")
    ] = "",
    usage_to: Annotated[str, typer.Option(help="Last day of usage to build again.")] = "",
    full_refresh: Annotated[
        bool, typer.Option(help="Rebuild all usage history, not only what is new.")
    ] = False,
    wait: Annotated[int, typer.Option(help="Seconds to wait for another run to end.")] = 600,
    target: Target = "",
) -> None:
    """Land what is new, build, check everything, and publish if all checks pass."""
    from dagster_project.cli.run import run_pipeline

    raise typer.Exit(
        run_pipeline(
            _settings(target),
            usage_from=usage_from,
            usage_to=usage_to,
            full_refresh=full_refresh,
            wait_seconds=wait,
        )
    )


@app.command()
def status(target: Target = "") -> None:
    """Say what is published, how fresh it is, and what is stale and why."""
    from dagster_project.cli.status import print_status

    raise typer.Exit(print_status(_settings(target)))


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="Account id or domain.")], target: Target = ""
) -> None:
    """Show one account: attributes, each criterion, points, tier, metrics."""
    from dagster_project.cli.explain import print_account

    raise typer.Exit(print_account(_settings(target), account))


@app.command()
def validate() -> None:
    """Check the definitions folder; name file, line, field and remedy of each problem."""
    from dagster_project.cli.validate import print_validation

    raise typer.Exit(print_validation(Settings.from_environment()))


@app.command()
def publish(
    rollback: Annotated[bool, typer.Option(help="Put an earlier version back.")] = False,
    version: Annotated[str, typer.Option(help="Version to put back; default the one before.")] = "",
    target: Target = "",
) -> None:
    """Audit the candidate again and publish it, or put an earlier version back."""
    from dagster_project.cli.publish import publish_again, roll_back

    if version and not rollback:
        raise typer.BadParameter(
            f"--version goes with --rollback: `icp publish --rollback --version {version}` puts it"
            " back; without --version the build of the last run is published."
        )
    settings = _settings(target)
    raise typer.Exit(roll_back(settings, version) if rollback else publish_again(settings))


@app.command()
def sync(
    out: Annotated[Path | None, typer.Option(help="Write the difference to this CSV file.")] = None,
    target: Target = "",
) -> None:
    """Show what would change in the CRM, per account and field. Nothing is sent."""
    from dagster_project.cli.sync import print_sync

    raise typer.Exit(print_sync(_settings(target), out))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def mf(context: typer.Context) -> None:
    """Ask the semantic layer: `icp mf query --metrics nrr --group-by metric_time__month`."""
    from dagster_project.cli.semantic import run_metricflow

    raise typer.Exit(run_metricflow(Settings.from_environment(), context.args))


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000) -> None:
    """Open the Dagster UI on this project, with schedules and sensors."""
    from dagster_project.resources.dagster_home import open_dagster

    open_dagster(Settings.from_environment(), port)


@demo.command("create")
def demo_create(
    accounts: Annotated[int, typer.Option()] = 4000,
    months: Annotated[int, typer.Option()] = 36,
    events: Annotated[int, typer.Option()] = 1_000_000,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Write the source files of the sample company and its answer key."""
    from dagster_project.cli.demo import create

    settings = Settings.from_environment()
    raise typer.Exit(create(settings, accounts=accounts, months=months, events=events, seed=seed))


@demo.command("advance")
def demo_advance(days: Annotated[int, typer.Option(help="Days to add.")] = 1) -> None:
    """Let days pass in the sample company: new events, deals, tickets, changed records."""
    from dagster_project.cli.demo import advance

    raise typer.Exit(advance(Settings.from_environment(), days))


if __name__ == "__main__":
    app()
