"""The parameters of one sample and the few tools every generator needs: random streams and dates.

The world is planned a year past `end`; what is exported on a day is what had happened by then, so
advancing the sample never simulates anything again.
"""

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

#: days planned past the end of the sample: how far `advance_sample` can go
HORIZON_DAYS = 365
World = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Plan:
    """One sample: `accounts` clean accounts and about `events` events by `end`."""

    accounts: int
    months: int
    events: int
    seed: int
    end: date

    @property
    def start(self) -> date:
        """Give the first day of the window: the first of a month when `end` is a month's last."""
        after = self.end + timedelta(days=1)
        month = after.year * 12 + after.month - 1 - self.months
        return date(month // 12, month % 12 + 1, 1)

    @property
    def horizon(self) -> date:
        """Give the last planned day."""
        return self.end + timedelta(days=HORIZON_DAYS)

    def rng(self, *names: object) -> np.random.Generator:
        """Give a stream of its own for one purpose, so that parts never disturb each other."""
        words = [zlib.crc32(str(name).encode()) for name in names]
        return np.random.default_rng([self.seed, *words])

    def as_dict(self) -> dict[str, object]:
        """Give the parameters as JSON values."""
        return {**asdict(self), "end": self.end.isoformat()}


def seconds(day: date) -> np.datetime64:
    """Give midnight of a day at the resolution every table uses."""
    return np.datetime64(day, "s")


def days_later(when: np.ndarray, days: np.ndarray | float) -> np.ndarray:
    """Add days, also fractions, to timestamps."""
    return when + (np.asarray(days) * 86400).astype("timedelta64[s]")


def midnight(when: np.ndarray) -> np.ndarray:
    """Cut timestamps to their day."""
    return when.astype("datetime64[D]").astype("datetime64[s]")


def add_months(when: np.ndarray, months: np.ndarray | int) -> np.ndarray:
    """Add calendar months; the 31st becomes the last day of a shorter month."""
    month = when.astype("datetime64[M]")
    day = when.astype("datetime64[D]") - month.astype("datetime64[D]")
    target = month + np.asarray(months).astype("timedelta64[M]")
    length = (target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")
    moved = target.astype("datetime64[D]") + np.minimum(day, length - np.timedelta64(1, "D"))
    return moved.astype("datetime64[s]")


def ids(prefix: str, numbers: np.ndarray | range, width: int = 7) -> np.ndarray:
    """Give identifiers such as A0000123."""
    text = pd.Series(np.asarray(numbers)).astype("str").str.zfill(width)
    return (prefix + text).to_numpy(dtype=object)


def pick(
    rng: np.random.Generator,
    values: Sequence[str],
    size: int,
    shares: Sequence[float] | None = None,
) -> np.ndarray:
    """Draw words with the given shares (equal when absent)."""
    weights = None if shares is None else np.asarray(shares) / np.sum(shares)
    codes = rng.choice(len(values), size=size, p=weights)
    return np.array(values, dtype=object)[codes]


def pick_by_row(rng: np.random.Generator, values: Sequence[str], shares: np.ndarray) -> np.ndarray:
    """Draw one word a row where `shares` is rows x values."""
    cumulative = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    draw = rng.random((len(shares), 1))
    codes = np.minimum((draw > cumulative).sum(axis=1), len(values) - 1)
    return np.array(values, dtype=object)[codes]


def within(group_sizes: np.ndarray) -> np.ndarray:
    """Give 0, 1, 2... inside each group of consecutive rows."""
    ends = np.cumsum(group_sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - group_sizes, group_sizes)
