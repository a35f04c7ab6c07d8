"""The rows of every `icp_registry` table that is replaced whole, made from checked models.

Nothing here touches a database; `icp_versions` has its own writer because it is append-only.
"""

from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any

from dagster_project.icp.catalogue import CATALOGUE
from dagster_project.icp.company import Company
from dagster_project.icp.criteria import Condition
from dagster_project.icp.fields import plain_text
from dagster_project.icp.free_mail import FREE_MAIL_DOMAINS
from dagster_project.icp.loading import Definitions, OwnedIcp
from dagster_project.icp.product import Product
from dagster_project.icp.rules_files import product_names
from dagster_project.icp.sources import Sources
from dagster_project.icp.support_hours import WEEKDAYS, minutes_of
from dagster_project.icp.versions import icp_version

Row = tuple[Any, ...]


def company_rows(definitions: Definitions) -> dict[str, list[Row]]:
    """Give the rows that come from `company.yml`, by table."""
    company = definitions.company
    parameters = company.metrics.model_dump() | company.cost_to_serve.model_dump()
    # SQL cannot invert the normal distribution, so the quantile travels beside the level
    level = company.metrics.confidence_level
    parameters["confidence_z"] = NormalDist().inv_cdf((1 + level) / 2)
    domains = {plain_text(name) for name in (*FREE_MAIL_DOMAINS, *company.free_mail_domains)}
    return {
        "company": [
            (
                company.name,
                company.reporting_currency,
                company.fiscal_year_start_month,
                company.time_zone,
                company.customer_level,
            )
        ],
        "metric_parameters": [
            (name, value, None) if isinstance(value, str) else (name, None, float(value))
            for name, value in parameters.items()
            if value is not None
        ],
        "support_week": list(_week_rows(company)),
        "support_holidays": [
            (day,) for day in (company.support_hours.holidays if company.support_hours else ())
        ],
        "segment_schemes": list(_scheme_rows(company)),
        "segment_rules": list(_segment_rows(company)),
        "free_mail_domains": [(domain,) for domain in sorted(domains)],
        "crm_fields": [(field, column) for column, field in company.target_crm_fields.items()],
        "attribute_catalogue": [
            (item.name, item.dimension, item.value_type, item.policy, item.description)
            for item in CATALOGUE.values()
        ],
    }


def _week_rows(company: Company) -> Iterator[Row]:
    for hours in company.support_hours.week if company.support_hours else ():
        for day in hours.days:
            yield (WEEKDAYS[day], minutes_of(hours.opens), minutes_of(hours.closes))


def product_rows(definitions: Definitions) -> dict[str, list[Row]]:
    """Give the rows of products, their plans and personas, by table."""
    products = definitions.products
    personas = [(None, persona) for persona in definitions.portfolio.personas]
    personas += [(item.product_id, persona) for item in products for persona in item.personas]
    return {
        "products": [
            (
                product.product_id,
                product.name,
                product.gross_margin,
                product.value_event,
                product.active_event,
                product.clock_start,
            )
            for product in products
        ],
        "product_aliases": [
            (spelling, product.product_id)
            for product in products
            for spelling in product_names(product)
        ],
        "plan_features": [row for product in products for row in _plan_rows(product)],
        "personas": [
            (item.persona_id, product_id, item.name, item.buying_role, item.required)
            for product_id, item in personas
        ],
    }


def icp_rows(definitions: Definitions) -> dict[str, list[Row]]:
    """Give the rows of the current version of every ICP, by table."""
    tables: dict[str, Callable[[OwnedIcp], Iterator[Row]]] = {
        "icp_criteria": _criterion_rows,
        "icp_criterion_values": _criterion_value_rows,
        "icp_disqualifiers": _disqualifier_rows,
        "icp_disqualifier_values": _disqualifier_value_rows,
        "icp_tiers": _tier_rows,
        "pains": _pain_rows,
        "triggers": _trigger_rows,
    }
    icps = definitions.icps()
    return {name: [row for owned in icps for row in make(owned)] for name, make in tables.items()}


