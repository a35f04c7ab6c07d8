"""Known mistakes about recurring revenue (METRICS, T1 to T11), each as people write it.

Every trap is (the naive query, the query on our tables): on the world of `revenue_world` the two
differ, so a model that fell into the trap would fail the tests that compare it with brute force.
"""

_DAY = "date '2030-06-30'"
_MONTH = "date '2030-06-01'"
_BEFORE = "date '2029-06-01'"
#: Items of accepted subscriptions with the columns that naive queries use, in place.
_ITEMS = """
    select items.*, subscriptions.started_at, subscriptions.ended_at, subscriptions.trial_end,
        subscriptions.currency as subscription_currency,
        coalesce(items.quantity, 1) * items.unit_amount as list_amount,
        case items.billing_interval when 'year' then 1 / 12.0 when 'quarter' then 1 / 3.0
            when 'week' then 52 / 12.0 else 1 end / coalesce(items.interval_count, 1) as factor,
        case subscriptions.currency when 'EUR' then 1.25 when 'GBP' then 1.5 else 1 end as rate
    from raw_billing.subscription_items as items
    inner join raw_billing.subscriptions as subscriptions using (subscription_id)
"""
_ACTIVE = f"""started_at <= {_DAY} and valid_from <= {_DAY}
    and (ended_at is null or ended_at > {_DAY}) and (valid_to is null or valid_to > {_DAY})"""
_MRR = f"select sum(closing_mrr) from marts.fct_mrr_movements where period_month = {_MONTH}"
_NET = "(list_amount * (1 - coalesce(discount_percent, 0) / 100) - coalesce(discount_amount, 0))"


def _sum(expression: str, where: str = "is_recurring and not is_usage_based") -> str:
    return f"select sum({expression}) from ({_ITEMS}) where {_ACTIVE} and {where}"


def _movement(kind: str) -> str:
    return (
        f"select sum(abs(movement_amount)) from marts.fct_mrr_movements where movement = '{kind}'"
    )


def _kpi(definition: str, segment: str = "all") -> str:
    return (
        "select value from intermediate.int_kpi_retention where scope = 'portfolio'"
        f" and metric_definition = '{definition}' and segment = '{segment}'"
        f" and segment_scheme in ('all', 'industry') and period_month = {_MONTH}"
    )


_PAID_BOTH = f"""
    select customer_id,
        sum(case when period_month = {_BEFORE} then mrr else 0 end) as opening,
        sum(case when period_month = {_MONTH} then mrr else 0 end) as closing
    from intermediate.int_customer_mrr_months group by customer_id
"""

TRAPS: dict[str, tuple[str, str]] = {
    "T1 movements by item: an item that replaces another is churn and new": (
        """
        with steps as (
            select subscription_item_id, period_month, monthly_amount,
                lead(period_month) over (
                    partition by subscription_item_id order by period_month) as next_month
            from intermediate.int_subscription_item_months
        )
        select sum(monthly_amount) from steps
        where period_month < date '2030-06-01'
            and (next_month is null or next_month > period_month + interval 1 month)
        """,
        _movement("churn"),
    ),
    "T2 new customers leak into net retention": (
        f"select sum(closing) / sum(opening) from ({_PAID_BOTH})",
        _kpi("nrr_cohort_12m"),
    ),
    "T3 the cap on gross retention is taken over all customers together": (
        f"select least(sum(opening), sum(closing)) / sum(opening) from ({_PAID_BOTH})"
        " where opening > 0",
        _kpi("grr_point_12m"),
    ),
    "T4 growth is tested before return, so reactivation is expansion": (
        """
        select sum(closing_mrr - opening_mrr) from marts.fct_mrr_movements
        where closing_mrr > opening_mrr and movement <> 'new'
        """,
        _movement("expansion"),
    ),
    "T5 subscriptions without an end vanish from the spine": (
        f"""
        select sum(monthly_amount) from intermediate.int_subscription_items
        where {_DAY} >= paid_from and {_DAY} < paid_to
        """,
        f"""
        select sum(monthly_amount) from intermediate.int_subscription_items
        where {_DAY} >= paid_from and ({_DAY} < paid_to or paid_to is null)
        """,
    ),
    "T6 the month after the data ends looks like the churn of everybody": (
        f"""
        with paid as (select customer_id, period_month, mrr
            from intermediate.int_customer_mrr_months)
        select count(*) from paid
        left join paid as following on paid.customer_id = following.customer_id
            and following.period_month = paid.period_month + interval 1 month
        where following.mrr is null and paid.period_month <= {_MONTH}
        """,
        "select count(*) from marts.fct_mrr_movements where movement = 'churn'",
    ),
    "T7 a year's price is a month's revenue": (
        _sum(f"{_NET} * rate"),
        _sum(f"{_NET} * factor * rate"),
    ),
    "T8 today's price and quantity are projected on the past": (
        """
        with latest as (
            select subscription_id, monthly_amount, row_number() over (
                partition by subscription_id order by paid_from desc) as position
            from intermediate.int_subscription_items
        )
        select sum(latest.monthly_amount)
        from intermediate.int_subscription_item_months as months
        inner join intermediate.int_subscription_items using (subscription_item_id)
        inner join latest using (subscription_id)
        where latest.position = 1 and months.period_month = date '2029-06-01'
        """,
        "select sum(mrr) from intermediate.int_customer_mrr_months"
        " where period_month = date '2029-06-01'",
    ),
    "T9 discounts are ignored": (
        _sum("list_amount * factor * rate"),
        _sum(f"{_NET} * factor * rate"),
    ),
    "T9 trials, pauses and unpaid periods count": (_sum(f"{_NET} * factor * rate"), _MRR),
    "T9 one-off and usage items count": (
        _sum(f"{_NET} * factor * rate", "true"),
        _sum(f"{_NET} * factor * rate"),
    ),
    "T10 currencies are summed as if they were one": (
        _sum(f"{_NET} * factor"),
        _sum(f"{_NET} * factor * rate"),
    ),
    "T10 each month at its own rate: a rate that rises is expansion": (
        """
        with months as (
            select months.customer_id, months.period_month, sum(months.monthly_amount
                * case when subscriptions.currency <> 'USD'
                    and months.period_month < date '2029-07-01' then 0.8 else 1 end) as mrr
            from intermediate.int_subscription_item_months as months
            inner join intermediate.int_subscription_items as items
                using (subscription_item_id)
            inner join raw_billing.subscriptions as subscriptions
                on items.subscription_id = subscriptions.subscription_id
            group by months.customer_id, months.period_month
        )
        select sum(following.mrr - months.mrr) from months
        inner join months as following on months.customer_id = following.customer_id
            and following.period_month = months.period_month + interval 1 month
        where following.mrr > months.mrr
        """,
        _movement("expansion"),
    ),
    "T11 the segment of today instead of the one at the cohort's start": (
        f"""
        select sum(paid.closing) / sum(paid.opening) from ({_PAID_BOTH}) as paid
        inner join raw_crm.accounts as accounts on paid.customer_id = accounts.account_id
        where paid.opening > 0 and accounts.industry = 'software'
        """,
        _kpi("nrr_cohort_12m", "software"),
    ),
}
