"""What one run shares: its folders, its clock, the right to write, and what it says of itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dagster_project.publication.lock import run_lock
from dagster_project.publication.run_status import (
    end_run,
    record_failure,
    record_step,
    start_run,
)
from dagster_project.resources.settings import Settings


class PipelineRun(dg.ConfigurableResource):
    """Folders, clock and lock of one run; the lock is held until the run ends.

    With the in-process executor a resource lives as long as the run, so no second run can slip
    between the steps of this one.
    """

    wait_seconds: int = 600

    @property
    def settings(self) -> Settings:
        """Give the folders of this deployment, from the environment."""
        return Settings.from_environment()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["PipelineRun"]:
        """Hold the run lock, and note the run's start and end, around everything that writes."""
        run_id = context.run_id or "unnamed"
        settings = self.settings
        with run_lock(settings, run_id=run_id, timeout_seconds=self.wait_seconds):
            start_run(settings, run_id)
            try:
                yield self
            finally:
                end_run(settings)

    @contextmanager
    def step(self, context: Any, name: str) -> Iterator[None]:
        """Note what the run does now, and why it failed if it does."""
        record_step(self.settings, name)
        try:
            yield
        except Exception as error:
            record_failure(self.settings, context.run.run_id, _reason(error))
            raise

    def known_at(self, context: Any) -> datetime:
        """Give the moment the run was made, naive UTC: the same for every step of it."""
        record = context.instance.get_run_record_by_id(context.run.run_id)
        moment = record.create_timestamp if record else datetime.now(UTC)
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)


def _reason(error: Exception) -> str:
    if isinstance(error, dg.Failure):
        return str(error.description)
    return f"{type(error).__name__}: {error}"
