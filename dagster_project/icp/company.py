"""The typed model of `company.yml`: the company's conventions and how it cuts its market."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.icp.criteria import ListedValue, Operator
from dagster_project.icp.fields import AsOf, Currency, Definition, Share, Slug, Text, TimeZone
from dagster_project.icp.fields import plain_text as _plain
from dagster_project.icp.support_hours import SupportHours

CRM_COLUMNS = ("icp_score", "icp_tier", "icp_product", "icp_reasons", "icp_version")
DesiredColumn = Literal["icp_score", "icp_tier", "icp_product", "icp_reasons", "icp_version"]


class Metrics(Definition):
    """Parameters of the metrics. Each has a default; a window is part of its metric's name."""

    churn_date: Literal["service_period_end", "cancelled_at", "cancel_scheduled_at"] = (
        "service_period_end"
    )
    past_due_days: Annotated[int, Field(ge=0, le=90, description="Past-due MRR counts so long")] = (
        90
    )
    trials: Annotated[
        Literal["excluded", "included"],
        Field(description="Whether a trial earns its price before it ends"),
    ] = "excluded"
    discounts: Annotated[
        Literal["subtracted", "ignored"],
        Field(description="Whether MRR is after an item's discounts or at list price"),
    ] = "subtracted"
    usage_items: Annotated[
        Literal["excluded", "committed", "included"],
        Field(description="Which usage-based items are MRR; committed: those with a fixed minimum"),
    ] = "committed"
    fx_rule: Annotated[
        Literal["latest", "fiscal_year_start"],
        Field(description="Whose rates convert all history: the as-of date's, or the year's first"),
    ] = "latest"
    waterfall_rates: Annotated[
        Literal["constant", "period"],
        Field(description="The MRR waterfall at one rate, or at each month's with FX in a column"),
    ] = "constant"
    kpi_months: Annotated[int, Field(ge=1, description="Months that segment_kpis reports")] = 24
    retention_window_months: Annotated[int, Field(ge=1, le=36)] = 12
    win_rate_window_months: Annotated[int, Field(ge=1, le=36)] = 12
    cac_lag_months: Annotated[
        int | None,
        Field(ge=0, le=24, description="Spend before wins; empty: the segment's median won cycle"),
    ] = None
    deal_worked_months: Annotated[
        int, Field(ge=1, le=36, description="Longest that one deal draws spend to its segment")
    ] = 12
    ltv_churn_months: Annotated[
        int, Field(ge=1, le=36, description="Months of churn in ltv_simple, this month left out")
    ] = 6
    early_churn_days: Annotated[
        int, Field(ge=1, description="Days from the first paid one within which churn is early")
    ] = 90
    silence_days: Annotated[
        int, Field(ge=1, description="Days in a row without an active event that end engagement")
    ] = 30
    bridge_months: Annotated[
        int, Field(ge=1, description="Newest complete months that metric_bridge explains")
    ] = 3
    ltv_period_months: Annotated[
        int, Field(ge=1, le=12, description="Period of ltv_sbg: 12 where contracts are annual")
    ] = 1
    ltv_horizon_months: Annotated[
        int, Field(ge=1, le=120, description="Future that ltv_sbg looks into")
    ] = 36
    ltv_discount_rate: Annotated[
        float, Field(ge=0, lt=1, description="Of future profit in ltv_sbg, a year")
    ] = 0.1
    value_scheme: Annotated[
        Slug, Field(description="Scheme whose churn and cost account_value takes; all: everybody's")
    ] = "all"
    cost_to_serve_months: Annotated[
        int, Field(ge=1, le=36, description="Months that gm_to_serve looks back")
    ] = 12
    time_to_value_days: Annotated[int, Field(ge=1)] = 90
    curve_window_months: Annotated[
        int, Field(ge=1, le=120, description="Curves follow whoever started in so many months")
    ] = 24
    curve_months: Annotated[
        int, Field(ge=1, description="Months whose curves are measured; work grows with it")
    ] = 6
    curve_horizon_days: Annotated[
        int, Field(ge=365, description="Curves are drawn to this day after the start")
    ] = 365
    min_n: Annotated[int, Field(ge=1, description="Below this n a number is not reliable")] = 30
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    csat_positive_from: Annotated[float, Field(description="Lowest satisfied score")] = 4
    first_reply_target_minutes: Annotated[
        int, Field(ge=1, description="A first reply within so many minutes is in time")
    ] = 480
    ticket_follow_up_days: Annotated[
        int, Field(ge=1, le=90, description="Every ticket is followed so long before it counts")
    ] = 14
    survey_window_months: Annotated[
        int, Field(ge=1, le=12, description="The last answer of a person in so many months counts")
    ] = 3
    activation_days: Annotated[
        int, Field(ge=1, description="A customer is activated by this day after its start, or not")
    ] = 30
    activation_value_days: Annotated[
        int, Field(ge=1, description="Value events on so many days are activation")
    ] = 2
    feature_min_uses: Annotated[
        int, Field(ge=1, description="A feature is adopted by so many uses in 28 days")
    ] = 3
    trial_conversion_days: Annotated[
        int, Field(ge=0, le=180, description="A trial may be paid until so long after its end")
    ] = 30
    restatement_tolerance: Annotated[
        float, Field(ge=0, description="Largest relative change that is no restatement")
    ] = 0.001
    restatement_fx_tolerance: Annotated[
        float, Field(ge=0, description="The same, where an exchange rate explains the change")
    ] = 0.01


