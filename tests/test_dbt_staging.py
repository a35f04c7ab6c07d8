"""Staging on hand-made rows: what is accepted, what is not, and the reason that is kept."""

from hashlib import md5

import pytest

OK = None
LATER = "2031-01-01 00:00:00"

CASES = {
    "crm.accounts": (
        "account_id",
        [
            ({"account_id": "a1", "employees": 10}, OK),
            ({"account_id": " "}, "account_id is missing or unreadable"),
            ({"account_id": "gone", "is_deleted": True}, "deleted at the source"),
            ({"account_id": "early", "created_at": LATER}, "created_at is in the future"),
        ],
    ),
    "crm.opportunities": (
        "opportunity_id",
        [
            ({"opportunity_id": "o1", "stage": "Won", "amount": 5, "is_closed": True}, OK),
            ({"opportunity_id": "o2"}, "stage is missing or unreadable"),
            ({"opportunity_id": "o3", "stage": "x", "amount": -1}, "amount is negative"),
            (
                {"opportunity_id": "o4", "stage": "x", "is_won": True, "is_closed": False},
                "won but not closed",
            ),
        ],
    ),
    "billing.subscriptions": (
        "subscription_id",
        [
            ({"subscription_id": "s1", "started_at": "2030-01-01"}, OK),
            (
                {"subscription_id": "s2", "started_at": "2030-02-01", "ended_at": "2030-01-01"},
                "ended_at is before started_at",
            ),
            (
                {"subscription_id": "s3", "started_at": "2030-02-01", "cancelled_at": "2029-01-01"},
                "cancelled_at is before started_at",
            ),
        ],
    ),
    "billing.subscription_items": (
        "subscription_item_id",
        [
            ({"subscription_item_id": "i1"}, OK),
            ({"subscription_item_id": "i2", "quantity": -1}, "quantity is negative"),
            (
                {"subscription_item_id": "i3", "discount_percent": 101},
                "discount_percent is outside 0 to 100",
            ),
            (
                {"subscription_item_id": "i4", "valid_to": "2029-01-01"},
                "valid_to is before valid_from",
            ),
        ],
    ),
    "support.tickets": (
        "ticket_id",
        [
            ({"ticket_id": "t1", "created_at": "2030-01-02"}, OK),
            (
                {"ticket_id": "t2", "created_at": "2030-01-02", "solved_at": "2030-01-01"},
                "solved_at is before created_at",
            ),
            ({"ticket_id": "t3", "created_at": LATER}, "created_at is in the future"),
        ],
    ),
    "finance.fx_rates": (
        "from_currency",
        [
            ({"from_currency": "eur"}, OK),
            ({"from_currency": "GBP", "rate": 0}, "rate is not positive"),
        ],
    ),
}
FILLED = {
    "billing.subscriptions": {"billing_customer_id": "b1"},
    "billing.subscription_items": {
        "subscription_id": "s1",
        "unit_amount": 9,
        "valid_from": "2030-01-01",
    },
    "support.tickets": {"organization_id": "org1"},
    "finance.fx_rates": {"rate_date": "2030-01-01", "to_currency": "USD", "rate": 1.5},
}


def test_each_rule_rejects_its_row_with_a_reason(make_world):
    world = make_world(
        {
            entity: [{**FILLED.get(entity, {}), **row} for row, _ in rows]
            for entity, (_, rows) in CASES.items()
        }
    )
    world.build("staging")
    for entity, (key, rows) in CASES.items():
        view = "stg_" + entity.replace(".", "__")
        found = world.query(f"select {key}, reject_reason from staging.{view} order by source_row")
        assert [reason for _, reason in found] == [reason for _, reason in rows], entity


def test_of_one_key_the_latest_row_is_kept(make_world):
    day = "2030-0{}-01 00:00:00"
    world = make_world(
        {
            "crm.accounts": [
                {"account_id": "a1", "name": "new", "updated_at": day.format(5)},
                {"account_id": "a1", "name": "old", "updated_at": day.format(4)},
                {"account_id": "a1", "name": "undated"},
                {"account_id": "a1", "name": "other source", "_source": "second_crm"},
                {"account_id": "a2", "name": "first"},
                {"account_id": "a2", "name": "last"},
                {"account_id": "a3", "name": "changed", "_superseded_at": day.format(5)},
            ]
        }
    )
    world.build("stg_crm__accounts")
    rows = world.query("select name, reject_reason from staging.stg_crm__accounts order by 1")
    assert rows == [
        ("first", "duplicate key"),
        ("last", None),
        ("new", None),
        ("old", "duplicate key"),
        ("other source", None),
        ("undated", "duplicate key"),
    ]


def test_text_is_made_comparable(make_world):
    world = make_world(
        {
            "crm.accounts": [
                {
                    "account_id": " a1 ",
                    "domain": "https://www.Acorn.example/about?x=1",
                    "industry": " Software ",
                    "country": "us",
                    "currency": "usd",
                    "region": "",
                }
            ]
        }
    )
    world.build("stg_crm__accounts")
    columns = "account_id, domain, industry, country, currency, region"
    rows = world.query(f"select {columns} from staging.stg_crm__accounts")
    assert rows == [("a1", "acorn.example", "software", "US", "USD", None)]


def test_a_wrong_number_is_cleared_and_the_account_is_kept(make_world):
    world = make_world(
        {"crm.accounts": [{"account_id": "a1", "employees": -4, "founded_year": 2010}]}
    )
    world.build("stg_crm__accounts")
    rows = world.query(
        "select employees, founded_year, reject_reason, cleared_reason"
        " from staging.stg_crm__accounts"
    )
    assert rows == [(None, 2010, None, "employees is negative")]


@pytest.mark.parametrize("missing", ["known_at", "as_of_date"])
def test_a_run_without_a_clock_is_told_what_to_pass(make_world, missing):
    world = make_world()
    select = {"known_at": "stg_crm__accounts", "as_of_date": "int_fx_rates"}[missing]
    outcome = world.dbt("compile", "--select", select, **{missing: ""})
    assert not outcome.success
    message = (outcome.error or "") + "".join(node.message or "" for node in outcome.failed)
    assert f"{missing} is not set. Pass it" in message


def test_an_e_mail_address_as_an_owner_becomes_a_code_for_the_same_person(make_world):
    names = ("Jo@Invented.example", " jo@invented.example", "rep-7", "al@invented.example", None)
    history = {"field": "Owner_Id", "changed_at": "2030-01-01", "value": names[0]}
    label = history | {"field": "name", "value": "we@firm"}
    world = make_world(
        {
            "crm.accounts": [
                {"account_id": str(number), "owner_id": name} for number, name in enumerate(names)
            ],
            "crm.opportunities": [{"opportunity_id": "o", "stage": "x", "owner_id": names[1]}],
            "crm.account_history": [{"account_id": "0"} | history, {"account_id": "0"} | label],
        }
    )
    world.build("stg_crm__accounts", "stg_crm__opportunities", "stg_crm__account_history")
    jo, again, rep, al, none = (
        owner
        for (owner,) in world.query(
            "select owner_id from staging.stg_crm__accounts order by account_id"
        )
    )
    digest = md5(b"jo@invented.example", usedforsecurity=False).hexdigest()
    assert jo == again == f"person-{digest[:16]}"
    assert (rep, none) == ("rep-7", None)
    assert al != jo
    assert "@" not in al
    assert world.query("select owner_id from staging.stg_crm__opportunities") == [(jo,)]
    values = "select field, value from staging.stg_crm__account_history order by 1"
    assert world.query(values) == [("name", "we@firm"), ("owner_id", jo)]
