"""Curves of wins, first value and churn against published answers and counting by hand.

Each trap has the naive SQL that people write, which must give another number here.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from conftest import World
from curve_world import (
    FREIREICH,
    FREIREICH_SURVIVAL,
    PRODUCTS,
    Followed,
    curve_by_hand,
    curve_rows,
    followed_deals,
    followed_payers,
    followed_values,
)
from kpi_world import Rows

# builds a warehouse and runs independent estimators
pytestmark = pytest.mark.prove

MODELS = ("+segment_kpis", "+time_to_event_curves")
COLUMNS = (
    "at_risk, events, competing, censored, survival, cumulative_incidence, competing_incidence"
)
RAW_DEALS = "raw_crm.opportunities"


@pytest.fixture(scope="module")
def rows() -> Rows:
    return curve_rows()


@pytest.fixture(scope="module")
def world(rows: Rows, make_world: Callable[..., World]) -> World:
    parameters = [("kpi_months", 3.0), ("curve_months", 2.0), ("min_n", 20.0)]
    made = make_world(
        rows,
        {
            "products": PRODUCTS,
            "metric_parameters": [
                {"parameter": name, "value_number": value} for name, value in parameters
            ],
        },
    )
    made.build(*MODELS)
    return made


def _curve(world: World, event: str, where: str) -> dict[int, tuple[Any, ...]]:
    found = world.query(
        f"select day_number, {COLUMNS} from marts.time_to_event_curves where event = '{event}'"
        f" and {where} and events + competing + censored > 0"
    )
    return {day: tuple(values) for day, *values in found}


def _expected(people: list[Followed]) -> dict[int, tuple[Any, ...]]:
    return {day: tuple(vars(point).values()) for day, point in curve_by_hand(people).items()}


def _assert_same(found: dict[int, tuple], expected: dict[int, tuple]) -> None:
    assert found.keys() == expected.keys()
    for day, values in expected.items():
        assert found[day] == pytest.approx(values, abs=1e-9), day


def _kpi(world: World, metric: str, where: str) -> tuple[Any, ...]:
    [found] = world.query(
        "select value, n, ci_low, ci_high, reason from marts.segment_kpis"
        f" where metric = '{metric}' and period_month = '2030-06-01' and {where}"
    )
    return found


def _of(product: str) -> str:
    return f"scope = 'product' and product_id = '{product}' and segment_scheme = 'all'"


EVERYBODY = "scope = 'portfolio' and segment_scheme = 'all'"


def test_unit_and_data_tests_pass(world: World) -> None:
    ours = ("time_to_event_curves", "segment_kpis")
    units = ("int_event_counts", "int_event_curves", "int_event_members", "int_kpi_curves")
    selected = [f"test_type:unit,{name}" for name in units]
    flags = ("--indirect-selection", "cautious")
    outcome = world.dbt("test", *flags, "--select", *ours, "int_event_counts", *selected)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"time_to_event_curves_shares_sum_to_one", "what_ended_the_clock"} <= names
    assert {"time_to_event_curves_never_turn_back", "departures_compete_with_first_value"} <= names


@pytest.mark.parametrize("product", [None, "atlas", "beacon", "comet"])
def test_wins_equal_counting_by_hand(world: World, rows: Rows, product: str | None) -> None:
    found = _curve(world, "win", _of(product) if product else EVERYBODY)
    _assert_same(found, _expected(followed_deals(rows, product)))


@pytest.mark.parametrize("segment", ["software", "retail", "unknown"])
def test_deals_are_followed_in_the_segment_of_their_account(
    world: World, rows: Rows, segment: str
) -> None:
    where = f"scope = 'portfolio' and segment_scheme = 'industry' and segment = '{segment}'"
    people = [one for one in followed_deals(rows) if one.segment == segment]
    _assert_same(_curve(world, "win", where), _expected(people))


def test_first_values_equal_counting_by_hand(world: World, rows: Rows) -> None:
    expected = _expected(followed_values(rows))
    _assert_same(_curve(world, "time_to_value", EVERYBODY), expected)
    assert any(events > 1 for _, events, *_ in expected.values())
    assert any(competing for _, _, competing, *_ in expected.values())


def test_churn_equals_counting_by_hand(world: World, rows: Rows) -> None:
    _assert_same(_curve(world, "churn", _of("atlas")), _expected(followed_payers(rows, "I")))


def test_published_survival_of_freireich(world: World) -> None:
    """METRICS G19: Freireich 1963 via Introductory Biostatistics; half is passed on day 23."""
    found = _curve(world, "churn", _of("dune"))
    survival = {day: values[4] for day, values in found.items() if values[1]}
    assert survival == pytest.approx(FREIREICH_SURVIVAL, abs=5e-5)
    assert _kpi(world, "time_to_churn_days", _of("dune"))[:2] == (23, 21)
    [(naive,)] = world.query(
        "select median(date_diff('day', valid_from, valid_to))"
        " from raw_billing.subscription_items where subscription_id like 'D%'"
        " and valid_to is not null"
    )
    assert naive == 10  # the median of those that left says nothing about those that stayed


def test_intervals_of_churn_are_those_of_lifelines(world: World) -> None:
    lifelines = pytest.importorskip("lifelines")
    fitter = lifelines.KaplanMeierFitter(alpha=0.05)
    days, ended = zip(*FREIREICH, strict=True)
    fitter.fit(days, event_observed=ended)
    bounds = fitter.confidence_interval_survival_function_
    found = world.query(
        "select day_number, survival, 1 - ci_high, 1 - ci_low from marts.time_to_event_curves"
        f" where event = 'churn' and {_of('dune')} and events > 0"
    )
    assert len(found) == len(FREIREICH_SURVIVAL)
    for day, survival, low, high in found:
        assert survival == pytest.approx(fitter.predict(day), abs=1e-9)
        assert (low, high) == pytest.approx(tuple(bounds.loc[day]), abs=1e-9)


def test_a_share_of_none_or_all_has_no_interval(world: World) -> None:
    found = world.query(
        "select distinct event, cumulative_incidence > 0.5 from marts.time_to_event_curves"
        " where (cumulative_incidence < 1e-9 or cumulative_incidence > 1 - 1e-9)"
        " and (ci_low is not null or ci_high is not null)"
    )
    assert found == []


@pytest.mark.parametrize(
    ("event", "segment"),
    [
        ("win", None),
        ("win", "software"),
        ("win", "retail"),
        ("win", "unknown"),
        ("time_to_value", None),
    ],
)
def test_competing_curves_are_those_of_scikit_survival(
    world: World, rows: Rows, event: str, segment: str | None
) -> None:
    sksurv = pytest.importorskip("sksurv.nonparametric")
    people = followed_deals(rows) if event == "win" else followed_values(rows)
    people = [one for one in people if segment in (None, one.segment)]
    cell = "segment_scheme = 'industry' and segment = '{}'" if segment else "segment_scheme = 'all'"
    kinds = {"censored": 0, "event": 1, "competing": 2}
    days, shares, bounds = sksurv.cumulative_incidence_competing_risks(
        [kinds[one.ended_by] for one in people],
        [float(one.day) for one in people],
        conf_level=0.95,
        conf_type="log-log",
        var_type="Dinse_Approx",
    )
    found = dict(
        (day, rest)
        for day, *rest in world.query(
            "select day_number, cumulative_incidence, competing_incidence, ci_low, ci_high"
            f" from marts.time_to_event_curves where event = '{event}' and scope = 'portfolio'"
            f" and {cell.format(segment)}"
        )
    )
    for position, day in enumerate(days):
        if day <= 365:
            values = (shares[1][position], shares[2][position])
            assert found[day][:2] == pytest.approx(values, abs=1e-9)
            if 0 < values[0] < 1:
                expected = (bounds[1][0][position], bounds[1][1][position])
                assert found[day][2:] == pytest.approx(list(expected), abs=1e-9)


def test_losing_competes_with_winning(world: World) -> None:
    """METRICS G21: 0.300; one minus Kaplan-Meier would say 0.34375 (T13)."""
    value, n, _, _, _ = _kpi(world, "win_probability_30d", _of("comet"))
    assert (value, n) == (pytest.approx(0.3, abs=1e-12), 10)
    [(naive,)] = world.query(f"""
        with deals as (
            select date_diff('day', created_at, close_date) as day, is_won from {RAW_DEALS}
            where product_id = 'comet'
        ), steps as (
            select day, is_won, count(*) over (order by day desc) as at_risk from deals
        )
        select 1 - product(1 - 1.0 / at_risk) from steps where is_won
    """)
    assert naive == pytest.approx(0.34375)
    value, *_, reason = _kpi(world, "time_to_win_days", _of("comet"))
    assert (value, reason) == (None, "it levels off below one half")


def test_open_deals_are_censored_not_lost(world: World, rows: Rows) -> None:
    value, *_ = _kpi(world, "win_probability_90d", EVERYBODY)
    people = followed_deals(rows)
    [(created, closed)] = world.query(
        "select avg(case when state = 'won' and cycle_days <= 90 then 1.0 else 0 end),"
        " avg(case when state <> 'open' then case when state = 'won' then 1.0 else 0 end end)"
        " from intermediate.int_opportunities where opportunity_type = 'new'"
    )
    by_hand = curve_by_hand(people)
    assert value == pytest.approx(by_hand[max(day for day in by_hand if day <= 90)].incidence)
    assert created < value - 0.01  # open ones counted as lost (T13)
    assert closed > value + 0.01  # open ones forgotten


def test_immature_customers_are_not_counted_as_kept(world: World, rows: Rows) -> None:
    """METRICS T12: who began last week has had no time to leave."""
    value, n, *_ = _kpi(world, "churn_probability_90d", _of("atlas"))
    [(naive,)] = world.query(
        "select avg(case when valid_to <= '2030-06-30' and valid_to - valid_from <= 90"
        " then 1.0 else 0 end) from raw_billing.subscription_items"
        " where subscription_item_id like 'I%'"
    )
    people = followed_payers(rows, "I")
    assert n == sum(one.ended_by == "event" or one.day >= 90 for one in people) < len(people)
    assert naive < value - 0.005


def test_no_deal_has_a_negative_cycle(world: World) -> None:
    """METRICS T14: the naive mean takes a deal closed before it was created."""
    [(naive, fewest)] = world.query(
        f"select min(date_diff('day', created_at, close_date)), count(*) from {RAW_DEALS}"
        " where is_closed"
    )
    assert (naive, fewest > 0) == (-365, True)
    assert world.query("select min(day_number) >= 0 from marts.time_to_event_curves") == [(True,)]


def test_a_deal_on_four_accounts_or_merged_is_followed_once(world: World, rows: Rows) -> None:
    """METRICS T15, T16: a join to its accounts, and its merged copy, would count it five times."""
    [(naive,)] = world.query(f"""
        select count(*) from {RAW_DEALS} as deals
        left join raw_crm.opportunity_accounts as links using (opportunity_id)
        where deals.product_id = 'beacon' and deals.opportunity_type = 'new'
            and coalesce(deals.close_date >= deals.created_at, true)
    """)
    [(n,)] = world.query(
        "select distinct n from marts.time_to_event_curves"
        f" where event = 'win' and {_of('beacon')} and n > 0"
    )
    assert n == len(followed_deals(rows, "beacon")) == naive - 4


def test_departures_before_value_compete(world: World, rows: Rows) -> None:
    """METRICS T21: with departures censored, more seem to reach value than ever can."""
    value, *_ = _kpi(world, "value_probability_180d", EVERYBODY)
    censored = [
        Followed(one.day, "censored" if one.ended_by == "competing" else one.ended_by, "")
        for one in followed_values(rows)
    ]
    naive = curve_by_hand(censored)
    assert naive[max(day for day in naive if day <= 180)].incidence > value + 0.01


def test_older_months_say_why_they_have_no_curve(world: World) -> None:
    found = world.query(
        "select distinct period_month, value is null, reason from marts.segment_kpis"
        f" where metric = 'win_probability_30d' and {_of('beacon')} order by 1"
    )
    assert [missing for _, missing, _ in found] == [True, False, False]
    assert found[0][2].startswith("curves are measured in the newest months only")


def test_a_past_month_is_measured_with_what_was_known_then(world: World, rows: Rows) -> None:
    [(value,)] = world.query(
        "select value from marts.segment_kpis where metric = 'win_probability_60d'"
        f" and period_month = '2030-05-01' and {EVERYBODY}"
    )
    # the window of May begins a month earlier; nothing was created in that month
    by_hand = curve_by_hand(followed_deals(rows, end=date(2030, 5, 31)))
    assert value == pytest.approx(by_hand[max(day for day in by_hand if day <= 60)].incidence)


#: One product per case of bad input: (created, closed, is_won) of its deals.
BARE = {
    "none": [],
    "one": [(date(2030, 6, 1), None, False)],
    "lost": [(date(2030, 1, day), date(2030, 2, day), False) for day in range(1, 6)],
    "open": [(date(2030, 1, day), None, False) for day in range(1, 6)],
    "undated": [(None, date(2030, 2, 1), True)],
}


@pytest.fixture(scope="module")
def bare_world(make_world: Callable[..., World]) -> World:
    deals = [
        {
            "opportunity_id": f"{product}{number}",
            "product_id": product,
            "stage": "stage",
            "created_at": created,
            "close_date": closed,
            "is_closed": closed is not None,
            "is_won": is_won,
        }
        for product, cases in BARE.items()
        for number, (created, closed, is_won) in enumerate(cases)
    ]
    products = [{**PRODUCTS[0], "product_id": name, "product_name": name} for name in BARE]
    parameters = [{"parameter": "kpi_months", "value_number": 2.0}]
    registry = {"products": products, "metric_parameters": parameters}
    made = make_world({"crm.opportunities": deals}, registry)
    made.build(*MODELS, "+funnel_conversion", "+fct_stage_transitions")
    return made


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("none", (None, 0, "nobody started in the window")),
        ("one", (None, 1, "nobody was followed for so many days")),
        ("lost", (0.0, 5, None)),
        ("open", (None, 5, "nobody was followed for so many days")),
        ("undated", (None, 0, "nobody started in the window")),
    ],
)
def test_too_little_to_draw_is_said(bare_world: World, product: str, expected: tuple) -> None:
    found = bare_world.query(
        "select cumulative_incidence, n, reason from marts.time_to_event_curves"
        f" where event = 'win' and day_number = 365 and {_of(product)}"
    )
    assert found == [expected]


def test_medians_and_shares_of_bare_products_have_reasons(bare_world: World) -> None:
    def reasons(metric: str) -> dict[str, str | None]:
        return dict(
            bare_world.query(
                "select product_id, reason from marts.segment_kpis where segment_scheme = 'all'"
                f" and scope = 'product' and metric = '{metric}' and period_month = '2030-06-01'"
            )
        )

    assert reasons("time_to_win_days") == {
        "none": "nobody started in the window",
        "one": "nobody was followed until one half was reached",
        "lost": "it levels off below one half",
        "open": "nobody was followed until one half was reached",
        "undated": "nobody started in the window",
    }
    assert reasons("pipeline_velocity")["lost"] == "no deal was won in the window"
    assert reasons("pipeline_velocity")["open"] == "no new deal was closed in the window"
    assert reasons("win_rate_created")["open"] is None  # nobody of five: a share of 0
    assert set(reasons("churn_probability_90d").values()) == {"no subscriptions loaded"}
    assert set(reasons("value_probability_90d").values()) == {"no usage loaded"}


def test_curves_without_usage_or_billing_say_so(bare_world: World) -> None:
    found = bare_world.query(
        "select distinct event, n, reason from marts.time_to_event_curves where event <> 'win'"
    )
    assert set(found) == {
        ("time_to_value", 0, "no usage loaded"),
        ("churn", 0, "no subscriptions loaded"),
    }


def test_deals_without_account_or_lead_are_in_the_funnel(bare_world: World) -> None:
    found = bare_world.query(
        "select segment, entry, stage, sum(entered) from marts.funnel_conversion"
        " where segment_scheme = 'industry' group by all order by stage"
    )
    assert found == [
        ("unmatched", "opportunity", "opportunity", 11),
        ("unmatched", "opportunity", "won", 0),
    ]
