"""Curves of dozens of small random worlds against counting by hand and two survival libraries.

Every world is a product of one company, so that one build draws them all. Hypothesis makes them:
ties, censoring on the first day, worlds where everybody or nobody ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from conftest import World
from curve_world import Followed, curve_by_hand
from hypothesis import HealthCheck, Phase, given, settings
from kpi_world import LAST, Rows

pytestmark = pytest.mark.prove

HORIZON = 365
#: The start of the followed window is 729 days before the last day.
OLDEST = 720
DAYS = st.sampled_from((0, 1, 2, 3, 7, 30, 90, HORIZON, HORIZON + 1, 400)) | st.integers(0, 40)
KINDS = {"censored": 0, "event": 1, "competing": 2}
COLUMNS = (
    "at_risk, events, competing, censored, survival, cumulative_incidence, competing_incidence"
)


@dataclass(frozen=True)
class Deal:
    """A deal created `age` days before the last day and closed after `days`, if then."""

    age: int
    state: str
    days: int

    def followed(self) -> Followed:
        """Give what is known of it on the last day."""
        if self.state == "open" or self.days > self.age:
            return Followed(self.age, "censored", "")
        return Followed(self.days, "event" if self.state == "won" else "competing", "")


@dataclass(frozen=True)
class Payer:
    """A customer that began to pay `age` days ago; days to its first value and its departure."""

    age: int
    valued: int | None
    left: int | None

    def _known(self, days: int | None) -> int | None:
        return None if days is None or days > self.age else days

    def to_value(self) -> Followed:
        """Give value before or on the day of departure, departure before value, or neither."""
        valued, left = self._known(self.valued), self._known(self.left)
        if valued is not None and (left is None or valued <= left):
            return Followed(valued, "event", "")
        if left is not None:
            return Followed(left, "competing", "")
        return Followed(self.age, "censored", "")

    def to_churn(self) -> Followed:
        """Give the departure, whatever was valued before."""
        left = self._known(self.left)
        return Followed(self.age, "censored", "") if left is None else Followed(left, "event", "")


@dataclass(frozen=True)
class Small:
    """One world: the deals and customers of one product."""

    deals: tuple[Deal, ...]
    payers: tuple[Payer, ...]

    def people(self, event: str) -> list[Followed]:
        """Give everybody that a curve follows."""
        if event == "win":
            return [deal.followed() for deal in self.deals]
        if event == "time_to_value":
            return [payer.to_value() for payer in self.payers]
        return [payer.to_churn() for payer in self.payers]


AGES = st.sampled_from((0, 1, 30, HORIZON, OLDEST)) | st.integers(0, OLDEST)
DEAL = st.builds(Deal, AGES, st.sampled_from(("won", "lost", "open")), DAYS)
# who leaves on the first day has a contract of no length, which is refused
LEAVING = st.none() | DAYS.filter(bool)
PAYER = st.builds(Payer, AGES, st.none() | DAYS, LEAVING)


def _some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return (st.lists(one, max_size=6) | st.lists(one, min_size=8, max_size=25)).map(tuple)


WORLD = st.builds(Small, _some(DEAL), _some(PAYER))
EXTREMES = [
    Small((Deal(0, "open", 0),) * 3, (Payer(0, None, None),) * 3),
    Small((Deal(50, "open", 0),) * 4, (Payer(50, None, None),) * 4),
    Small((Deal(50, "won", 0),) * 4, (Payer(50, 0, 1),) * 4),
    Small((Deal(OLDEST, "won", 5),) * 4, (Payer(OLDEST, 5, None),) * 4),
    Small((Deal(OLDEST, "lost", 5),) * 4, (Payer(OLDEST, None, 5),) * 4),
    Small((Deal(5, "won", 5), Deal(5, "open", 0), Deal(5, "lost", 5)), (Payer(5, 5, 5),)),
    Small((Deal(0, "won", 0), Deal(0, "lost", 0), Deal(0, "open", 0)), (Payer(0, 0, None),)),
]


@pytest.fixture(scope="module")
def worlds() -> list[Small]:
    """Give the extremes and what Hypothesis thinks of; the same ones in every run."""
    found = list(EXTREMES)

    @settings(
        max_examples=60, database=None, derandomize=True, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(WORLD)
    def collect(world: Small) -> None:
        found.append(world)

    collect()
    return found


def _rows(worlds: list[Small]) -> Rows:
    names = ("crm.accounts", "crm.opportunities", "billing.customers", "billing.subscriptions")
    names += ("billing.subscription_items", "product.workspaces", "product.events")
    rows: Rows = {name: [] for name in names}
    for number, world in enumerate(worlds):
        product = f"p{number}"
        # the first value of anybody says that values are recorded
        rows["product.events"].append(_value("nobody", product, LAST - timedelta(days=800)))
        for position, deal in enumerate(world.deals):
            rows["crm.opportunities"].append(_deal(f"{product}-{position}", product, deal))
        for position, payer in enumerate(world.payers):
            _add_payer(rows, f"{product}-{position}", product, payer)
    return rows


def _deal(key: str, product: str, deal: Deal) -> dict[str, Any]:
    created = LAST - timedelta(days=deal.age)
    is_closed = deal.state != "open"
    return {
        "opportunity_id": key,
        "product_id": product,
        "opportunity_type": "new",
        "stage": deal.state,
        "created_at": created,
        "close_date": created + timedelta(days=deal.days) if is_closed else None,
        "is_closed": is_closed,
        "is_won": deal.state == "won",
    }


def _value(account: str, product: str, day: date) -> dict[str, Any]:
    event = {"event_id": f"{account}-{product}", "account_key": account, "product_id": product}
    event |= {"event_name": f"{product}_report_shared", "event_count": 1}
    return event | {"occurred_at": f"{day} 10:00:00"}


def _add_payer(rows: Rows, key: str, product: str, payer: Payer) -> None:
    started = LAST - timedelta(days=payer.age)
    left = None if payer.left is None else started + timedelta(days=payer.left)
    contract = {"subscription_id": key, "product_id": product}
    rows["crm.accounts"].append({"account_id": key})
    rows["billing.customers"].append({"billing_customer_id": key, "crm_account_id": key})
    rows["product.workspaces"].append({"workspace_id": key, "crm_account_id": key})
    rows["billing.subscriptions"].append(
        contract | {"billing_customer_id": key, "started_at": started}
    )
    rows["billing.subscription_items"].append(
        {"subscription_item_id": key, "subscription_id": key, "unit_amount": 10.0}
        | {"billing_interval": "month", "valid_from": started, "valid_to": left}
    )
    day = None if payer.valued is None else started + timedelta(days=payer.valued)
    if day and day <= LAST:
        rows["product.events"].append(_value(key, product, day))


@pytest.fixture(scope="module")
def world(worlds: list[Small], make_world: Callable[..., World]) -> World:
    products = [
        {
            "product_id": f"p{number}",
            "product_name": f"P{number}",
            "value_event": f"p{number}_report_shared",
            "clock_start": "contract_start",
        }
        for number in range(len(worlds))
    ]
    registry = {"products": products, "segment_schemes": [], "segment_rules": []}
    made = make_world(_rows(worlds), registry)
    made.build("+time_to_event_curves", tests=True)
    return made


@pytest.fixture(scope="module")
def drawn(world: World) -> dict[tuple[str, str], dict[int, tuple[Any, ...]]]:
    curves: dict[tuple[str, str], dict[int, tuple[Any, ...]]] = {}
    for product, event, day, *values in world.query(
        f"select product_id, event, day_number, {COLUMNS}, n, reason, ci_low, ci_high"
        " from marts.time_to_event_curves where scope = 'product' and segment_scheme = 'all'"
    ):
        curves.setdefault((product, event), {})[day] = tuple(values)
    return curves


def _reason(people: list[Followed]) -> str | None:
    """Say why there is no value at the horizon, if there is none."""
    if not people:
        return "nobody started in the window"
    is_over = curve_by_hand(people, horizon=10_000)[max(one.day for one in people)].survival == 0
    is_followed = is_over or max(one.day for one in people) >= HORIZON
    return None if is_followed else "nobody was followed for so many days"


@pytest.mark.parametrize("event", ["win", "time_to_value", "churn"])
def test_every_curve_is_the_one_counted_by_hand(
    worlds: list[Small], drawn: dict, event: str
) -> None:
    for number, small in enumerate(worlds):
        people = small.people(event)
        found = drawn[f"p{number}", event]
        expected = {day: tuple(vars(p).values()) for day, p in curve_by_hand(people).items()}
        happened = {day: values[:7] for day, values in found.items() if sum(values[1:4])}
        assert happened.keys() == expected.keys(), small
        for day, values in expected.items():
            assert happened[day] == pytest.approx(values, abs=1e-9), (small, day)
        n, reason = found[HORIZON][7:9]
        assert (n, reason) == (len(people), _reason(people)), small


def test_churn_is_that_of_lifelines(worlds: list[Small], drawn: dict) -> None:
    lifelines = pytest.importorskip("lifelines")
    compared = 0
    for number, small in enumerate(worlds):
        people = small.people("churn")
        if not people:
            continue
        fitter = lifelines.KaplanMeierFitter(alpha=0.05)
        fitter.fit([one.day for one in people], [one.ended_by == "event" for one in people])
        bounds = fitter.confidence_interval_survival_function_
        for day, values in drawn[f"p{number}", "churn"].items():
            survival = float(fitter.predict(day))
            if values[4] is None or not values[1]:
                continue
            assert values[4] == pytest.approx(survival, abs=1e-9), (small, day)
            if 1e-12 < survival < 1 - 1e-12:
                low, high = bounds.loc[day]
                assert values[9:] == pytest.approx((1 - high, 1 - low), abs=1e-9), (small, day)
                compared += 1
    assert compared > len(worlds)


def _incidences(people: list[Followed]) -> tuple[Any, Any, Any] | None:
    """Give days, shares and bounds by scikit-survival, which needs events of both kinds."""
    if {"event", "competing"} - {one.ended_by for one in people}:
        return None
    sksurv = pytest.importorskip("sksurv.nonparametric")
    return sksurv.cumulative_incidence_competing_risks(
        [KINDS[one.ended_by] for one in people],
        [float(one.day) for one in people],
        conf_level=0.95,
        conf_type="log-log",
        var_type="Dinse_Approx",
    )


def _ends_censored(people: list[Followed]) -> list[Followed]:
    """Give the same curve up to its last day: where all end on it, scikit-survival divides by 0."""
    last = max((one.day for one in people), default=0)
    return [
        Followed(one.day, "censored" if one.day == last else one.ended_by, "") for one in people
    ]


@pytest.mark.parametrize("event", ["win", "time_to_value"])
def test_competing_curves_are_those_of_scikit_survival(
    worlds: list[Small], drawn: dict, event: str
) -> None:
    shares_compared = bounds_compared = 0
    for number, small in enumerate(worlds):
        people, found = small.people(event), drawn[f"p{number}", event]
        if expected := _incidences(people):
            days, shares, _ = expected
            for day, *pair in zip(days, shares[1], shares[2], strict=True):
                if day <= HORIZON:
                    assert found[int(day)][5:7] == pytest.approx(tuple(pair), abs=1e-9), small
                    shares_compared += 1
        if expected := _incidences(_ends_censored(people)):
            days, shares, bounds = expected
            for day, share, low, high in zip(days[:-1], shares[1], *bounds[1], strict=False):
                if day <= HORIZON and 1e-12 < share < 1 - 1e-12:
                    assert found[int(day)][9:] == pytest.approx((low, high), abs=1e-9), small
                    bounds_compared += 1
    assert min(shares_compared, bounds_compared) > len(worlds)
