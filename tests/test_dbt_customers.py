"""Support, surveys, trials and usage of a random world against the textbook's arithmetic."""

from datetime import date
from pathlib import Path

import pytest
import usage_arithmetic
from conftest import World
from customer_arithmetic import (
    account_means,
    followed_tickets,
    last_answers,
    middle_wait,
    mrr_at,
    nps_points,
    over_trials,
    tickets,
)
from customer_bands import BANDS, MEASURED_SCHEMES, band_of, last_month_end
from customer_world import FEATURES, LAST, MONTH_ENDS, PRODUCTS, Rows, random_customer_rows
from kpi_world import wilson
from plan_world import UNUSED, WITH_PLANS, could_use, plan_feature_rows, put_on_plans
from raw_world import DEFAULT_REGISTRY, build_raw_world
from usage_arithmetic import activations, adopters, contract_starts, events, in_window, stickiness

from dagster_project.resources.settings import Settings

# brute-force oracles on random worlds: minutes of dbt builds
pytestmark = pytest.mark.prove

SCOPES = [None, "atlas"]


@pytest.fixture(scope="module", params=[3, 11])
def rows(request: pytest.FixtureRequest) -> Rows:
    return put_on_plans(random_customer_rows(accounts=40, seed=request.param), request.param)


@pytest.fixture(scope="module")
def world(rows: Rows, tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("customers")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    parameters = [{"parameter": "kpi_months", "value_number": 3.0}]
    products = [row | {"clock_start": "contract_start"} for row in DEFAULT_REGISTRY["products"]]
    registry = {"metric_parameters": parameters, "products": products} | MEASURED_SCHEMES
    registry["plan_features"] = plan_feature_rows()
    build_raw_world(settings.warehouse, rows, registry)
    made = World(settings)
    made.build("+segment_kpis", "+feature_adoption", "+bridge_account_segments", tests=True)
    return made


def _cells(world: World, metric: str, definition: str, product: str | None) -> dict[date, tuple]:
    scope = f"product_id = '{product}'" if product else "scope = 'portfolio'"
    found = world.query(
        "select period_month, value, numerator, denominator, n, ci_low, ci_high"
        f" from marts.segment_kpis where metric = '{metric}' and segment_scheme = 'all'"
        f" and metric_definition like '{definition}%' and {scope} and value is not null"
    )
    return {month: tuple(rest) for month, *rest in found}


def _share(flags: list[bool]) -> tuple:
    n, hits = len(flags), sum(flags)
    return (hits / n, hits, n, n, *wilson(hits, n))


@pytest.mark.parametrize("product", SCOPES)
def test_first_reply_within_target(world: World, rows: Rows, product: str | None) -> None:
    found = _cells(world, "first_reply_within_target", "share_within_480m", product)
    assert found.keys() == MONTH_ENDS.keys()
    for month, cell in found.items():
        flags = [
            ticket["reply"] is not None and ticket["reply"] <= 480
            for ticket in followed_tickets(rows, month)
            if product in (None, ticket["product_id"])
        ]
        assert cell == pytest.approx(_share(flags), abs=1e-9)


@pytest.mark.parametrize("product", SCOPES)
@pytest.mark.parametrize(
    ("metric", "wait"), [("first_reply_minutes", "reply"), ("resolution_minutes", "solved")]
)
def test_waiting_times_are_medians_of_all_tickets(
    world: World, rows: Rows, product: str | None, metric: str, wait: str
) -> None:
    found = _cells(world, metric, "median", product)
    for month in MONTH_ENDS:
        waits = [
            ticket[wait]
            for ticket in followed_tickets(rows, month)
            if product in (None, ticket["product_id"])
        ]
        middle = middle_wait(waits)
        assert (month in found) == (middle is not None)
        if middle is not None:
            value, _, _, n, low, high = found[month]
            assert (value, n) == (pytest.approx(middle), len(waits))
            assert low <= value
            assert high is None or value <= high


@pytest.mark.parametrize("product", SCOPES)
def test_satisfaction_is_a_share_of_the_rated(
    world: World, rows: Rows, product: str | None
) -> None:
    found = _cells(world, "csat", "rated_tickets", product)
    surveyed = _cells(world, "csat", "survey_answers", product)
    for month in MONTH_ENDS:
        flags = [
            ticket["satisfaction_score"] >= 4
            for ticket in followed_tickets(rows, month)
            if product in (None, ticket["product_id"]) and ticket["satisfaction_score"]
        ]
        assert found[month] == pytest.approx(_share(flags), abs=1e-9)
        flags = [row["score"] >= 4 for row in last_answers(rows, "csat", month, product)]
        assert surveyed[month] == pytest.approx(_share(flags), abs=1e-9)


@pytest.mark.parametrize("product", SCOPES)
def test_recommendation_by_people_accounts_and_money(
    world: World, rows: Rows, product: str | None
) -> None:
    by_people = _cells(world, "nps", "responses", product)
    by_account = _cells(world, "nps", "account_mean", product)
    by_money = _cells(world, "nps", "mrr_weighted", product)
    coverage = _cells(world, "nps_coverage", "paying", product)
    for month, end in MONTH_ENDS.items():
        answers = last_answers(rows, "nps", month, product)
        points = [nps_points(row["score"]) for row in answers]
        assert by_people[month][0] == pytest.approx(sum(points) / len(points))
        assert by_people[month][3] == len(points)
        means = account_means(answers)
        assert by_account[month][0] == pytest.approx(sum(means.values()) / len(means))
        assert by_account[month][3] == len(means)
        mrr = mrr_at(rows, end, product)
        weights = {account: mrr[account] for account in means if account in mrr}
        weighted = sum(means[account] * weight for account, weight in weights.items())
        assert by_money[month][0] == pytest.approx(weighted / sum(weights.values()))
        assert by_money[month][3] == len(weights)
        flags = [account in means for account in mrr]
        assert coverage[month] == pytest.approx(_share(flags), abs=1e-9)
        for value, *_, low, high in (by_people[month], by_account[month], by_money[month]):
            assert -100 <= value <= 100
            # without variation among those who answered nothing bounds the others
            assert low is None or -100 <= low <= value <= high <= 100


@pytest.mark.parametrize("product", SCOPES)
def test_ticket_load_of_those_who_pay(world: World, rows: Rows, product: str | None) -> None:
    by_money = _cells(world, "tickets_per_1000_mrr", "tickets", product)
    by_head = _cells(world, "tickets_per_customer", "tickets", product)
    for month, end in MONTH_ENDS.items():
        mrr = mrr_at(rows, end, product)
        count = sum(
            month <= ticket["created_at"].date() <= end
            and ticket["account"] in mrr
            and product in (None, ticket["product_id"])
            for ticket in tickets(rows)
        )
        thousands = sum(mrr.values()) / 1000
        assert by_money[month][:4] == pytest.approx((count / thousands, count, thousands, len(mrr)))
        assert by_head[month][:4] == pytest.approx((count / len(mrr), count, len(mrr), len(mrr)))


@pytest.mark.parametrize("product", SCOPES)
def test_ticket_load_of_seats_in_use(world: World, rows: Rows, product: str | None) -> None:
    by_seat = _cells(world, "tickets_per_active_seat", "tickets_per_user_active_28d", product)
    assert by_seat.keys() == MONTH_ENDS.keys()
    loads = {month: usage_arithmetic.seat_load(rows, month, product) for month in by_seat}
    for month, (count, users, customers, _) in loads.items():
        assert by_seat[month][:4] == pytest.approx((count / users, count, users, customers))
    # tickets of customers that nobody uses would be charged to the seats of others
    assert any(everybodys > count for count, _, _, everybodys in loads.values())


@pytest.mark.parametrize("product", SCOPES)
def test_trials_count_when_they_are_over(world: World, rows: Rows, product: str | None) -> None:
    found = _cells(world, "trial_to_paid", "paid_within_30d", product)
    assert found
    for month, cell in found.items():
        flags = over_trials(rows, month, product)
        assert cell == pytest.approx(_share(flags), abs=1e-9)


def _exposed(rows: Rows, end: date, product: str | None) -> set[str]:
    """Give the accounts that pay on a day and have paid for 28 days."""
    starts = contract_starts(rows, product)
    return {
        account
        for account in mrr_at(rows, end, product)
        if (end - min(first for first, _ in starts[account])).days >= 27
    }


@pytest.mark.parametrize("product", SCOPES)
def test_active_customers_and_their_stickiness(
    world: World, rows: Rows, product: str | None
) -> None:
    active = _cells(world, "active_customers_share", "paying_customers_active_28d", product)
    sticky = _cells(world, "stickiness", "dau_mau_28d_customer_mean", product)
    for month, end in MONTH_ENDS.items():
        exposed, seen = _exposed(rows, end, product), in_window(rows, end, product)
        flags = [account in seen for account in exposed]
        assert active[month] == pytest.approx(_share(flags), abs=1e-9)
        means = [stickiness(seen[account]) for account in exposed if account in seen]
        means = [mean for mean in means if mean is not None]
        value, numerator, denominator, n, low, high = sticky[month]
        assert (value, numerator) == pytest.approx((sum(means) / len(means), sum(means)))
        assert denominator == n == len(means)
        assert 0 <= low <= value <= high <= 1


@pytest.mark.parametrize("product", PRODUCTS)
def test_activation_of_starters_whose_days_are_over(world: World, rows: Rows, product: str) -> None:
    found = _cells(world, "activation_rate", "value_on_2_days_by_day_30", product)
    assert found.keys() == MONTH_ENDS.keys()
    for month, cell in found.items():
        assert cell == pytest.approx(_share(activations(rows, month, product)), abs=1e-9)


def test_coverage_of_first_value(world: World, rows: Rows) -> None:
    found = _cells(world, "first_value_coverage", "paying_customers_with_value", "atlas")
    tracked = min(event["day"] for event in events(rows, "atlas"))
    starts = {
        account: min(first for first, _ in contracts)
        for account, contracts in contract_starts(rows, "atlas").items()
    }
    for month, end in MONTH_ENDS.items():
        reached = {
            event["account"]
            for event in events(rows, "atlas")
            if event["event_name"] == "atlas_report_shared" and event["day"] <= end
        }
        paying = [name for name in mrr_at(rows, end, "atlas") if starts[name] >= tracked]
        assert found[month] == pytest.approx(_share([name in reached for name in paying]))


@pytest.mark.parametrize("product", PRODUCTS)
def test_adoption_counts_all_who_could_use_the_feature(
    world: World, rows: Rows, product: str
) -> None:
    found = world.query(
        "select feature, unknown_plan_count, reason, value, numerator, denominator, n, ci_low,"
        f" ci_high from marts.feature_adoption where product_id = '{product}' and segment = 'all'"
    )
    assert {name for name, *_ in found} == {*FEATURES, *([UNUSED] if product == WITH_PLANS else [])}
    allowed = could_use(rows, LAST, product)
    for name, unknown, reason, *cell in found:
        assert unknown == sum(features is None for features in allowed.values())
        users = adopters(rows, LAST, product, name)
        flags = [account in users for account, has in allowed.items() if has and {name, "*"} & has]
        if product == WITH_PLANS and name == "exports":
            # its plan begins the day after
            assert (reason, cell[:4]) == ("no plan includes it", [None, 0, 0, 0])
        else:
            assert reason is None
            assert tuple(cell) == pytest.approx(_share(flags), abs=1e-9)
            if name == UNUSED:
                assert cell[1] == 0 < cell[2]


def test_plans_matter_in_this_world(rows: Rows) -> None:
    # else the SQL that knows nothing of plans would pass as well
    allowed = could_use(rows, LAST, WITH_PLANS)
    kinds = {None if has is None else frozenset(has) for has in allowed.values()}
    assert kinds == {
        None,
        frozenset(),
        frozenset({"alerts"}),
        frozenset({"alerts", "reports", UNUSED}),
    }
    pairs = [
        name in (allowed[account] or ())
        for name in FEATURES
        for account in adopters(rows, LAST, WITH_PLANS, name) & allowed.keys()
    ]
    assert set(pairs) == {True, False}


@pytest.mark.parametrize("scheme", BANDS)
def test_segments_are_those_of_the_month_before(world: World, rows: Rows, scheme: str) -> None:
    """T11: what an account became later says nothing about what it was."""
    found = world.query(
        "select account_id, segment, valid_from, valid_to from marts.bridge_account_segments"
        f" where segment_scheme = '{scheme}'"
    )
    recorded = {
        "value_tier": min(
            first for contracts in contract_starts(rows).values() for first, _ in contracts
        ),
        "usage_level": min(event["day"] for event in events(rows)),
    }[scheme]
    for day in (date(2030, 4, 17), date(2030, 4, 30), date(2030, 5, 15), date(2029, 9, 9), LAST):
        measured = last_month_end(day)
        mrr, seen = mrr_at(rows, measured), in_window(rows, measured)
        for account, segment, first, last in found:
            if not first <= day or (last and day >= last):
                continue
            users = {event["user_id"] for event in seen.get(account, ()) if event["user_id"]}
            value = mrr.get(account, 0) if scheme == "value_tier" else len(users)
            assert segment == band_of(scheme, value), (account, day)
    early = [segment for _, segment, first, last in found if first < recorded]
    assert set(early) == {"unknown"}


def test_ticket_load_by_value_tier_is_of_those_in_the_tier(world: World, rows: Rows) -> None:
    found = world.query(
        "select segment, period_month, numerator, denominator from marts.segment_kpis"
        " where metric = 'tickets_per_customer' and segment_scheme = 'value_tier'"
        " and scope = 'portfolio' and value is not null"
    )
    assert {segment for segment, *_ in found} == {"low", "high"}
    for segment, month, numerator, denominator in found:
        end = MONTH_ENDS[month]
        mrr = mrr_at(rows, end)
        members = {account for account in mrr if band_of("value_tier", mrr[account]) == segment}
        count = sum(
            month <= ticket["created_at"].date() <= end and ticket["account"] in members
            for ticket in tickets(rows)
        )
        assert (numerator, denominator) == (count, len(members))
