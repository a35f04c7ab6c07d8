"""Accounts, their merges and hierarchy, and what links records of other systems to them."""

import pytest

IDENTITY = "+int_account_identity"


def _account(account_id: str, **values: object) -> dict[str, object]:
    return {"account_id": account_id, "name": f"{account_id} Example", **values}


def _matches(world, system: str) -> dict[str, tuple[str | None, str]]:
    rows = world.query(
        "select source_key, account_id, match_method from intermediate.int_account_identity"
        f" where linked_system = '{system}'"
    )
    return {key: (account, method) for key, account, method in rows}


MERGES = [
    _account("a1"),
    _account("a2", merged_into_id="a1"),
    # a CRM deletes the loser of a merge
    _account("a3", merged_into_id="a2", is_deleted=True),
    _account("lost", merged_into_id="nowhere"),
    _account("self", merged_into_id="self"),
    _account("deleted", is_deleted=True),
    _account("c1", merged_into_id="c2"),
    _account("c2", merged_into_id="c3"),
    _account("c3", merged_into_id="c1"),
    _account("tail", merged_into_id="c2"),
]
OWNERS = [
    _account("top"),
    _account("old_top", merged_into_id="top"),
    _account("middle", parent_account_id="old_top"),
    _account("leaf", parent_account_id="middle"),
    _account("alone", parent_account_id="unknown"),
    _account("x1", parent_account_id="x2"),
    _account("x2", parent_account_id="x1"),
]
DOMAINS = [
    _account("d1", domain="acorn.example"),
    _account("d2", domain="birch.example"),
    _account("d2_old", merged_into_id="d2"),
    _account("g1", domain="gmail.com"),
    _account("s1", domain="shared.example"),
    _account("s2", domain="shared.example"),
]
TWICE = [_account("twice"), _account("twice", _source="second_crm")]
ORGANIZATIONS = [
    # all four say something: the person's link wins
    {"organization_id": "d1", "crm_account_id": "d1", "domain": "acorn.example"},
    {"organization_id": "stored", "crm_account_id": "d2_old"},
    {"organization_id": "d2", "crm_account_id": "unknown"},
    {"organization_id": "by_domain", "domain": "www.Acorn.example"},
    {"organization_id": "free_mail", "domain": "gmail.com"},
    {"organization_id": "shared", "domain": "shared.example"},
    {"organization_id": "nothing"},
    {"organization_id": "disputed"},
]
LINKS = [
    {"linked_system": "support", "linked_key": "d1", "account_id": "d2_old"},
    {"linked_system": "support", "linked_key": "disputed", "account_id": "d1"},
    {
        "linked_system": "support",
        "linked_key": "disputed",
        "account_id": "d2",
        "_source": "second_list",
    },
]


def _rate(day: str, from_currency: str, to_currency: str, value: float) -> dict[str, object]:
    return {
        "rate_date": day,
        "from_currency": from_currency,
        "to_currency": to_currency,
        "rate": value,
    }


@pytest.fixture(scope="module")
def world(make_world):
    """One company with every kind of merge, owner and link, built once."""
    built = make_world(
        {
            "crm.accounts": [*MERGES, *OWNERS, *DOMAINS, *TWICE],
            "support.organizations": ORGANIZATIONS,
            "identity.account_links": LINKS,
            "billing.subscriptions": [
                {
                    "subscription_id": f"sub-{customer}",
                    "billing_customer_id": customer,
                    "started_at": "2030-01-01",
                }
                for customer in ("a1", "orphan")
            ],
            "finance.fx_rates": [
                _rate("2030-05-01", "EUR", "USD", 1.1),
                _rate("2030-06-01", "EUR", "USD", 1.2),
                _rate("2030-07-15", "EUR", "USD", 9),  # after the as-of date
                _rate("2030-06-01", "USD", "GBP", 0.8),
                _rate("2030-06-01", "CHF", "EUR", 1),  # says nothing about the dollar
            ],
        }
    )
    built.build(IDENTITY, "+int_identity_rejected_rows", tests=True)
    return built


def test_chains_of_merges_end_at_the_survivor(world):
    found = _matches(world, "crm")
    assert {key: found.get(key) for key in ("a1", "a2", "a3", "lost", "self", "deleted")} == {
        "a1": ("a1", "same_record"),
        "a2": ("a1", "merged"),
        "a3": ("a1", "merged"),
        "lost": ("lost", "same_record"),
        "self": ("self", "same_record"),
        "deleted": None,
    }


