"""Writes drawn events as date-partitioned Parquet, and counts them for the answer key.

One file a day, one row group a chunk: memory never holds more than one chunk.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.demo.events import (
    DAY_IN_US,
    DEFECT_NAMES,
    FUTURE,
    LATE,
    TOO_LATE,
    UNKNOWN_WORKSPACE,
    Usage,
    as_day,
    day_batches,
)
from dagster_project.demo.plan import Plan
from dagster_project.demo.vocabulary import (
    ACTIVE_EVENT,
    FEATURES,
    OTHER_EVENTS,
    PRODUCTS,
    VALUE_EVENT,
)

#: beside the counts of rows: the sum of `event_count` over the accepted ones
ACCEPTED_SUM = "accepted_event_count"

_NAMES = pa.array([
    *(VALUE_EVENT[name] for name in PRODUCTS),
    *(ACTIVE_EVENT[name] for name in PRODUCTS),
    *OTHER_EVENTS,
])  # fmt: skip
_FEATURES = pa.array([feature for name in PRODUCTS for feature in FEATURES[name]])
_PRODUCTS = pa.array(PRODUCTS)


def to_table(usage: Usage, batch: dict[str, np.ndarray]) -> pa.Table:
    """Turn numbers into the table that the product exports."""
    row, kind = batch["row"], batch["kind"]
    product = usage.product[row]
    name = np.where(kind == 0, product, np.where(kind == 1, 3 + product, 4 + kind))
    has_feature = (kind != 2) & (kind != 4)
    feature = pa.array(product * 6 + batch["feature"], mask=~has_feature)
    workspace = row + 1 + np.where(batch["defect"] == UNKNOWN_WORKSPACE, 9_000_000, 0)
    stamp = pa.timestamp("us")
    return pa.table(
        {
            "event_id": _text("e", batch["event"], 0),
            "account_key": _text("ws_", workspace, 7),
            "user_id": _text("u_", batch["user"], 8),
            "event_name": _NAMES.take(pa.array(name)),
            "feature": _FEATURES.take(feature),
            "product_id": _PRODUCTS.take(pa.array(product)),
            "occurred_at": pa.array(batch["occurred"]).cast(stamp),
            "received_at": pa.array(batch["received"]).cast(stamp),
            "event_count": pa.array(batch["count"].astype(np.int32)),
        }
    )


def _text(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    text = pc.cast(pa.array(numbers), pa.string())
    if width:
        text = pc.utf8_lpad(text, width=width, padding="0")
    return pc.binary_join_element_wise(prefix, text, "")


def write_days(
    plan: Plan,
    usage: Usage,
    folder: Path,
    first: date,
    last: date,
    progress: Callable[[str], None],
) -> Counter[tuple[str, str, str]]:
    """Write the days from first to last; give counts by (defect or clean, product, month).

    Events are counted by month of occurrence. Those of internal users are counted apart as
    `internal_user`, copies included; other duplicates count once per extra copy. ACCEPTED_SUM is
    no count of rows.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    day = first
    while day <= last:
        _write_day(plan, usage, folder, day, counts)
        day += timedelta(days=1)
        if day.day == 1:
            progress(f"product events up to {day:%Y-%m}")
    return counts


def _write_day(
    plan: Plan, usage: Usage, folder: Path, day: date, counts: Counter[tuple[str, str, str]]
) -> None:
    target = folder / f"dt={day.isoformat()}"
    writer: pq.ParquetWriter | None = None
    for batch in day_batches(plan, usage, as_day(day)):
        if not len(batch["event"]):
            continue
        table = to_table(usage, batch)
        if writer is None:
            target.mkdir(parents=True, exist_ok=True)
            writer = pq.ParquetWriter(target / "part-0.parquet", table.schema, compression="zstd")
        writer.write_table(table)
        _count(usage, batch, counts)
    if writer is not None:
        writer.close()


def _count(
    usage: Usage, batch: dict[str, np.ndarray], counts: Counter[tuple[str, str, str]]
) -> None:
    month = (batch["occurred"] // DAY_IN_US).astype("datetime64[D]").astype("datetime64[M]")
    at = np.searchsorted(usage.internal_user, batch["user"])
    at = np.minimum(at, max(len(usage.internal_user) - 1, 0))
    internal = np.zeros(len(at), dtype=bool)
    if len(usage.internal_user):
        internal = usage.internal_user[at] == batch["user"]
    judged_first = np.isin(batch["defect"], (FUTURE, TOO_LATE))
    kind = np.where(internal & ~judged_first, len(DEFECT_NAMES), batch["defect"])
    product = usage.product[batch["row"]]
    key = (month.astype(int) * 100 + kind * 10) + product
    for value, size in zip(*np.unique(key, return_counts=True), strict=True):
        name = (*DEFECT_NAMES, "internal_user")[value // 10 % 10]
        counts[name, *_product_and_month(int(value))] += int(size)
    good = kind <= LATE
    for value in np.unique(key[good]):
        total = batch["count"][good & (key == value)].sum()
        counts[ACCEPTED_SUM, *_product_and_month(int(value))] += int(total)


def _product_and_month(value: int) -> tuple[str, str]:
    return PRODUCTS[value % 10], str(np.datetime64(value // 100, "M"))
