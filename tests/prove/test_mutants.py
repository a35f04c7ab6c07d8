"""Seeded samples of mutants of the metric models are noticed; `make mutate` tries all models."""

import subprocess
import sys

import pytest

from dagster_project.resources.settings import PROJECT_ROOT

pytestmark = pytest.mark.prove

#: Test files that judge -> models whose mutants they must notice.
SAMPLED = {
    # movements, retention, churn and their bridges
    ("test_dbt_revenue.py",): (
        "fct_mrr_*",
        "cohort_retention",
        "metric_bridge",
        "int_bridge_chains",
        "int_customer_mrr_months",
        "int_product_mrr_months",
        "int_retention_*",
        "int_kpi_retention",
        "int_kpi_mrr_movements",
        "int_kpi_compounded",
    ),
    # what a customer costs, brings and is worth
    (
        "prove/test_boundary_rows.py",
        "test_dbt_unit_economics.py",
        "test_unit_economics_oracle.py",
    ): (
        "segment_cac",
        "account_value",
        "int_segment_cac",
        "int_segment_economics",
        "int_segment_lags",
        "int_segment_ltv",
        "int_segment_revenue_months",
        "int_segment_spend",
        "int_payback_*",
        "int_sbg_observations",
        "int_customer_costs",
        "int_customer_value",
        "int_first_payments",
        "int_spend_pools",
        "int_worked_deals",
        "int_deal_segments",
        "int_kpi_cac",
        "int_kpi_unit_economics",
    ),
    # usage, tickets, answers and trials; what every metric passes through
    (
        "prove/test_boundary_rows.py",
        "prove/test_usage_boundaries.py",
        "test_dbt_support_hours.py",
    ): (
        "int_customer_months",
        "int_support_days",
        "int_tickets",
        "int_ticket_*",
        "int_kpi_ticket_*",
        "int_survey_*",
        "int_kpi_surveys",
        "int_trials",
        "int_kpi_trial_to_paid",
        "int_account_feature_use",
        "int_product_plans",
        "int_product_features",
        "int_paying_plans",
        "int_feature_eligibility",
        "int_usage_account_months",
        "int_usage_key_days",
        "fct_usage_days",
        "feature_adoption",
        "int_kpi_inputs",
        "int_kpi_windows",
        "int_kpi_shrunk_shares",
        "segment_kpis",
        # what happens to deals and customers, and when: without the arithmetic of its curves
        "int_kpi_pipeline",
        "int_kpi_win_rate",
        "int_kpi_created_deals",
        "int_kpi_sales_cycle",
        "int_funnel_entities",
        "funnel_conversion",
        "int_clock_starts",
        "int_value_starts",
        "int_event_counts",
        "int_event_members",
        "int_kpi_curves",
        "time_to_event_curves",
        "int_kpi_time_to_value_share",
        "int_kpi_activation",
        "int_early_churn",
        "int_kpi_early_churn",
    ),
    # the fit itself takes seconds a mutant: `make mutate` tries it
    ("test_lifetime_oracle.py",): ("int_sbg_lifetimes",),
    # the arithmetic of curves, against lifelines and scikit-survival
    ("test_dbt_curves.py",): ("int_event_curves",),
}
SAMPLE = 110


@pytest.mark.parametrize("modules", SAMPLED)
def test_a_sample_of_mutants_is_noticed(modules: tuple[str, ...]) -> None:
    arguments = ["--modules", ",".join(modules), "--models", ",".join(SAMPLED[modules])]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.mutation", *arguments, "--sample", str(SAMPLE)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    # its last line gives the share and of how many mutants it speaks
    assert done.returncode == 0, done.stderr[-6_000:]