def test_only_survivors_are_accounts(world):
    rows = world.query("select account_id from intermediate.int_accounts")
    accounts = {account for (account,) in rows}
    assert {"a1", "lost", "self"} <= accounts
    assert not accounts & {"a2", "a3", "deleted", "old_top", "c2", "c3"}


def test_accounts_merged_in_a_circle_have_one_survivor(world):
    found = _matches(world, "crm")
    assert {found[key][0] for key in ("c1", "c2", "c3", "tail")} == {"c1"}


def test_hierarchy_ends_at_the_top_through_merges_and_circles(world):
    found = world.query(
        "select account_id, parent_account_id, ultimate_parent_id"
        " from intermediate.int_account_hierarchy"
        " where account_id in ('top', 'middle', 'leaf', 'alone', 'x1', 'x2') order by 1"
    )
    assert found == [
        ("alone", None, "alone"),
        ("leaf", "middle", "top"),
        ("middle", "top", "top"),
        ("top", None, "top"),
        ("x1", None, "x1"),
        ("x2", "x1", "x1"),
    ]


def test_links_are_tried_from_the_surest_to_the_least_sure(world):
    assert _matches(world, "support") == {
        "d1": ("d2", "explicit_link"),
        "stored": ("d2", "stored_crm_id"),
        "d2": ("d2", "key_is_crm_id"),
        "by_domain": ("d1", "domain"),
        "free_mail": (None, "unmatched"),
        "shared": (None, "unmatched"),
        "nothing": (None, "unmatched"),
        "disputed": (None, "unmatched"),
    }


def test_a_key_that_only_other_records_mention_counts_where_it_leads_somewhere(world):
    assert _matches(world, "billing") == {"a1": ("a1", "key_is_crm_id")}


def test_an_id_that_two_crms_use_is_taken_from_one_of_them_and_counted(world):
    accounts = "select source_system from intermediate.int_accounts where account_id = 'twice'"
    assert world.query(accounts) == [("sample",)]
    rejected = world.query(
        "select source_system, rule, disposition from intermediate.int_identity_rejected_rows"
        " where row_key = 'twice'"
    )
    assert rejected == [("second_crm", "account_id is also used by another CRM source", "rejected")]


def test_merged_records_are_counted(world):
    rejected = world.query(
        "select row_key from intermediate.int_identity_rejected_rows"
        " where disposition = 'merged' order by 1"
    )
    # a3 is counted as deleted, which it is too
    assert [key for (key,) in rejected] == ["a2", "c2", "c3", "d2_old", "old_top", "tail"]


def test_rates_are_the_latest_known_and_may_be_quoted_either_way(world):
    sql = "select currency, rate_to_reporting from intermediate.int_fx_rates"
    assert dict(world.query(sql)) == {"USD": 1.0, "EUR": 1.2, "GBP": 1.25}


@pytest.mark.parametrize(
    ("level", "customers"),
    [
        ("account", {"top": "top", "leaf": "leaf"}),
        ("ultimate_parent", {"top": "top", "leaf": "top"}),
    ],
)
def test_customer_is_the_level_that_the_company_declares(make_world, level, customers):
    company = {
        "company_name": "Example",
        "reporting_currency": "USD",
        "fiscal_year_start_month": 1,
        "time_zone": "UTC",
        "customer_level": level,
    }
    world = make_world(
        {"crm.accounts": [_account("top"), _account("leaf", parent_account_id="top")]},
        {"company": [company]},
    )
    world.build(IDENTITY)
    sql = "select source_key, customer_id from intermediate.int_account_identity"
    assert dict(world.query(sql)) == customers


def test_dbt_unit_tests_of_identity_and_usage_pass(world):
    models = [
        "int_account_identity",
        "int_account_value_attributes",
        "int_spend_checks",
        "int_ticket_replies",
        "int_usage_excluded_users",
        "int_account_segments",
    ]
    world.build(*(f"+{model}" for model in models))  # their inputs must exist
    units = (f"{model},test_type:unit" for model in models)
    outcome = world.dbt("test", "--exclude", "tag:boundary", "--select", *units)
    assert [node.name for node in outcome.failed] == []
    assert len(outcome.results) == len(models)
