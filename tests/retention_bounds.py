"""The intervals that retention and churn should have, from each customer's own amounts."""

from datetime import date

from interval_arithmetic import Bounds, bounded_ratio, growth_ratio
from kpi_world import wilson
from retention_oracle import Paid, members, shifted
from revenue_world import Billing


def expected_bounds(paid: Paid, billing: Billing, segment: str, month: date) -> dict[str, Bounds]:
    """Give the bounds of every definition of a month that has members."""
    cohort, _ = members(paid, billing.segment, segment, shifted(month, -12), 12)
    payers, lapsed = members(paid, billing.segment, segment, shifted(month, -1), 1)
    bounds: dict[str, Bounds] = {}
    if cohort:
        x = [float(story.opening) for story in cohort]
        net = [float(story.closing) for story in cohort]
        alive = sum(value > 0 for value in net)
        bounds["closed_cohort_12m"] = wilson(alive, len(x))
        bounds["grr_point_12m"] = bounded_ratio(x, [min(a, b) for a, b in zip(x, net, strict=True)])
        bounds["grr_running_min_12m"] = bounded_ratio(x, [float(min(s.amounts)) for s in cohort])
        bounds["nrr_cohort_12m"] = growth_ratio(x, net)
    if lapsed:
        bounds["reactivation_monthly"] = wilson(sum(s.closing > 0 for s in lapsed), len(lapsed))
    if payers:
        x = [float(story.opening) for story in payers]
        net = [float(story.closing) for story in payers]
        kept = [min(a, b) for a, b in zip(x, net, strict=True)]
        lost = [a - b for a, b in zip(x, kept, strict=True)]
        alive = sum(value > 0 for value in net)
        bounds["logo_movement"] = wilson(alive, len(x))
        bounds["customer_churn_monthly"] = wilson(len(x) - alive, len(x))
        bounds["grr_movement"] = bounded_ratio(x, kept)
        bounds["gross_mrr_churn_monthly"] = bounded_ratio(x, lost)
        bounds["nrr_movement"] = growth_ratio(x, net)
        back = [float(story.closing) for story in lapsed]
        after = growth_ratio(x + [0.0] * len(back), net + back, len(x))
        bounds["net_mrr_churn_monthly"] = after and (1 - after[1], 1 - after[0])
    return bounds
