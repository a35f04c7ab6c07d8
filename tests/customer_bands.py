"""Bands of MRR and of active users: segment schemes of measures taken at every month's end."""

from datetime import date, timedelta

from customer_world import MONTH_ENDS
from raw_world import DEFAULT_REGISTRY

BANDS = {
    "value_tier": (
        "current_mrr",
        (("none", None, 0.01), ("low", 0.01, 2000), ("high", 2000, None)),
    ),
    "usage_level": ("active_users_28d", (("idle", None, 1), ("used", 1, 3), ("busy", 3, None))),
}
MEASURED_SCHEMES = {
    "segment_schemes": DEFAULT_REGISTRY["segment_schemes"]
    + [{"segment_scheme": scheme, "scheme_kind": "value"} for scheme in BANDS],
    "segment_rules": DEFAULT_REGISTRY["segment_rules"]
    + [
        {"segment_scheme": scheme, "attribute": attribute, "operator": "between"}
        | {"segment": name, "value_low": low, "value_high": high, "sort_order": order}
        for scheme, (attribute, bands) in BANDS.items()
        for order, (name, low, high) in enumerate(bands, start=1)
    ],
}


def band_of(scheme: str, value: float) -> str:
    """Give the band that a value lies in; lower bounds are included."""
    for name, low, high in BANDS[scheme][1]:
        if (low is None or value >= low) and (high is None or value < high):
            return name
    raise AssertionError(value)


def last_month_end(day: date) -> date:
    """Give the last day on or before `day` on which measures were taken."""
    ends = {day.replace(day=1) - timedelta(days=1), *MONTH_ENDS.values()}
    return max(end for end in ends if end <= day)
