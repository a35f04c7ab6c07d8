"""What one run shares: its folders, its clock and the right to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg

from dagster_project.publication.lock import run_lock
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
        """Hold the run lock around everything that writes."""
        run_id = context.run_id or "unnamed"
        with run_lock(self.settings, run_id=run_id, timeout_seconds=self.wait_seconds):
            yield self

    def known_at(self, context: dg.AssetExecutionContext) -> datetime:
        """Give the moment the run was made, naive UTC: the same for every step of it."""
        record = context.instance.get_run_record_by_id(context.run_id)
        moment = record.create_timestamp if record else datetime.now(UTC)
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
