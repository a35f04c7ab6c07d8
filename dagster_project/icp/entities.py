"""The canonical entities: what each raw table holds, whatever system it came from.

This is the contract between landing and dbt. Mappings to it are the user's, in `icp/sources.yml`.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "integer", "number", "boolean", "date", "timestamp"]

#: Written by landing on every raw table, beside the entity's own columns.
META_COLUMNS: dict[str, str] = {
    "_source": "text",  # the source instance, as named in sources.yml
    "_file": "text",  # path relative to the sources folder
    "_row": "integer",  # 1-based data row inside the file
    "_load_id": "text",
    "_loaded_at": "timestamp",
    "_row_hash": "text",  # over the entity's own columns
    "_superseded_at": "timestamp",  # null while the row is current
    "_superseded_reason": "text",  # changed | deleted
    "_parse_errors": "text",  # 'column: rule' pairs, ';'-separated; null when every field parsed
}


@dataclass(frozen=True)
class Column:
    """One column of an entity. `personal` values are masked wherever a rejected row is kept."""

    name: str
    type: ColumnType = "text"
    required: bool = False
    personal: bool = False


@dataclass(frozen=True)
class Entity:
    """One kind of record. `key` identifies a record inside one source.

    `occurred` names the column that says when something happened: the latest of them, over all
    entities and never in the future, is the `latest_data` as-of date.
    """

    system: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: str | None = None
    occurred: str | None = None

    @property
    def happens_on_days(self) -> bool:
        """Whether `occurred` is a date, without a time."""
        return any(each.name == self.occurred and each.type == "date" for each in self.columns)

    @property
    def raw_schema(self) -> str:
        """Give the schema that landing writes to."""
        return f"raw_{self.system}"

    @property
    def raw_table(self) -> str:
        """Give the table that landing writes, with its schema."""
        return f"raw_{self.system}.{self.name}"

    @property
    def id(self) -> str:
        """Give the qualified name, e.g. `crm.accounts`."""
        return f"{self.system}.{self.name}"


_TYPES: dict[str, ColumnType] = {
    "i": "integer",
    "n": "number",
    "b": "boolean",
    "d": "date",
    "t": "timestamp",
    "s": "text",
}


def _columns(spec: str) -> tuple[Column, ...]:
    """Read `name:type!*`: type letter (text when absent), `!` required, `*` personal."""
    columns = []
    for word in spec.split():
        name, _, rest = word.partition(":")
        flags = rest if rest else name[len(name.rstrip("!*")) :]
        name = name.rstrip("!*")
        letter = rest.rstrip("!*")
        columns.append(Column(name, _TYPES[letter or "s"], "!" in flags, "*" in flags))
    # every source may say that a record was soft-deleted
    return (*columns, Column("is_deleted", "boolean"))


def _entity(
    qualified: str,
    spec: str,
    key: str,
    order: str | None = None,
    occurred: str | None = None,
) -> Entity:
    system, name = qualified.split(".")
    return Entity(system, name, _columns(spec), tuple(key.split()), order, occurred)


_ALL = (
    _entity(
        "crm.accounts",
        "account_id! name domain parent_account_id industry sub_industry employees:i"
        " annual_revenue:n currency country region founded_year:i growth_stage business_model"
        " owner_id account_type merged_into_id created_at:t updated_at:t"
        " icp_score:n icp_tier icp_reasons icp_version icp_product",
        key="account_id",
        order="updated_at",
        occurred="created_at",
    ),
    _entity(
        "crm.account_history",
        "account_id! field! value changed_at:t! known_at:t",
        key="account_id field changed_at",
        order="known_at",
    ),
    _entity(
        "crm.contacts",
        "contact_id! account_id full_name* email* title seniority function buying_role"
        " merged_into_id created_at:t updated_at:t",
        key="contact_id",
        order="updated_at",
    ),
    _entity(
        "crm.leads",
        "lead_id! email* company source status created_at:t mql_at:t sql_at:t converted_at:t"
        " converted_account_id converted_opportunity_id updated_at:t",
        key="lead_id",
        order="updated_at",
        occurred="created_at",
    ),
    _entity(
        "crm.opportunities",
        "opportunity_id! account_id name product_id opportunity_type amount:n currency stage!"
        " is_closed:b is_won:b created_at:t close_date:d loss_reason competitor lead_source"
        " campaign_id owner_id merged_into_id updated_at:t",
        key="opportunity_id",
        order="updated_at",
        occurred="created_at",
    ),
    _entity(
        "crm.opportunity_stage_history",
        "opportunity_id! stage! entered_at:t! amount:n close_date_forecast:d",
        key="opportunity_id stage entered_at",
    ),
    _entity(
        "crm.opportunity_contact_roles",
        "opportunity_id! contact_id! role is_primary:b",
        key="opportunity_id contact_id",
    ),
    _entity(
        "crm.opportunity_accounts",
        "opportunity_id! account_id! is_primary:b",
        key="opportunity_id account_id",
    ),
    _entity(
        "marketing.campaigns",
        "campaign_id! name channel campaign_type starts_on:d ends_on:d budgeted_cost:n"
        " actual_cost:n currency target_segment_scheme target_segment",
        key="campaign_id",
    ),
    _entity(
        "marketing.spend",
        "spend_date:d! channel! campaign_id category! amount:n! currency product_id",
        key="spend_date channel campaign_id category product_id",
        occurred="spend_date",
    ),
    _entity(
        "product.workspaces",
        "workspace_id! crm_account_id name domain product_id plan seats:i created_at:t"
        " updated_at:t",
        key="workspace_id",
        order="updated_at",
    ),
    _entity(
        "product.users",
        "user_id! workspace_id email* role is_internal:b created_at:t",
        key="user_id",
    ),
    _entity(
        "support.organizations",
        "organization_id! crm_account_id name domain updated_at:t",
        key="organization_id",
        order="updated_at",
    ),
    _entity(
        "support.tickets",
        "ticket_id! organization_id! requester_email* product_id subject* status priority channel"
        " category created_at:t! first_reply_at:t solved_at:t satisfaction_score:n"
        " handle_minutes:n merged_into_id updated_at:t",
        key="ticket_id",
        order="updated_at",
        occurred="created_at",
    ),
    _entity(
        "support.ticket_comments",
        "comment_id! ticket_id! author_role_at_time is_public:b is_bot:b created_at:t!",
        key="comment_id",
    ),
    _entity(
        "billing.customers",
        "billing_customer_id! crm_account_id name domain currency created_at:t updated_at:t",
        key="billing_customer_id",
        order="updated_at",
    ),
    _entity(
        "billing.subscriptions",
        "subscription_id! billing_customer_id! product_id plan status currency started_at:d!"
        " ended_at:d cancel_scheduled_at:d cancelled_at:d trial_start:d trial_end:d is_trial:b"
        " updated_at:t",
        key="subscription_id",
        order="updated_at",
        occurred="started_at",
    ),
    _entity(
        "billing.subscription_items",
        "subscription_item_id! subscription_id! product_id quantity:n unit_amount:n!"
        " discount_percent:n discount_amount:n currency billing_interval interval_count:i"
        " is_recurring:b is_usage_based:b is_committed:b valid_from:d! valid_to:d",
        key="subscription_item_id",
    ),
    _entity(
        "billing.subscription_status_history",
        "subscription_id! status! valid_from:d! valid_to:d",
        key="subscription_id valid_from",
    ),
    _entity(
        "billing.invoices",
        "invoice_id! billing_customer_id! subscription_id amount:n! currency issued_on:d!"
        " paid_on:d status period_start:d period_end:d",
        key="invoice_id",
        occurred="issued_on",
    ),
    _entity(
        "feedback.survey_responses",
        "response_id! crm_account_id contact_id* survey_type! score:n text* product_id"
        " submitted_at:t!",
        key="response_id",
        occurred="submitted_at",
    ),
    _entity(
        "external.signals",
        "signal_id! crm_account_id domain signal_type! value observed_at:t! origin confidence:n",
        key="signal_id",
        occurred="observed_at",
    ),
    _entity(
        "external.technologies",
        "crm_account_id domain technology! role first_seen_at:t last_seen_at:t origin",
        key="crm_account_id domain technology",
    ),
    _entity(
        "finance.fx_rates",
        "rate_date:d! from_currency! to_currency! rate:n!",
        key="rate_date from_currency to_currency",
    ),
    _entity(
        "identity.account_links",
        "linked_system! linked_key! account_id!",
        key="linked_system linked_key",
    ),
)

#: Product events are not a raw table of rows but a date-partitioned lake, read in place.
EVENTS = _entity(
    "product.events",
    "event_id! account_key! user_id event_name! feature product_id occurred_at:t! received_at:t"
    " event_count:i",
    key="event_id",
    order="received_at",
    occurred="occurred_at",
)

ENTITIES: dict[str, Entity] = {entity.id: entity for entity in (*_ALL, EVENTS)}
