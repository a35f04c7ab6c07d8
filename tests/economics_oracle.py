"""What customers cost and are worth, from the definitions of METRICS 3.4 to 3.6, deal by deal.

Nothing here is windowed, cumulated or joined: every number is a sum over deals, customers and
months that are asked one by one. It shares no code and no method with the models.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from statistics import median

from lifelines import KaplanMeierFitter
from revenue_world import Billing, brute_force_mrr

NEEDED = {
    "cac_paid": {"media"},
    "cac_marketing": {"media", "programmes", "tools"},
    "cac_fully_loaded": {"media", "programmes", "tools", "people", "commission", "overhead"},
}
SELLING = {"people", "commission", "overhead"}
LAST = date(2030, 6, 1)
Cell = tuple[str, str, str, str]  # scope, product ('' for the portfolio), scheme, segment


def shift(month: date, count: int) -> date:
    """Give the month start `count` months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> int:
    """Count the months from one month start to another."""
    return (last.year - first.year) * 12 + last.month - first.month


@dataclass
class Economics:
    """The answers of one random world; `margins` are the declared ones."""

    world: Billing
    margins: dict[str, float]
    min_n: int
    window: int = 12
    worked_months: int = 12
    industries: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.industries = {
            row["account_id"]: row["industry"] or "unknown"
            for row in self.world.rows["crm.accounts"]
        }

    def segment(self, account: str | None, scheme: str) -> str:
        """Give the segment of an account, whose attributes never change in this world."""
        return "all" if scheme == "all" else self.industries.get(account or "", "unknown")

    # deals

    def deals(self, scope: str, product: str, *, new: bool) -> list[dict]:
        """Give the deals of a scope that are of type new, or of another type."""
        return [
            deal
            for deal in self.world.rows["crm.opportunities"]
            if (deal["opportunity_type"] == "new") == new
            and (scope == "portfolio" or deal["product_id"] == product)
        ]

    @cached_property
    def first_wins(self) -> dict[tuple[str, str], date]:
        """Give the day on which each customer's first deal of type new was won, by product."""
        days: dict[tuple[str, str], date] = {}
        for deal in self.world.rows["crm.opportunities"]:
            if not (deal["is_won"] and deal["account_id"] and deal["opportunity_type"] == "new"):
                continue
            for product in {"", deal["product_id"] or ""}:
                key = (product, deal["account_id"])
                days[key] = min(days.get(key, deal["close_date"]), deal["close_date"])
        return days

    def is_sought(self, deal: dict, product: str) -> bool:
        """Say whether the deal could win a customer that was not one of the scope before it."""
        won = self.first_wins.get((product, deal["account_id"] or ""))
        return deal["opportunity_type"] == "new" and (won is None or deal["created_at"] <= won)

    def is_worked(self, deal: dict, month: date) -> bool:
        """Say whether somebody worked on the deal in the month."""
        first = deal["created_at"].replace(day=1)
        last = deal["close_date"].replace(day=1) if deal["is_closed"] else LAST
        return first <= month <= last and months_between(first, month) < self.worked_months

    def worked(self, cell: Cell, month: date, *, new: bool = True) -> int:
        """Count the deals worked on in a month to win customers, or with those won before."""
        scope, product, scheme, segment = cell
        return sum(
            self.is_worked(deal, month)
            and self.segment(deal["account_id"], scheme) == segment
            and self.is_sought(deal, product) == new
            for kind in (True, False)
            for deal in self.deals(scope, product, new=kind)
        )

    def worked_as_new(self, scope: str, product: str, month: date) -> int:
        """Count the deals of type new worked on in a month, whoever the customer."""
        return sum(self.is_worked(deal, month) for deal in self.deals(scope, product, new=True))

    @cached_property
    def logos(self) -> dict[tuple[Cell, date], tuple[int, int]]:
        """Count new logos, and those of paid channels, by cell and month."""
        paid = {
            row["channel"]
            for row in self.world.rows["marketing.spend"]
            if row["category"] == "media"
        }
        counts: dict = defaultdict(lambda: [0, 0])
        for scope, product in (("portfolio", ""), ("product", "atlas"), ("product", "beacon")):
            firsts: dict[str, dict] = {}
            for deal in self.deals(scope, product, new=True):
                who = deal["account_id"] or deal["opportunity_id"]
                key = (deal["close_date"], deal["opportunity_id"])
                if deal["is_won"] and (
                    who not in firsts
                    or key < (firsts[who]["close_date"], firsts[who]["opportunity_id"])
                ):
                    firsts[who] = deal
            for deal in firsts.values():
                for scheme in ("all", "industry"):
                    cell = (scope, product, scheme, self.segment(deal["account_id"], scheme))
                    count = counts[cell, deal["close_date"].replace(day=1)]
                    count[0] += 1
                    count[1] += deal["lead_source"] in paid
        return {key: (count[0], count[1]) for key, count in counts.items()}

    def lag(self, cell: Cell, period: date) -> int:
        """Give the lag of a cell in months, with its fallbacks."""
        scope, product, _, _ = cell
        for asked, least in (
            (cell, self.min_n),
            ((scope, product, "all", "all"), self.min_n),
            (("portfolio", "", "all", "all"), 1),
        ):
            days = [
                (deal["close_date"] - deal["created_at"]).days
                for deal in self.deals(asked[0], asked[1], new=True)
                if deal["is_won"]
                and self.segment(deal["account_id"], asked[2]) == asked[3]
                and 0 <= months_between(deal["close_date"].replace(day=1), period) < self.window
            ]
            if len(days) >= least:
                return round(median(days) / 30.4375)
        return 0

    # spend

    @cached_property
    def spend(self) -> dict[tuple[Cell, date, str], float]:
        """Charge every amount to the segments of every scheme, month by month."""
        charged: dict = defaultdict(float)
        for row in self.world.rows["marketing.spend"]:
            month = row["spend_date"].replace(day=1)
            for scope, product, share, effort in self._scopes(row, month):
                for scheme in ("all", "industry"):
                    cell = (scope, product, scheme, "existing_customers")
                    charged[cell, month, row["category"]] += row["amount"] * effort
                    for segment, part in self._segments(row, scope, product, scheme, month).items():
                        cell = (scope, product, scheme, segment)
                        charged[cell, month, row["category"]] += row["amount"] * share * part
        return {key: amount for key, amount in charged.items() if amount > 1e-9}

    def _scopes(self, row: dict, month: date) -> list[tuple[str, str, float, float]]:
        """Give (scope, product, share for new customers, share for existing ones)."""
        selling = row["category"] in SELLING
        total = ("portfolio", "", "all", "all")
        new, other = self.worked(total, month), self.worked(total, month, new=False) * selling
        found = []
        whole = new + other
        found.append(("portfolio", "", *((new / whole, other / whole) if whole else (1.0, 0.0))))
        for product in ("atlas", "beacon"):
            cell = ("product", product, "all", "all")
            mine = self.worked(cell, month)
            others = self.worked(cell, month, new=False) * selling
            effort = mine + others
            share = float(row["product_id"] == product)
            if row["product_id"] is None and selling:
                share = effort / (whole or 1)
            elif row["product_id"] is None:
                everything = self.worked_as_new("portfolio", "", month)
                share = self.worked_as_new("product", product, month) / (everything or 1)
            for_new = mine / effort if effort else 1.0
            found.append(("product", product, share * for_new, share * (1 - for_new)))
        return found

    def _segments(self, row: dict, scope: str, product: str, scheme: str, month: date) -> dict:
        if scheme == "all":
            return {"all": 1.0}
        if row["campaign_id"] == "C1":
            return {"retail": 1.0}
        counts = {
            segment: self.worked((scope, product, scheme, segment), month)
            for segment in ("software", "retail", "unknown")
        }
        total = sum(counts.values())
        if not total:
            return {"unallocated": 1.0}
        return {segment: count / total for segment, count in counts.items() if count}

    def cac(self, cell: Cell, period: date, definition: str, lag: int) -> tuple[float, int]:
        """Give spend and new logos of the window's months for which spend is recorded."""
        first = min(row["spend_date"] for row in self.world.rows["marketing.spend"]).replace(day=1)
        spend, logos = 0.0, 0
        for back in range(self.window):
            month = shift(period, -back)
            if shift(month, -lag) < first:
                continue
            for category in NEEDED[definition]:
                spend += self.spend.get((cell, shift(month, -lag), category), 0.0)
            logos += self.logos.get((cell, month), (0, 0))[definition == "cac_paid"]
        return spend, logos

    # revenue

    @cached_property
    def paid(self) -> dict[tuple[str, str, str], dict[date, tuple[float, float]]]:
        """Give (MRR, gross profit) of every payer of a scope, by month."""
        found: dict = defaultdict(dict)
        for (customer, product), months in brute_force_mrr(self.world).items():
            for month, amount in months.items():
                if amount > 0 and month <= LAST:
                    money = float(amount), float(amount) * self.margins[product]
                    found["product", product, customer][month] = money
                    before = found["portfolio", "", customer].get(month, (0.0, 0.0))
                    found["portfolio", "", customer][month] = (
                        before[0] + money[0],
                        before[1] + money[1],
                    )
        return dict(found)

    def payers(self, cell: Cell) -> list[dict[date, tuple[float, float]]]:
        """Give the months of everybody whose first paid month was in the cell."""
        scope, product, scheme, segment = cell
        return [
            months
            for (its_scope, its_product, customer), months in self.paid.items()
            if (its_scope, its_product) == (scope, product)
            and self.segment(customer, scheme) == segment
        ]

    def ltv(self, cell: Cell, period: date, churn_months: int) -> tuple[float, float, int]:
        """Give gross profit, MRR and customers lost of the months before the period."""
        profit, mrr, lost = 0.0, 0.0, 0
        for back in range(1, churn_months + 1):
            month = shift(period, -back)
            for months in self.payers(cell):
                opening = months.get(shift(month, -1))
                if opening:
                    mrr += opening[0]
                    profit += opening[1]
                    lost += month not in months
        return profit, mrr, lost

    def payback_curve(
        self, cell: Cell, period: date, cost_of: Callable[[date], float | None]
    ) -> KaplanMeierFitter | None:
        """Follow each new customer of the window until it has brought what one had cost."""
        durations, events = [], []
        for months in self.payers(cell):
            first = min(months)
            cost = cost_of(first)
            if cost is None or not 0 <= months_between(first, period) < self.window:
                continue
            followed = months_between(first, LAST) + 1
            total, reached = 0.0, None
            for count in range(1, followed + 1):
                total += months.get(shift(first, count - 1), (0.0, 0.0))[1]
                if total >= cost - 1e-6:
                    reached = count
                    break
            durations.append(reached or followed)
            events.append(reached is not None)
        if not durations:
            return None
        return KaplanMeierFitter().fit(durations, events)

    # support

    def support_minutes(self, touch: float, months: int = 12) -> dict[str, float]:
        """Give the minutes spent on every customer in the last months, an answer being a touch."""
        replies: dict[str, int] = defaultdict(int)
        for comment in self.world.rows["support.ticket_comments"]:
            replies[comment["ticket_id"]] += 1
        minutes: dict[str, float] = defaultdict(float)
        for ticket in self.world.rows["support.tickets"]:
            opened = date.fromisoformat(ticket["created_at"][:10]).replace(day=1)
            if 0 <= months_between(opened, LAST) < months:
                touches = max(replies[ticket["ticket_id"]], 1) * touch
                spent = ticket["handle_minutes"]
                minutes[ticket["organization_id"][2:]] += touches if spent is None else spent
        return minutes