class CostToServe(Definition):
    """What serving a customer costs. What is not declared is unknown, never nothing."""

    hosting_share: Annotated[Share | None, Field(description="Of MRR")] = None
    customer_success_share: Annotated[Share | None, Field(description="Of MRR")] = None
    payment_fee_share: Annotated[Share | None, Field(description="Of MRR")] = None
    support_cost_per_hour: Annotated[
        float | None, Field(ge=0, description="Loaded rate, in the reporting currency")
    ] = None
    support_minutes_per_touch: Annotated[
        float | None,
        Field(ge=0, description="Per agent reply, for tickets whose handle_minutes are not known"),
    ] = None


class Segment(Definition):
    """One segment: the listed values, a half-open range, or all known values left over."""

    segment: Slug
    label: Text | None = None
    in_: Annotated[tuple[ListedValue, ...] | None, Field(alias="in", min_length=1)] = None
    at_least: Annotated[float | None, Field(description="Lower bound, included")] = None
    below: Annotated[float | None, Field(description="Upper bound, excluded")] = None
    otherwise: Annotated[bool, Field(description="Every known value not taken above")] = False

    @property
    def operator(self) -> Operator:
        """Name the operator as `icp_registry.segment_rules` stores it."""
        if self.otherwise:
            return "otherwise"
        return "in" if self.in_ is not None else "between"

    @property
    def values(self) -> tuple[str, ...]:
        """Give the listed values as SQL compares them, sorted, each once."""
        return tuple(sorted({_plain(value) for value in self.in_ or ()}))


class SegmentScheme(Definition):
    """One way to cut accounts into segments. `unknown` is added to each by itself."""

    scheme: Slug
    kind: Literal["firmographic", "technographic", "behavioural", "value"]
    attribute: Text
    description: Text | None = None
    segments: Annotated[tuple[Segment, ...], Field(min_length=1)]


class Company(Definition):
    """The company whose customers are studied: one per deployment."""

    name: Text
    reporting_currency: Currency
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    time_zone: Annotated[
        TimeZone,
        Field(
            description="Whose days and months the marts count; also of times without a zone,"
            " where their source declares none"
        ),
    ] = "UTC"
    customer_level: Literal["account", "ultimate_parent"] = "account"
    as_of: AsOf = "latest_data"
    metrics: Metrics = Metrics()
    cost_to_serve: CostToServe = CostToServe()
    support_hours: Annotated[
        SupportHours | None, Field(description="Without them nothing is measured in open hours")
    ] = None
    segment_schemes: Annotated[tuple[SegmentScheme, ...], Field(min_length=1)]
    crossed_schemes: tuple[Annotated[tuple[Slug, ...], Field(min_length=2, max_length=2)], ...] = ()
    free_mail_domains: Annotated[
        tuple[Text, ...], Field(description="Added to the built-in list")
    ] = ()
    crm_fields: Annotated[
        dict[DesiredColumn, Text],
        Field(description="Our column: the CRM field that receives it"),
    ] = {}

    @property
    def target_crm_fields(self) -> dict[str, str]:
        """Give the CRM field of each of our columns: those renamed, then the defaults."""
        return {name: self.crm_fields.get(name, name) for name in CRM_COLUMNS}
