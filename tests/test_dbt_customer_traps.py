"""Known mistakes about support, surveys and trials: the naive SQL gives another number.

The naive query of each trap stays here, so that a later "simplification" of a model can be seen for
what it is.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from conftest import World

# one world, all models below the metrics: half a minute of dbt
pytestmark = pytest.mark.prove

BERLIN = ZoneInfo("Europe/Berlin")
MODELS = ("int_kpi_surveys", "int_kpi_ticket_shares", "int_kpi_ticket_medians")
MODELS = (*MODELS, "int_kpi_customer_months", "int_kpi_trial_to_paid", "int_kpi_activation")


def _utc(local: str) -> str:
    """Give the moment in UTC as landing stores it."""
    moment = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _ticket(number: int, account: str, created: str) -> dict[str, object]:
    return {"ticket_id": f"T{number}", "organization_id": f"G{account}", "created_at": created}


def _comment(number: int, ticket: str, created: str, role: str, **said: object) -> dict:
    said = {"is_public": True, "is_bot": False} | said
    row = {"comment_id": f"C{number}", "ticket_id": ticket, "author_role_at_time": role}
    return row | {"created_at": created} | said


def _answer(number: int, account: str, person: str, score: int, day: str) -> dict[str, object]:
    return {
        "response_id": f"R{number}",
        "crm_account_id": account,
        "contact_id": person,
        "survey_type": "nps",
        "score": score,
        "submitted_at": f"{day} 12:00:00",
    }


def _contract(account: str, started: str, **terms: object) -> tuple[dict, dict]:
    key = {"subscription_id": f"S{account}"}
    item = {"subscription_item_id": f"I{account}", "unit_amount": 500.0, "valid_from": started}
    contract = {"billing_customer_id": f"B{account}", "product_id": "atlas", "started_at": started}
    return key | contract | terms, key | item | {"billing_interval": "month"}


def _workspace(name: str, created: str) -> dict[str, object]:
    row = {"workspace_id": f"W{name}", "crm_account_id": name, "product_id": "atlas"}
    return row | {"created_at": f"{created} 00:00:00"}


def _event(number: object, key: str, user: str, day: str, **said: object) -> dict[str, object]:
    row = {"event_id": f"E{number}", "account_key": key, "user_id": user, "product_id": "atlas"}
    return row | {"event_name": "page_seen", "occurred_at": f"{day} 10:00:00"} | said


def _usage() -> list[dict[str, object]]:
    value = {"event_name": "atlas_report_shared"}
    june = [f"2030-06-{day:02}" for day in range(3, 31)]
    return [
        _event("first", "nobody", "x", "2030-03-01"),
        *(_event(f"a{day}", "Wa", "u1", day) for day in june),
        *(_event(f"i{day}", "Wb", "colleague", day) for day in june),
        *(_event(f"b{day}", "Wb", f"v{day}", day) for day in june[:4]),
        _event("va1", "Wa", "u1", "2030-04-05", **value),
        _event("va2", "Wa", "u1", "2030-04-06", **value),
        _event("vb", "Wb", "v1", "2030-04-05", **value),
        _event("f1", "Wb", f"v{june[0]}", june[0], feature="alerts"),
        _event("f2", "Wb", f"v{june[0]}", june[0], feature="alerts"),
        # sent again the next day
        _event("f2", "Wb", f"v{june[0]}", june[0], feature="alerts", received_at="2030-06-04"),
    ]


@pytest.fixture(scope="module")
def world(make_world: Callable[..., World]) -> World:
    names = ("a", "b", "c", "d")
    contracts = [
        _contract("a", "2030-01-01"),
        _contract("b", "2030-01-01"),
        _contract("c", "2030-01-10", trial_end="2030-01-24", status="active"),
        _contract("d", "2030-06-20", trial_end="2030-07-04", is_trial=True, status="trialing"),
    ]
    made = make_world(
        {
            "crm.accounts": [{"account_id": name} for name in names],
            "billing.customers": [
                {"billing_customer_id": f"B{name}", "crm_account_id": name} for name in names
            ],
            "billing.subscriptions": [contract for contract, _ in contracts],
            "billing.subscription_items": [item for _, item in contracts],
            # one person, entered twice
            "crm.contacts": [
                {"contact_id": f"K{name}", "account_id": name, "email": "kim@a.example"}
                for name in ("a", "b")
            ],
            "support.organizations": [
                {"organization_id": f"G{name}", "crm_account_id": name} for name in names
            ],
            "support.tickets": [
                # the night in which clocks skip an hour
                _ticket(1, "a", _utc("2030-03-31 01:30:00")),
                _ticket(2, "a", "2030-06-03 10:00:00") | {"requester_email": "kim@a.example"},
                _ticket(3, "a", "2030-06-03 10:00:00") | {"merged_into_id": "T2"},
                # news of an upgrade, which the customer thanks for
                _ticket(4, "a", "2030-06-04 10:00:00"),
            ],
            "support.ticket_comments": [
                _comment(1, "T1", _utc("2030-03-31 03:30:00"), "agent"),
                _comment(2, "T2", "2030-06-03 10:01:00", "agent", is_bot=True),
                _comment(3, "T2", "2030-06-03 10:02:00", "agent", is_public=False),
                _comment(4, "T2", "2030-06-03 10:05:00", "end_user"),
                _comment(5, "T2", "2030-06-03 12:00:00", "agent"),
                _comment(6, "T4", "2030-06-04 10:00:00", "agent"),
                _comment(7, "T4", "2030-06-04 11:00:00", "end_user"),
            ],
            "product.workspaces": [
                _workspace("a", "2030-04-01"),
                _workspace("b", "2030-04-01"),
                _workspace("d", "2030-06-20"),
            ],
            "product.users": [{"user_id": "colleague", "is_internal": True}],
            "product.events": _usage(),
            "feedback.survey_responses": [
                _answer(1, "a", "p1", 10, "2030-05-02"),
                _answer(2, "a", "p2", 9, "2030-05-02"),
                _answer(3, "a", "p3", 10, "2030-05-02"),
                _answer(4, "b", "p4", 9, "2030-04-02"),
                _answer(5, "b", "p4", 0, "2030-06-02"),
            ],
        }
    )
    made.build(*(f"+{model}" for model in MODELS), "+int_account_feature_use")
    return made


def _value(world: World, definition: str, month: str = "2030-06-01") -> float | None:
    found = [
        value
        for model in MODELS
        for (value,) in world.query(
            f"select value from intermediate.{model} where scope = 'portfolio' and segment = 'all'"
            f" and metric_definition = '{definition}' and period_month = '{month}'"
        )
    ]
    assert len(found) <= 1
    return found[0] if found else None


def _naive(world: World, sql: str) -> float:
    [(value,)] = world.query(sql)
    return float(value)


def test_unit_tests_pass(world: World) -> None:
    models = (*MODELS, "int_survey_answers", "int_survey_observations", "int_trials")
    models = (*models, "int_recorded_months", "int_contact_survivors")
    models = (*models, "int_ticket_outcomes", "int_account_measures")
    models = (*models, "int_account_measured_segments", "int_segment_schemes")
    models = (*models, "int_segment_candidates")
    units = (f"{model},test_type:unit" for model in models)
    outcome = world.dbt("test", "--exclude", "tag:boundary", "--select", *units)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    # a selection that finds no test succeeds too
    assert len(outcome.results) >= 10


def test_zero_is_a_detractor(world: World) -> None:
    naive = _naive(
        world,
        "select 100.0 * (sum(case when score >= 9 then 1 else 0 end)"
        " - sum(case when score between 1 and 6 then 1 else 0 end)) / count(*)"
        " from raw_feedback.survey_responses where submitted_at >= '2030-05-01'",
    )
    assert naive == 75
    assert _value(world, "responses_trailing_3m") == 50


def test_only_the_last_answer_of_a_person_counts(world: World) -> None:
    naive = _naive(
        world,
        "select 100.0 * avg(case when score >= 9 then 1 when score >= 7 then 0 else -1 end)"
        " from raw_feedback.survey_responses",
    )
    assert naive == pytest.approx(60)
    assert _value(world, "responses_trailing_3m") == 50


def test_a_talkative_account_is_one_account(world: World) -> None:
    # three happy people of one account do not outvote the other account
    assert _value(world, "responses_trailing_3m") == 50
    assert _value(world, "account_mean_trailing_3m") == 0


def test_bots_and_notes_are_no_reply(world: World) -> None:
    naive = _naive(
        world,
        "select date_diff('minute', min(t.created_at), min(c.created_at))"
        " from raw_support.tickets as t join raw_support.ticket_comments as c using (ticket_id)"
        " where ticket_id = 'T2' and author_role_at_time <> 'end_user'",
    )
    assert naive == 1
    assert _value(world, "median_first_reply_followed_14d") == 120


def test_what_an_agent_opens_is_not_answered_at_once(world: World) -> None:
    naive = _naive(
        world,
        "select median(waited) from (select"
        " date_diff('minute', min(t.created_at), min(c.created_at)) as waited"
        " from raw_support.tickets as t join raw_support.ticket_comments as c using (ticket_id)"
        " where author_role_at_time = 'agent' and is_public and not is_bot"
        " and t.created_at >= '2030-06-01' group by ticket_id)",
    )
    assert naive == 60  # 120 minutes and none
    assert _value(world, "share_within_480m_followed_14d") == 1
    assert _value(world, "median_first_reply_followed_14d") == 120
    found = world.query(
        "select ticket_id from intermediate.int_tickets where is_agent_opened"
        " and first_reply_at is null and public_reply_count = 0"
    )
    assert found == [("T4",)]


def test_an_hour_that_clocks_skip_is_not_waited(world: World) -> None:
    naive = _naive(
        world,
        "select date_diff('minute', timestamp '2030-03-31 01:30:00',"
        " timestamp '2030-03-31 03:30:00')",
    )
    assert naive == 120
    assert _value(world, "median_first_reply_followed_14d", "2030-04-01") == 60


def test_customers_without_tickets_are_customers(world: World) -> None:
    naive = _naive(
        world,
        "select count(*) / count(distinct organization_id) from raw_support.tickets"
        " where created_at >= '2030-06-01'",
    )
    assert naive == 3  # merged ones and those of agents counted, and only those who asked
    assert _value(world, "tickets_per_paying_customer_month") == pytest.approx(1 / 3)
    assert _value(world, "tickets_per_1000_mrr_month") == pytest.approx(1 / 1.5)


def test_an_address_of_two_contacts_does_not_double_a_ticket(world: World) -> None:
    """METRICS T17: a join by e-mail gives a row for every contact that has the address."""
    naive = _naive(
        world,
        "select count(*) from raw_support.tickets as t"
        " join raw_crm.contacts as c on t.requester_email = c.email",
    )
    assert naive == 2
    found = world.query(
        "select account_id, count(*) from intermediate.int_tickets"
        " where ticket_id = 'T2' group by account_id"
    )
    assert found == [("a", 1)]


def test_before_the_first_ticket_nothing_is_known(world: World) -> None:
    assert _value(world, "tickets_per_paying_customer_month", "2030-02-01") is None
    assert _value(world, "tickets_per_paying_customer_month", "2030-04-01") == 0


def test_running_trials_are_no_failures(world: World) -> None:
    naive = _naive(
        world,
        "select avg(case when not coalesce(is_trial, false) then 1.0 else 0.0 end)"
        " from raw_billing.subscriptions where trial_end is not null",
    )
    assert naive == 0.5
    assert _value(world, "paid_within_30d_of_trial_end_trailing_12m") == 1


def test_stickiness_is_a_mean_over_customers_without_our_own_people(world: World) -> None:
    days = (
        "with days as (select distinct user_id, cast(occurred_at as date) as day"
        " from raw_product.events where occurred_at >= '2030-06-03' {})"
        " select count(*) / 28.0 / count(distinct user_id) from days"
    )
    with_colleague = _naive(world, days.format(""))
    pooled = _naive(world, days.format("and user_id <> 'colleague'"))
    assert with_colleague == pytest.approx((28 + 28 + 4) / 28 / 6)
    assert pooled == pytest.approx((28 + 4) / 28 / 5)
    assert _value(world, "dau_mau_28d_customer_mean") == pytest.approx((1 + 1 / 28) / 2)


def test_customers_that_never_used_it_count_among_the_active_share(world: World) -> None:
    naive = _naive(
        world,
        "select count(distinct account_key) / count(distinct account_key)"
        " from raw_product.events where account_key <> 'nobody'",
    )
    assert naive == 1
    assert _value(world, "paying_customers_active_28d") == pytest.approx(2 / 3)


def test_an_event_sent_twice_is_one_use(world: World) -> None:
    naive = _naive(world, "select count(*) from raw_product.events where feature = 'alerts'")
    assert naive == 3
    found = world.query(
        "select account_id, event_count from intermediate.int_account_feature_use"
        " where feature = 'alerts'"
    )
    assert found == [("b", 2)]


def test_starters_whose_days_run_are_no_failures(world: World) -> None:
    naive = _naive(
        world,
        "with value as (select account_key, count(distinct cast(occurred_at as date)) as days"
        " from raw_product.events where event_name = 'atlas_report_shared' group by 1)"
        " select avg(case when value.days >= 2 then 1.0 else 0.0 end)"
        " from raw_product.workspaces as w left join value on w.workspace_id = value.account_key",
    )
    assert naive == pytest.approx(1 / 3)
    assert _value(world, "value_on_2_days_by_day_30_mature_cohort") == 0.5
