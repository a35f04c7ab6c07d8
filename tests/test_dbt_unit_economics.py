"""What customers cost and are worth: the golden lag case, and the traps with their naive SQL."""

from pathlib import Path

import pytest
from conftest import World
from economics_world import HAND_PARAMETERS, hand_made_rows
from raw_world import build_raw_world

from dagster_project.resources.settings import Settings

MODELS = ("+segment_cac", "+account_value", "+fct_mrr_movements", "+fct_spend_months")
JUNE = "period_month = '2030-06-01' and scope = 'portfolio'"
CELL = f"{JUNE} and metric_definition = 'cac_marketing' and segment_scheme = 'industry'"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("economics")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    build_raw_world(settings.warehouse, hand_made_rows(), {"metric_parameters": HAND_PARAMETERS})
    made = World(settings)
    made.build(*MODELS)
    return made


@pytest.mark.prove
def test_unit_tests_and_the_rules_of_both_marts_hold(world: World) -> None:
    ours = "path:models/intermediate/_unit_economics_unit_tests.yml"
    outcome = world.dbt("test", "--select", "segment_cac", "account_value", ours)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"segment_cac_spend_is_all_allocated", "account_value_costs_add_up"} <= names
    assert {"lagged_spend_belongs_to_the_wins_it_brought"} <= names
    assert {"an_account_is_worth_what_it_brought_and_may_bring"} <= names


def test_spend_meets_the_wins_that_it_brought(world: World) -> None:
    """METRICS 3.6, constructed: 3,333 without lag, 10,000 with the lag of a quarter."""
    found = world.query(
        "select lag_definition, lag_months, lag_basis, cac, payback_months from marts.segment_cac"
        f" where {JUNE} and segment = 'all' and metric_definition = 'cac_marketing' order by 4"
    )
    assert found == [
        ("cac_lag0", 0, "zero", pytest.approx(10_000 / 3), pytest.approx(10_000 / 3 / 400)),
        ("cac_cycle_lag", 3, "segment", 10_000, 25),
    ]


def test_a_segment_that_won_nothing_keeps_its_row(world: World) -> None:
    """T19: an inner join of spend and wins loses the segment that only costs."""
    rows = world.query(
        f"select segment, new_logos, cac, reason from marts.segment_cac where {CELL}"
        " and lag_definition = 'cac_lag0' and spend > 0 order by 1"
    )
    assert [(segment, logos) for segment, logos, *_ in rows] == [
        ("retail", 7),
        ("software", 23),
        ("unknown", 0),
    ]
    assert rows[2][2:] == (None, "no new logos in the window")
    naive = world.query(
        """
        with spend as (
            select segment, sum(spend) as spend from intermediate.int_segment_spend
            where segment_scheme = 'industry' and period_month >= '2030-04-01'
                and scope = 'portfolio'
            group by segment
        ), wins as (
            select segment, count(*) as logos from intermediate.int_deal_segments
            where segment_scheme = 'industry' and closed_month >= '2030-04-01' and is_new_logo
                and scope = 'portfolio'
            group by segment
        )
        select spend.segment from spend inner join wins on spend.segment = wins.segment
        """
    )
    assert sorted(naive) == [("retail",), ("software",)]


def test_sharing_spend_by_wins_makes_every_segment_cost_the_same(world: World) -> None:
    """T19: by customers won the answer is the question; by deals worked on, retail costs more."""
    naive = world.query(
        """
        with wins as (
            select segment, count(*) as logos from intermediate.int_deal_segments
            where segment_scheme = 'industry' and closed_month >= '2030-04-01' and is_new_logo
                and scope = 'portfolio'
            group by segment
        )
        select distinct round(100000.0 * logos / sum(logos) over () / logos, 6) from wins
        """
    )
    assert len(naive) == 1
    costs = dict(
        world.query(
            f"select segment, cac from marts.segment_cac where {CELL}"
            " and lag_definition = 'cac_lag0' and cac is not null"
        )
    )
    assert costs["retail"] > 2 * costs["software"]


def test_payback_compares_one_customer_with_one_customer(world: World) -> None:
    """T20: the cost of one customer over the revenue of all of them pays back at once."""
    [(naive,)] = world.query(
        f"select cac / (new_mrr_per_customer * new_customers * gross_margin)"
        f" from marts.segment_cac where {JUNE} and segment = 'all'"
        " and metric_definition = 'cac_marketing' and lag_definition = 'cac_lag0'"
    )
    assert naive == pytest.approx(10_000 / 3 / 400 / 30)
    assert naive < 1 < 8


def test_lifetime_value_is_margin_in_one_unit_of_time(world: World) -> None:
    """METRICS 3.4: 30 customer months at 500 and 80%, one customer lost, are 12,000."""
    [(value, churned)] = world.query(
        f"select ltv, churned_customers from marts.segment_cac where {JUNE} and segment = 'all'"
        " and metric_definition = 'cac_marketing' and lag_definition = 'cac_lag0'"
    )
    assert (value, churned) == (pytest.approx(12_000), 1)
    [(revenue, mixed_units, survivors)] = world.query(
        """
        with months as (
            select sum(opening_mrr) as mrr, sum(opening_count) as customers,
                sum(churned_count) as churned
            from intermediate.int_segment_revenue_months
            where segment_scheme = 'all' and scope = 'portfolio'
                and period_month between '2029-12-01' and '2030-05-01'
        )
        select
            mrr / churned as revenue_not_margin,
            mrr / customers * 0.8 / (12.0 * churned / customers) as monthly_arpa_annual_churn,
            (select avg(closing_mrr) from marts.fct_mrr_movements
                where period_month = '2030-05-01' and closing_mrr > 0) * 0.8
                / (churned / (select count(*) from marts.fct_mrr_movements
                    where period_month = '2030-05-01' and closing_mrr > 0)) as survivors_only
        from months
        """
    )
    assert (revenue, mixed_units) == (pytest.approx(15_000), pytest.approx(1_000))
    assert survivors == pytest.approx(500 * 0.8 * 39)


def test_nobody_lost_is_no_infinite_value(world: World) -> None:
    naive = world.query("select 500 * 0.8 / cast(0 as double) as ltv")
    assert naive in ([(float("inf"),)], [(None,)])
    found = world.query(
        f"select ltv, ltv_reason, ltv_cac, ltv_cac_reason from marts.segment_cac where {CELL}"
        " and segment = 'retail' and lag_definition = 'cac_lag0'"
    )
    reason = "nobody left in the churn window: no lifetime to estimate"
    assert found == [(None, reason, None, reason)]


def test_account_value_says_what_nobody_declared(world: World) -> None:
    reasons = world.query(
        "select distinct gm_to_serve_reason, cac_reason from marts.account_value order by 2"
    )
    assert reasons[0][0].startswith("not declared in company.yml: hosting_share")
    assert [cac for _, cac in reasons] == [
        "no spend is recorded for the window in which it came",
        "spend not recorded: people, commission, overhead",
    ]
    [(total,)] = world.query("select sum(ltv_observed) from marts.account_value")
    # ten customers since February, one of whom left in May, and thirty since May, at 400 a month
    assert total == 400 * (9 * 5 + 3 + 30 * 2)
