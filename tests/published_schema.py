"""The columns of the published tables that the tests build; no rows.

One place to change when a mart's contract changes. Types are DuckDB's.
"""

from collections.abc import Iterable

import duckdb
import pandas as pd

TABLES: dict[str, str] = {
    "publication": """version varchar, published_at timestamp, as_of_date date,
        known_at timestamp, run_id varchar""",
    "dim_accounts": """account_id varchar, crm_record_id varchar, source_system varchar,
        account_name varchar, domain varchar, industry varchar, sub_industry varchar,
        employees bigint, annual_revenue decimal(18,2), country varchar, region varchar,
        founded_year bigint, growth_stage varchar, business_model varchar, account_type varchar,
        owner_id varchar, parent_account_id varchar, ultimate_parent_id varchar,
        customer_id varchar, created_at timestamp, created_on date, is_customer boolean,
        first_paid_month date, current_mrr decimal(18,2),
        attribute_completeness double, match_method varchar, match_confidence double,
        reporting_currency varchar, as_of_date date""",
    "dim_products": """product_id varchar, product_name varchar, gross_margin double,
        value_event varchar, active_event varchar, icp_count bigint""",
    "dim_segments": """segment_scheme varchar, segment varchar, segment_label varchar,
        scheme_kind varchar, definition varchar, sort_order integer""",
    "bridge_account_segments": """account_id varchar, segment_scheme varchar, segment varchar,
        valid_from date, valid_to date""",
    "fct_opportunities": """opportunity_id varchar, account_id varchar, customer_id varchar,
        product_id varchar, opportunity_type varchar, amount decimal(18,2),
        amount_original double, currency varchar, stage varchar, max_stage varchar, state varchar,
        created_at timestamp, created_on date, closed_at timestamp, closed_on date,
        cycle_days bigint, owner_id varchar,
        lead_source varchar, campaign_id varchar, loss_reason varchar, reporting_currency varchar,
        source_system varchar""",
    "fct_mrr_movements": """customer_id varchar, period_month date, opening_mrr decimal(18,2),
        movement varchar, movement_amount decimal(18,2), fx_amount decimal(18,2),
        closing_mrr decimal(18,2), reporting_currency varchar, is_complete boolean""",
    "fct_mrr_product_movements": """customer_id varchar, product_id varchar, period_month date,
        opening_mrr decimal(18,2), movement varchar, movement_amount decimal(18,2),
        fx_amount decimal(18,2), closing_mrr decimal(18,2), reporting_currency varchar,
        is_complete boolean""",
    "fct_usage_days": """account_id varchar, customer_id varchar, product_id varchar,
        usage_date date, active_user_count bigint, event_count bigint, feature_count bigint,
        value_event_count bigint, active_event_count bigint""",
    "fct_tickets": """ticket_id varchar, account_id varchar, customer_id varchar,
        product_id varchar, created_at timestamp, created_on date, first_reply_at timestamp,
        first_reply_minutes double, first_reply_open_minutes double, solved_at timestamp,
        resolution_minutes double, public_reply_count bigint, is_agent_opened boolean,
        priority varchar, channel varchar, status varchar,
        csat_score double, is_csat_positive boolean, source_system varchar""",
    "cohort_retention": """cohort_month date, age_months bigint, scope varchar,
        product_id varchar, segment_scheme varchar, segment varchar, customer_count bigint,
        active_count bigint, opening_mrr decimal(18,2), retained_mrr decimal(18,2),
        capped_mrr decimal(18,2), running_min_mrr decimal(18,2), logo_retention double,
        nrr double, grr_point double, grr_running_min double, is_complete boolean""",
    "segment_kpis": """scope varchar, product_id varchar, segment_scheme varchar, segment varchar,
        period_month date, metric varchar, metric_definition varchar, value double,
        numerator double, denominator double, n bigint, ci_low double, ci_high double,
        shrunk_value double, is_complete boolean, is_reliable boolean, reason varchar,
        reporting_currency varchar""",
    "icp_matches": """account_id varchar, icp_id varchar, icp_version varchar,
        criterion_id varchar, is_met boolean, value varchar, reason varchar,
        points_awarded double, points_possible double""",
    "icp_scores": """account_id varchar, icp_id varchar, icp_version varchar, scope varchar,
        product_id varchar, scored_at timestamp, points double, max_points double, fit double,
        p_win double, expected_value double, intent double, raw_tier varchar, tier varchar,
        is_icp boolean, is_disqualified boolean, disqualifier_codes varchar, completeness double,
        reasons varchar, reason_missing varchar, data_as_of date""",
    "product_icp_scores": """account_id varchar, product_id varchar, icp_id varchar,
        icp_version varchar, points double, fit double, raw_tier varchar, tier varchar,
        is_icp boolean, is_disqualified boolean, reasons varchar, scored_at timestamp""",
    "sync_crm__accounts": """crm_record_id varchar, source_system varchar, icp_score double,
        icp_tier varchar, icp_product varchar, icp_reasons varchar, icp_version varchar,
        scored_at timestamp, crm_icp_score double, crm_icp_tier varchar, crm_icp_product varchar,
        crm_icp_reasons varchar, crm_icp_version varchar, crm_is_known boolean""",
    "rejected_rows": """source_system varchar, entity varchar, source_file varchar,
        source_row bigint, row_key varchar, rule varchar, stage varchar, disposition varchar,
        row_count bigint, loaded_at timestamp""",
    "restatements": """restated_at timestamp, version varchar, scope varchar, product_id varchar,
        segment_scheme varchar, segment varchar, period_month date, metric varchar,
        metric_definition varchar, old_value double, new_value double, change double,
        first_frozen_at timestamp, last_frozen_at timestamp, cause varchar, evidence varchar""",
    "metric_bridge": """scope varchar, product_id varchar, segment_scheme varchar,
        segment varchar, period_month date, metric varchar, from_definition varchar,
        to_definition varchar, item varchar, sort_order integer, amount double,
        from_value double, to_value double""",
    "time_to_event_curves": """scope varchar, product_id varchar, segment_scheme varchar,
        segment varchar, event varchar, day_number bigint, at_risk bigint, events bigint,
        competing bigint, censored bigint, survival double, cumulative_incidence double,
        competing_incidence double, ci_low double, ci_high double, n bigint,
        is_reliable boolean, reason varchar""",
    "segment_cac": """scope varchar, product_id varchar, segment_scheme varchar,
        segment varchar, period_month date, metric_definition varchar, lag_definition varchar,
        lag_months integer, lag_basis varchar, window_months integer, spend decimal(18,2),
        new_logos bigint, cac double, ci_low double, ci_high double, n bigint,
        is_reliable boolean, reason varchar, gross_margin double, new_customers bigint,
        new_mrr_per_customer double, payback_months double, payback_reason varchar,
        payback_empirical double, payback_empirical_ci_low double,
        payback_empirical_ci_high double, followed_customers bigint,
        payback_empirical_reason varchar, ltv double, ltv_ci_low double, ltv_ci_high double,
        churned_customers bigint, ltv_reason varchar, ltv_cac double, ltv_cac_ci_low double,
        ltv_cac_ci_high double, ltv_cac_reason varchar, is_complete boolean,
        reporting_currency varchar""",
    "data_quality": """check_name varchar, layer varchar, relation varchar, status varchar,
        severity varchar, failed_rows bigint, observed varchar, threshold varchar,
        message varchar, run_id varchar, checked_at timestamp, is_blocking boolean""",
}


def create(connection: duckdb.DuckDBPyConnection, tables: Iterable[str] = TABLES) -> None:
    """Create schema `published` and the named tables, empty."""
    connection.execute("create schema if not exists published")
    for name in tables:
        connection.execute(f"create table published.{name} ({TABLES[name]})")


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict]) -> None:
    """Append rows given as dictionaries; columns that a row does not name stay null."""
    known = [part.split()[0] for part in TABLES[table].replace("(18,2)", "").split(",")]
    if unknown := {key for row in rows for key in row} - set(known):
        raise ValueError(f"{table} has no column {sorted(unknown)}: see TABLES in this module")
    if rows:
        frame = pd.DataFrame(rows, columns=known, dtype=object)
        connection.register("new_rows", frame)
        connection.execute(f"insert into published.{table} select * from new_rows")
        connection.unregister("new_rows")
