"""How long a mutant may take: one that joins without end is as dead as one that does not run."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

QUERY_SECONDS = 20
MUTANT_SECONDS = 60


class KilledError(Exception):
    """The changed SQL does not run, or not to its end."""


class Clock:
    """The time left to the mutant that is being judged; none is limited outside of one."""

    def __init__(self) -> None:
        self.ends: float | None = None

    def start(self) -> None:
        """Begin with a mutant."""
        self.ends = time.monotonic() + MUTANT_SECONDS

    def stop(self) -> None:
        """Leave the mutant."""
        self.ends = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Do something that is not the mutant's doing; its time goes on afterwards."""
        left = self.ends and self.ends - time.monotonic()
        self.ends = None
        try:
            yield
        finally:
            self.ends = left and time.monotonic() + left

    @contextmanager
    def limit(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt what runs for too long; raise KilledError where no time is left."""
        if self.ends is None:
            yield
            return
        seconds = min(QUERY_SECONDS, self.ends - time.monotonic())
        if seconds <= 0:
            raise KilledError("it takes too long")
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
