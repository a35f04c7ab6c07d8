"""What an exact reading of the sample must give: money, customers and deals, from clean tables.

Written apart from the pipeline on purpose, over the plan and not over the exported files.
"""

from datetime import date, timedelta
from typing import Any

import duckdb

MONTHS_IN_KEY = 3

#: the definition: METRICS.md 3.1, at the last day of a month, at the rates known on the as-of day
_MRR = """
with rates as (
    select from_currency as currency, arg_max(rate, rate_date) as rate
    from fx_rates where rate_date < getvariable('now') group by 1
    union all select 'EUR', 1.0
),
paid as (
    select s.account, i.product_id, i.currency,
        (i.quantity * i.unit_amount * (1 - i.discount_percent / 100) - i.discount_amount)
            / case i.billing_interval when 'year' then 12 else i.interval_count end as amount
    from subscriptions as s
    join items as i on i.subscription_id = s.subscription_id
    join statuses as t on t.subscription_id = s.subscription_id
    where s.defect is null and i.defect is null and t.defect is null
        and i.is_recurring and not i.is_usage_based
        and t.status in ('active', 'past_due')
        and s.started_at <= $day and (s.ended_at is null or s.ended_at > $day)
        and i.valid_from <= $day and (i.valid_to is null or i.valid_to > $day)
        and t.valid_from <= $day and (t.valid_to is null or t.valid_to > $day)
)
select product_id, sum(amount * rate) as mrr, count(distinct account) as customers
from paid join rates using (currency)
group by grouping sets ((product_id), ())
order by product_id nulls last
"""

_DEALS = """
select product_id, opportunity_type, count(*) filter (where is_won) as won,
    count(*) filter (where not is_won) as lost,
    count(*) filter (where is_won and inside and opportunity_type = 'new') as won_inside,
    count(*) filter (where not is_won and inside and opportunity_type = 'new') as lost_inside,
    sum(is_won::integer) filter (where closed_at >= $since) as won_last_12_months,
    sum((not is_won)::integer) filter (where closed_at >= $since) as lost_last_12_months
from deals
-- a deal in an unknown currency is a deal all the same: only its amount is lost
where coalesce(defect, 'currency_without_rate') = 'currency_without_rate'
    and closed_at < getvariable('now')
group by all
order by all
"""


def last_complete_month(last_day: date) -> date:
    """Give the first day of the latest month whose last day has been shown."""
    after = last_day + timedelta(days=1)
    return (after.replace(day=1) - timedelta(days=1)).replace(day=1)


def money(connection: duckdb.DuckDBPyConnection, last_day: date) -> list[dict[str, Any]]:
    """Give closing MRR in EUR and paying customers of the last complete months, by product.

    `product_id` null is the whole company. Newest month first.
    """
    rows = []
    month = last_complete_month(last_day)
    for _ in range(MONTHS_IN_KEY):
        month_end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        found = connection.execute(_MRR, {"day": month_end}).fetchall()
        rows += [
            {
                "period_month": month.isoformat(),
                "product_id": product,
                "closing_mrr": round(mrr or 0.0, 2),
                "customers": customers,
            }
            for product, mrr, customers in found
        ]
        month = (month - timedelta(days=1)).replace(day=1)
    return rows


def deals(connection: duckdb.DuckDBPyConnection, last_day: date) -> list[dict[str, Any]]:
    """Give clean deals closed by the as-of day, by product and type, inside the ICP and in all.

    `odds_ratio` is the realised one of this draw, of new business; None without an ICP.
    """
    since = last_day.replace(day=1)
    since = since.replace(year=since.year - 1)
    cursor = connection.execute(_DEALS, {"since": since})
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        won_out = row["won"] - row["won_inside"]
        lost_out = row["lost"] - row["lost_inside"]
        below = row["lost_inside"] * won_out
        row["odds_ratio"] = round(row["won_inside"] * lost_out / below, 3) if below else None
        row["last_12_months_from"] = since.isoformat()
    return rows
