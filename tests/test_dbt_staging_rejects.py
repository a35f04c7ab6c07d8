"""Support and spend from landed rows to marts, and the account of every row that did not arrive."""

import pytest

LOADED = "2030-06-30 05:00:00"


def _ticket(ticket_id: str, **values: object) -> dict[str, object]:
    return {
        "ticket_id": ticket_id,
        "organization_id": "org1",
        "created_at": "2030-06-01 10:00:00",
        **values,
    }


def _comment(number: int, ticket_id: str, minute: int, role: str, **values: object):
    return {
        "comment_id": f"c{number}",
        "ticket_id": ticket_id,
        "author_role_at_time": role,
        "is_public": True,
        "created_at": f"2030-06-01 10:{minute:02}:00",
        **values,
    }


def _spend(channel: str, amount: float, **values: object) -> dict[str, object]:
    return {
        "spend_date": "2030-05-20",
        "channel": channel,
        "category": "media",
        "amount": amount,
        **values,
    }


@pytest.fixture(scope="module")
def world(make_world):
    built = make_world(
        {
            "crm.accounts": [
                {"account_id": "a1", "domain": "acorn.example"},
                {"account_id": "a0", "merged_into_id": "a1"},
                {"account_id": "gone", "is_deleted": True},
                {"account_id": "odd", "employees": -1},
            ],
            "support.organizations": [{"organization_id": "org1", "crm_account_id": "a0"}],
            "support.tickets": [
                _ticket("answered", solved_at="2030-06-01 11:00:00", satisfaction_score=4),
                _ticket("own_field", first_reply_at="2030-06-01 10:30:00", satisfaction_score=0),
                _ticket("bot_only", first_reply_at="2030-06-01 10:01:00"),
                _ticket("by_mail", organization_id="?", requester_email="Jo@acorn.example"),
                _ticket("stranger", organization_id="?", requester_email="jo@gmail.com"),
                _ticket("merged", merged_into_id="answered"),
                _ticket("backwards", solved_at="2030-05-01 10:00:00"),
            ],
            "support.ticket_comments": [
                _comment(1, "answered", 5, "end_user"),
                _comment(2, "answered", 12, "agent"),
                _comment(3, "bot_only", 1, "agent", is_bot=True),
            ],
            # two ad systems with a campaign 123: whoever is neither cannot say which it means
            "marketing.campaigns": [
                {"campaign_id": "123", "_source": source} for source in ("find", "feed")
            ],
            "crm.opportunities": [
                {"opportunity_id": "o1", "stage": "proposal", "campaign_id": "123"},
                {"opportunity_id": "o2", "stage": "proposal", "campaign_id": "124"},
            ],
            "marketing.spend": [
                _spend("search", 1, campaign_id="123", _source="find"),
                _spend("search", 2, campaign_id="123", _source="feed"),
                _spend("search", 3, campaign_id="123"),
                _spend("search", 10.5),
                _spend("search", 4.5, spend_date="2030-05-02"),
                _spend("fair", 7, category="lunch"),
                _spend("fair", -7),
            ],
        },
        ledger={
            "unparsed_lines": [
                {
                    "load_id": "l",
                    "source": "sample",
                    "entity": "crm.accounts",
                    "file": "crm/accounts.csv",
                    "row_number": 9,
                    "error": "too few columns",
                    "loaded_at": LOADED,
                },
                # of a file that was mended: it says nothing any more
                {
                    "load_id": "k",
                    "source": "sample",
                    "entity": "crm.accounts",
                    "file": "crm/accounts.csv",
                    "row_number": 8,
                    "error": "too few columns",
                    "loaded_at": LOADED,
                    "superseded_at": LOADED,
                },
            ],
            "field_errors": [
                {
                    "load_id": "l",
                    "source": "sample",
                    "entity": "crm.accounts",
                    "file": "crm/accounts.csv",
                    "row_number": row,
                    "column_name": "employees",
                    "rule": "not an integer",
                    "is_required": required,
                    "loaded_at": LOADED,
                    "superseded_at": superseded_at,
                }
                for row, required, superseded_at in (
                    (3, False, None),
                    (4, True, None),
                    (5, False, LOADED),
                    (6, True, LOADED),
                )
            ],
        },
    )
    built.build("+fct_tickets", "+fct_spend_months", "+rejected_rows", "+dim_accounts", tests=True)
    return built


def test_first_reply_and_account_of_a_ticket(world):
    found = world.query(
        "select ticket_id, account_id, first_reply_minutes, resolution_minutes,"
        " public_reply_count, is_csat_positive from marts.fct_tickets order by 1"
    )
    assert found == [
        ("answered", "a1", 12.0, 60.0, 1, True),
        ("bot_only", "a1", None, None, 0, None),
        ("by_mail", "a1", None, None, 0, None),
        ("own_field", "a1", 30.0, None, 0, False),
        ("stranger", None, None, None, 0, None),
    ]


def test_spend_is_summed_per_month_and_category(world):
    found = world.query(
        "select cast(period_month as varchar), channel, campaign_id, source_system, category,"
        " cast(spend as double) from marts.fct_spend_months order by spend"
    )
    assert found == [
        ("2030-05-01", "search", "123", "find", "media", 1.0),
        ("2030-05-01", "search", "123", "feed", "media", 2.0),
        ("2030-05-01", "search", "123", "sample", "media", 3.0),
        ("2030-05-01", "search", None, "sample", "media", 15.0),
    ]


def test_every_row_that_did_not_arrive_is_accounted_for(world):
    found = world.query(
        "select entity, row_key, rule, stage, disposition from marts.rejected_rows order by all"
    )
    assert found == [
        ("crm.accounts", "a0", "merged into another record", "intermediate", "merged"),
        ("crm.accounts", "employees", "not an integer", "landing", "field_cleared"),
        ("crm.accounts", "gone", "deleted at the source", "staging", "deleted"),
        ("crm.accounts", "odd", "employees is negative", "staging", "field_cleared"),
        ("crm.accounts", None, "too few columns", "landing", "rejected"),
        (
            "crm.opportunities",
            "o1",
            "campaign of several sources",
            "intermediate",
            "field_cleared",
        ),
        (
            "marketing.spend",
            "2030-05-20|fair",
            "unknown category",
            "intermediate",
            "rejected",
        ),
        (
            "marketing.spend",
            "2030-05-20|fair|?|media|?",
            "amount is negative",
            "staging",
            "rejected",
        ),
        (
            "marketing.spend",
            "2030-05-20|search",
            "campaign of several sources",
            "intermediate",
            "field_cleared",
        ),
        ("support.tickets", "backwards", "solved_at is before created_at", "staging", "rejected"),
        ("support.tickets", "merged", "merged into another record", "intermediate", "merged"),
    ]
