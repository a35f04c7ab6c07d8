"""A seeded sample of mutants of the money models is noticed; `make mutate` tries all models."""

import subprocess
import sys

import pytest

from dagster_project.resources.settings import PROJECT_ROOT

pytestmark = pytest.mark.prove

#: Movements, retention, churn and their bridges: one world, one oracle, a minute and a half.
MODELS = (
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
)
SAMPLE = 150


def test_a_sample_of_mutants_is_noticed() -> None:
    arguments = ["--modules", "test_dbt_revenue.py", "--models", ",".join(MODELS)]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.mutation", *arguments, "--sample", str(SAMPLE)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    # its last line gives the share and of how many mutants it speaks
    assert done.returncode == 0, done.stderr[-6_000:]
