"""Rules over the rows of marts: each is a portable query that counts the rows that break it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RowRule:
    """One query over the marts in `reads`; `what` is said before the count.

    The query may name {as_of_month}, the number of the as-of month (year * 12 + month), and
    {as_of_date}, a date literal.
    """

    check: str
    relation: str
    reads: tuple[str, ...]
    query: str
    what: str
    remedy: str


_MONTH_NUMBER = "extract(year from {0}) * 12 + extract(month from {0})"
_SPINE = f"""
    select count(*) from (
        select {{keys}}, count(*) as months,
            min({_MONTH_NUMBER.format("period_month")}) as first_month,
            max({_MONTH_NUMBER.format("period_month")}) as last_month
        from marts.{{mart}} group by {{keys}}
    ) as spine
    where months <> last_month - first_month + 1
        or last_month <> {{{{as_of_month}}}}
"""
_WATERFALL = """
    select count(*) from marts.{mart}
    where abs(opening_mrr + movement_amount + fx_amount - closing_mrr) > 0.005
"""
_TRACE = "Follow the relation upstream in dbt; nothing was published, so there is no hurry."
#: Names of shares carry declared windows, so they are read where they are declared. Of the
#: ratios, only this one is capped at its denominator.
_SHARES = """
    select metric from intermediate.int_kpi_metrics where kind = 'share' or metric = 'grr'
"""
#: Keys that may have been filled with the address of a person.
_KEYS: dict[str, tuple[str, ...]] = {
    "rejected_rows": ("row_key",),
    "dim_accounts": ("owner_id",),
    "fct_opportunities": ("opportunity_id", "account_id", "customer_id", "owner_id", "campaign_id"),
    "fct_mrr_movements": ("customer_id",),
    "fct_mrr_product_movements": ("customer_id", "product_id"),
    "fct_usage_days": ("account_id", "customer_id", "product_id"),
    "fct_tickets": ("ticket_id", "account_id", "customer_id", "product_id"),
    "fct_spend_months": ("campaign_id", "product_id"),
}


def _spine_rules(mart: str, keys: str) -> tuple[RowRule, RowRule]:
    return (
        RowRule(
            "months_contiguous",
            mart,
            (mart,),
            _SPINE.format(mart=mart, keys=keys),
            f"spines ({keys}) with a month missing or not ending in the as-of month are",
            "Every month from the first paid one to the as-of month needs a row. " + _TRACE,
        ),
        RowRule(
            "waterfall_identity",
            mart,
            (mart,),
            _WATERFALL.format(mart=mart),
            "rows whose opening, movement and FX do not make the closing amount are",
            _TRACE,
        ),
    )


def _no_addresses(mart: str, keys: tuple[str, ...]) -> RowRule:
    condition = " or ".join(f"{key} like '%@%'" for key in keys)
    return RowRule(
        "no_personal_keys",
        mart,
        (mart,),
        f"select count(*) from marts.{mart} where {condition}",
        f"rows with an e-mail address in {', '.join(keys)} are",
        "Map the key to a non-personal id: under columns of the entity in sources.yml, read it"
        " from the source's own id.",
    )


ROW_RULES: tuple[RowRule, ...] = (
    *_spine_rules("fct_mrr_movements", "customer_id"),
    *_spine_rules("fct_mrr_product_movements", "customer_id, product_id"),
    RowRule(
        "one_as_of_date",
        "dim_accounts",
        ("dim_accounts",),
        "select count(*) from marts.dim_accounts where as_of_date <> {as_of_date}",
        "rows of another as-of date than the run's are",
        "The marts are of two runs: build them again with `icp run`.",
    ),
    RowRule(
        "one_as_of_date",
        "icp_scores",
        ("icp_scores",),
        "select count(*) from marts.icp_scores where data_as_of <> {as_of_date}",
        "rows of another as-of date than the run's are",
        "The marts are of two runs: build them again with `icp run`.",
    ),
    RowRule(
        "points_within_maximum",
        "icp_scores",
        ("icp_scores",),
        "select count(*) from marts.icp_scores where points > max_points + 0.000000001",
        "scores with more points than the declared maximum are",
        "Check the weights and tiers in the ICP's file with `icp validate`. " + _TRACE,
    ),
    RowRule(
        "points_within_possible",
        "icp_matches",
        ("icp_matches",),
        "select count(*) from marts.icp_matches"
        " where points_awarded > points_possible + 0.000000001",
        "criteria with more points than they can give are",
        "Check the weights in the ICP's file with `icp validate`. " + _TRACE,
    ),
    RowRule(
        "covers_accounts",
        "icp_scores",
        ("icp_scores", "dim_accounts"),
        """
        select count(*) from marts.dim_accounts as accounts
        left join (select distinct account_id from marts.icp_scores) as scored
            on accounts.account_id = scored.account_id
        where scored.account_id is null
            and (select count(*) from icp_registry.icp_versions where is_current) > 0
        """,
        "accounts without a score are",
        "An account that cannot be judged must have tier U, not be absent. " + _TRACE,
    ),
    RowRule(
        "rates_within_bounds",
        "segment_kpis",
        ("segment_kpis",),
        # growth of the base makes net churn negative, more detractors than promoters NPS
        "select count(*) from marts.segment_kpis"
        " where (value < 0 and metric not in ('net_mrr_churn', 'nps'))"
        f" or (metric in ({_SHARES}) and value > 1) or ci_low > ci_high",
        "metrics out of their range are",
        _TRACE,
    ),
    RowRule(
        "reason_where_no_value",
        "segment_kpis",
        ("segment_kpis",),
        "select count(*) from marts.segment_kpis where value is null and reason is null",
        "metrics without a value and without a reason are",
        _TRACE,
    ),
    RowRule(
        "one_row_per_record",
        "sync_crm__accounts",
        ("sync_crm__accounts",),
        """
        select count(*) from (
            select crm_record_id, source_system from activation.sync_crm__accounts
            group by crm_record_id, source_system having count(*) > 1
        ) as repeated
        """,
        "CRM records with several rows are",
        _TRACE,
    ),
    *(_no_addresses(mart, keys) for mart, keys in _KEYS.items()),
)