def tolerance_rows(sources: Sources) -> list[Row]:
    """Give one row per source, entity and rule, and two per source that declares freshness."""
    rows: list[Row] = []
    for source in sources.sources:
        for entity_id, entity in source.entities.items():
            rows += [
                (source.name, entity_id, rule, float(threshold), None, "error")
                for rule, threshold in entity.tolerances.model_dump().items()
            ]
        if source.freshness:
            warn, error = source.freshness.warn_after_hours, source.freshness.error_after_hours
            rows.append((source.name, "*", "freshness_hours", warn, None, "warn"))
            rows.append((source.name, "*", "freshness_hours", error, None, "error"))
    return rows


def _scheme_rows(company: Company) -> Iterator[Row]:
    for scheme in company.segment_schemes:
        yield scheme.scheme, scheme.kind, scheme.description, None, None
    for first, second in company.crossed_schemes:
        yield f"{first}_x_{second}", "crossed", f"{first} crossed with {second}", first, second


def _segment_rows(company: Company) -> Iterator[Row]:
    for scheme in company.segment_schemes:
        for order, segment in enumerate(scheme.segments, start=1):
            for value in segment.values or (None,):
                yield (
                    scheme.scheme,
                    segment.segment,
                    segment.label or segment.segment.replace("_", " ").capitalize(),
                    scheme.attribute,
                    segment.operator,
                    value,
                    segment.at_least,
                    segment.below,
                    order,
                )


def _plan_rows(product: Product) -> Iterator[Row]:
    for content in product.plans:
        for feature in content.features or (None,):
            plan = plain_text(content.plan)
            yield product.product_id, plan, feature, content.from_, content.until


def _criterion_rows(owned: OwnedIcp) -> Iterator[Row]:
    version = icp_version(owned)
    for item in owned.icp.criteria:
        yield (
            owned.icp.icp_id,
            version,
            item.criterion_id,
            item.label,
            item.dimension,
            item.attribute,
            item.operator,
            item.at_least,
            item.below,
            item.points,
            item.required,
            item.provenance,
            item.support,
        )


def _disqualifier_rows(owned: OwnedIcp) -> Iterator[Row]:
    version = icp_version(owned)
    for item in owned.icp.disqualifiers:
        yield (
            owned.icp.icp_id,
            version,
            item.disqualifier_id,
            item.label,
            item.attribute,
            item.operator,
            item.at_least,
            item.below,
        )


def _value_rows(owned: OwnedIcp, conditions: dict[str, Condition]) -> Iterator[Row]:
    version = icp_version(owned)
    for condition_id, condition in conditions.items():
        for value in condition.values:
            yield owned.icp.icp_id, version, condition_id, value


def _criterion_value_rows(owned: OwnedIcp) -> Iterator[Row]:
    return _value_rows(owned, {item.criterion_id: item for item in owned.icp.criteria})


def _disqualifier_value_rows(owned: OwnedIcp) -> Iterator[Row]:
    return _value_rows(owned, {item.disqualifier_id: item for item in owned.icp.disqualifiers})


def _tier_rows(owned: OwnedIcp) -> Iterator[Row]:
    version = icp_version(owned)
    for tier, points in owned.icp.tiers.model_dump().items():
        yield owned.icp.icp_id, version, tier, points


def _pain_rows(owned: OwnedIcp) -> Iterator[Row]:
    for item in owned.icp.pains:
        yield owned.product_id, owned.icp.icp_id, item.pain_id, item.pain


def _trigger_rows(owned: OwnedIcp) -> Iterator[Row]:
    for item in owned.icp.triggers:
        yield (
            owned.product_id,
            owned.icp.icp_id,
            item.trigger_id,
            item.signal_type,
            item.description,
            item.window_days,
        )
