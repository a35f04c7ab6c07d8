"""The textbook's arithmetic of support, surveys and trials, on raw rows; no SQL is shared.

Each function gives, for one month, the members behind one metric: what is counted, and how much.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from customer_world import LAST, MONTH_ENDS, Rows

Row = dict[str, Any]


def mrr_at(rows: Rows, day: date, product: str | None = None) -> dict[str, float]:
    """Give the MRR of every paying account on a day."""
    items = {row["subscription_id"]: row for row in rows["billing.subscription_items"]}
    amounts: dict[str, float] = defaultdict(float)
    for contract in rows["billing.subscriptions"]:
        item = items[contract["subscription_id"]]
        first = paid_from(contract, item)
        over = contract["ended_at"] is not None and contract["ended_at"] <= day
        wanted = product in (None, contract["product_id"])
        if first is not None and first <= day and not over and wanted:
            amounts["A" + contract["billing_customer_id"][1:]] += item["unit_amount"]
    return dict(amounts)


def paid_from(contract: Row, item: Row) -> date | None:
    """Give the first paid day of a contract; none where it never was paid."""
    if contract["is_trial"]:
        return None
    first = max(item["valid_from"], contract["trial_end"] or contract["started_at"])
    return None if contract["ended_at"] and contract["ended_at"] <= first else first


def tickets(rows: Rows) -> list[Row]:
    """Give the tickets that were not merged, with their first public reply by a human agent."""
    found = []
    for ticket in rows["support.tickets"]:
        replies = [
            comment["created_at"]
            for comment in rows["support.ticket_comments"]
            if comment["ticket_id"] == ticket["ticket_id"]
            and comment["author_role_at_time"] == "agent"
            and comment["is_public"]
            and not comment["is_bot"]
        ]
        if ticket["merged_into_id"] is None:
            account = "A" + ticket["organization_id"][1:]
            found.append(ticket | {"account": account, "replied_at": min(replies, default=None)})
    return found


def _waited(ticket: Row, until: datetime | None) -> float | None:
    """Give minutes waited, none where the fourteen days of follow-up ended before."""
    minutes = (until - ticket["created_at"]).total_seconds() / 60 if until else None
    return minutes if minutes is not None and minutes <= 14 * 1440 else None


def followed_tickets(rows: Rows, month: date) -> Iterator[Row]:
    """Give the tickets whose fourteen days ended within the month, with minutes waited."""
    for ticket in tickets(rows):
        over = ticket["created_at"].date() + timedelta(days=14)
        if month <= over <= MONTH_ENDS[month]:
            yield ticket | {
                "reply": _waited(ticket, ticket["replied_at"]),
                "solved": _waited(ticket, ticket["solved_at"]),
            }


def middle_wait(waits: list[float | None]) -> float | None:
    """Give the median where those who still wait have waited longest; none if it is among them."""
    ordered = sorted(wait if wait is not None else float("inf") for wait in waits)
    n = len(ordered)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return None if middle == float("inf") else middle


def last_answers(rows: Rows, kind: str, month: date, product: str | None = None) -> list[Row]:
    """Give the last answer of every person in the three months that end with `month`."""
    first = date(2030, month.month - 2, 1)
    latest: dict[str, Row] = {}
    for row in sorted(rows["feedback.survey_responses"], key=lambda row: row["submitted_at"]):
        day = row["submitted_at"].date()
        wanted = row["survey_type"] == kind and product in (None, row["product_id"])
        if wanted and first <= day <= MONTH_ENDS[month]:
            latest[row["contact_id"] or row["response_id"]] = row
    return list(latest.values())


def nps_points(score: int) -> int:
    """Give 100 for a promoter, -100 for a detractor: nine and ten, zero to six."""
    if score >= 9:
        return 100
    return -100 if score <= 6 else 0


def account_means(answers: list[Row]) -> dict[str, float]:
    """Give the mean points of the people of every known account."""
    points = defaultdict(list)
    for answer in answers:
        if answer["crm_account_id"]:
            points[answer["crm_account_id"]].append(nps_points(answer["score"]))
    return {account: sum(found) / len(found) for account, found in points.items()}


def over_trials(rows: Rows, month: date, product: str | None = None) -> list[bool]:
    """Say of each account's first trial that was over in the last year whether it was paid."""
    items = {row["subscription_id"]: row for row in rows["billing.subscription_items"]}
    contracts = defaultdict(list)
    for contract in rows["billing.subscriptions"]:
        if product in (None, contract["product_id"]):
            contracts[contract["billing_customer_id"]].append(contract)
    outcomes = []
    for mine in contracts.values():
        paid = [paid_from(contract, items[contract["subscription_id"]]) for contract in mine]
        first_paid = min((day for day in paid if day), default=None)
        trials = [contract for contract in mine if contract["trial_end"]]
        if not trials:
            continue
        first = min(trials, key=lambda contract: contract["started_at"])
        over = first["trial_end"] + timedelta(days=30)
        window = date(month.year - 1, month.month + 1, 1)
        if first_paid and first_paid < first["started_at"]:
            continue
        if window <= over <= min(MONTH_ENDS[month], LAST):
            outcomes.append(first_paid is not None and first_paid <= over)
    return outcomes
