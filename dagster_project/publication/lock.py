"""The lock that one run at a time holds, with the name of who holds it.

The operating system frees it when its holder ends in any way, so nothing is ever cleaned by hand.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO

from dagster_project.resources.settings import Settings

_POLL_SECONDS = 0.2
#: A status command takes the lock for an instant to see whether it is free: not worth a word.
_SILENT_SECONDS = 0.5


@dataclass(frozen=True)
class LockHolder:
    """Who holds the lock: process, run and since when (UTC)."""

    pid: int
    run_id: str
    since: str

    def __str__(self) -> str:
        """Name the holder in a sentence."""
        return f"run {self.run_id} (process {self.pid}, since {self.since} UTC)"


class LockHeldError(Exception):
    """Another run held the lock for longer than we were willing to wait."""


@contextmanager
def run_lock(
    settings: Settings,
    *,
    run_id: str,
    timeout_seconds: float = 600,
    notify: Callable[[str], None] = print,
) -> Iterator[None]:
    """Hold the lock of `settings` for a block.

    Says once through `notify` who is waited for. Raises LockHeldError, naming the holder, when the
    lock is not free after `timeout_seconds`.
    """
    settings.lock.parent.mkdir(parents=True, exist_ok=True)
    with settings.lock.open("a+", encoding="utf-8") as file:
        _acquire(file, timeout_seconds, notify)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        _write(file, json.dumps(asdict(LockHolder(os.getpid(), run_id, now))))
        try:
            yield
        finally:
            _write(file, "")
            fcntl.flock(file, fcntl.LOCK_UN)


def lock_holder(settings: Settings) -> LockHolder | None:
    """Give who holds the lock now; None when it is free, whatever the file says."""
    if not settings.lock.exists():
        return None
    with settings.lock.open("r", encoding="utf-8") as file:
        if _try(file):
            fcntl.flock(file, fcntl.LOCK_UN)
            return None
        return _read(file)


def _acquire(file: IO[str], timeout_seconds: float, notify: Callable[[str], None]) -> None:
    started = time.monotonic()
    has_notified = False
    while not _try(file):
        waited = time.monotonic() - started
        if waited >= timeout_seconds:
            raise LockHeldError(
                f"Gave up after {timeout_seconds:g} s: {_read(file)} holds {file.name}. Wait until"
                " it ends, or end that process; the lock frees itself then."
            )
        if waited >= _SILENT_SECONDS and not has_notified:
            notify(f"Waiting up to {timeout_seconds:g} s for {_read(file)} to end.")
            has_notified = True
        time.sleep(_POLL_SECONDS)


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _read(file: IO[str]) -> LockHolder:
    file.seek(0)
    try:
        return LockHolder(**json.loads(file.read()))
    except (ValueError, TypeError):
        # between taking the lock and writing the name there is a moment
        return LockHolder(0, "that just started", "now")
