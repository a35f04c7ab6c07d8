"""Table definitions of `icp_registry`: the user's definitions as rows that SQL can join.

Rows are written by `registry.py` from validated models. `icp_versions` is append-only; the other
tables hold the current definitions and are replaced whole at each load.
"""

REGISTRY_TABLES: dict[str, str] = {
    "company": """
        company_name varchar not null, reporting_currency varchar not null,
        fiscal_year_start_month integer not null, time_zone varchar not null,
        customer_level varchar not null""",  # account | ultimate_parent
    "metric_parameters": """
        parameter varchar not null, value_text varchar, value_number double precision""",
    "support_week": """
        weekday integer not null, opens_minute integer not null, closes_minute integer not null""",
    "support_holidays": "holiday date not null",
    "products": """
        product_id varchar not null, product_name varchar not null, gross_margin double precision,
        value_event varchar, active_event varchar, clock_start varchar""",
    "product_aliases": "alias varchar not null, product_id varchar not null",
    "plan_features": """
        product_id varchar not null, plan varchar not null, feature varchar,
        valid_from date, valid_to date""",  # no feature: the plan exists and includes none
    "segment_rules": """
        segment_scheme varchar not null, segment varchar not null, segment_label varchar,
        attribute varchar not null, operator varchar not null, value_text varchar,
        value_low double precision, value_high double precision, sort_order integer not null""",
    "segment_schemes": """
        segment_scheme varchar not null, scheme_kind varchar not null, description varchar,
        first_scheme varchar, second_scheme varchar""",  # both set on a crossed scheme
    "icp_versions": """
        icp_id varchar not null, icp_version varchar not null, scope varchar not null,
        product_id varchar, icp_name varchar not null, icp_status varchar not null,
        owner varchar, gtm_motion varchar, review_cadence_days integer, max_points double precision,
        match_points double precision, tier_margin double precision,
        min_completeness double precision, smallest_effect double precision, body varchar not null,
        approved_by varchar, valid_from timestamp not null, valid_to timestamp,
        is_current boolean not null""",
    "icp_criteria": """
        icp_id varchar not null, icp_version varchar not null, criterion_id varchar not null,
        criterion_label varchar, dimension varchar not null, attribute varchar not null,
        operator varchar not null, value_low double precision, value_high double precision,
        points double precision not null, is_required boolean not null,
        provenance varchar not null, support_n integer""",
    "icp_criterion_values": """
        icp_id varchar not null, icp_version varchar not null, criterion_id varchar not null,
        value_text varchar not null""",
    "icp_disqualifiers": """
        icp_id varchar not null, icp_version varchar not null, disqualifier_id varchar not null,
        disqualifier_label varchar, attribute varchar not null, operator varchar not null,
        value_low double precision, value_high double precision""",
    "icp_disqualifier_values": """
        icp_id varchar not null, icp_version varchar not null, disqualifier_id varchar not null,
        value_text varchar not null""",
    "icp_tiers": """
        icp_id varchar not null, icp_version varchar not null, tier varchar not null,
        min_points double precision not null""",
    "personas": """
        persona_id varchar not null, product_id varchar, persona_name varchar, buying_role varchar,
        is_required boolean""",
    "pains": "product_id varchar, icp_id varchar, pain_id varchar not null, pain varchar not null",
    "triggers": """
        product_id varchar, icp_id varchar, trigger_id varchar not null, signal_type varchar,
        description varchar, window_days integer""",
    "attribute_catalogue": """
        attribute varchar not null, dimension varchar not null, value_type varchar not null,
        policy varchar not null, description varchar""",
    "free_mail_domains": "domain varchar not null",
    "tolerances": """
        source varchar not null, entity varchar not null, rule varchar not null,
        threshold double precision, threshold_text varchar, severity varchar not null""",
    "crm_fields": "crm_field varchar not null, desired_column varchar not null",
    "previous_tiers": """
        account_id varchar not null, icp_id varchar not null, icp_version varchar not null,
        tier varchar not null, stored_at timestamp not null""",
}


def ddl_statements() -> list[str]:
    """Give the statements that create every registry table, in order."""
    return [
        "create schema if not exists icp_registry",
        *(
            f"create table if not exists icp_registry.{name} ({columns})"
            for name, columns in REGISTRY_TABLES.items()
        ),
    ]
