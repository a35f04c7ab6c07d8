"""Invoices: one per billing period of a subscription, over the items valid at its start."""

import duckdb
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, ids

_PERIODS = """
with periods as (
    select s.*, n.n,
        (s.paid_from + to_months((n.n * s.interval_months)::integer))::timestamp as period_start,
        (s.paid_from + to_months(((n.n + 1) * s.interval_months)::integer))::timestamp as period_end
    from subscriptions as s
    cross join range(0, 50) as n(n)
    where not s.is_trial
)
select p.subscription_id, p.billing_customer_id, p.currency, p.period_start, p.period_end,
    round(sum(i.quantity * i.unit_amount * (1 - i.discount_percent / 100) - i.discount_amount), 2)
        as amount
from periods as p
join items as i
    on i.subscription_id = p.subscription_id and i.is_recurring and not i.is_usage_based
    and i.valid_from <= p.period_start and (i.valid_to is null or i.valid_to > p.period_start)
where p.period_start < $horizon
    and (p.ended_at is null or p.period_start < p.ended_at)
    and (p.pause_from is null or p.period_start < p.pause_from or p.period_start >= p.pause_to)
group by all
order by p.period_start, p.subscription_id
"""


def make_invoices(plan: Plan, subscriptions: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Give one row per billing period that was charged, sorted by issue."""
    rng = plan.rng("invoices")
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("subscriptions", subscriptions)
        connection.register("items", items)
        horizon = {"horizon": plan.horizon}
        frame = connection.execute(_PERIODS, horizon).to_arrow_table().to_pandas()
    frame["issued_on"] = frame["period_start"]
    paid = days_later(frame["issued_on"].to_numpy().astype("datetime64[s]"),
                      rng.integers(0, 21, len(frame)))  # fmt: skip
    frame["paid_on"] = pd.Series(paid).where(rng.random(len(frame)) < 0.985)
    frame["invoice_id"] = ids("I", range(1, len(frame) + 1))
    return frame
