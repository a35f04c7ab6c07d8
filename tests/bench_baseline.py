"""One hand-written DuckDB script that computes five heavy tables of a full build, to compare with.

It is written for DuckDB and for the sample company alone: one product source, no source mapping,
no increments, no contracts. Each table must come out equal to the pipeline's, or the comparison of
seconds means nothing.
"""

import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project.landing.sql_text import literal
from dagster_project.resources.settings import Settings

BOUND = 2.5
LATE_DAYS = 7
#: Table of the baseline -> its relation in the warehouse, and the models that make up its work.
TABLES = {
    "int_usage_user_days": ("intermediate.int_usage_user_days", ["int_usage_user_days"]),
    "fct_usage_days": ("marts.fct_usage_days", ["fct_usage_days"]),
    "int_usage_rejected_events": (
        "intermediate.int_usage_rejected_events",
        ["int_usage_rejected_events"],
    ),
    "icp_matches": ("marts.icp_matches", ["icp_matches", "int_icp_condition_results"]),
    "cohort_retention": ("marts.cohort_retention", ["cohort_retention"]),
}

LOOKUPS = """
create temp table excluded as
    select user_id, rule from warehouse.intermediate.int_usage_excluded_users;
create temp table workspaces as
    select workspace_id, product_id as workspace_product
    from warehouse.intermediate.int_workspace_products;
create temp table aliases as
    select product_key, product_id as resolved, value_event, active_event
    from warehouse.intermediate.int_product_aliases
    join warehouse.icp_registry.products using (product_id);
create temp table keys as
    select account_key, account_id, customer_id, exists_from
    from warehouse.intermediate.int_usage_identity;
create temp macro reason(event_id, account_key, event_name, occurred_at, event_count, dt) as case
    when event_id is null then 'event_id is missing or unreadable'
    when account_key is null then 'account_key is missing or unreadable'
    when event_name is null then 'event_name is missing or unreadable'
    when occurred_at is null then 'occurred_at is missing or unreadable'
    when event_count < 0 then 'event_count is negative'
    when occurred_at::date > dt + 1 then 'occurred_at is in the future'
    when occurred_at::date < dt - {late} then 'received after the late-arrival window'
end;
create temp table criteria as
    select criteria.*, coalesce(criterion_label, criterion_id) as label,
        row_number() over () as criterion_key
    from warehouse.icp_registry.icp_criteria as criteria
    semi join (from warehouse.icp_registry.icp_versions where is_current)
        using (icp_id, icp_version);
create temp view events as
    select *, reason(event_id, account_key, event_name, occurred_at, event_count, dt) as reject
    from read_parquet('{lake}', filename = true, hive_types = {{'dt': date}});
"""

EMPTY = "create table {table} as from warehouse.{relation} limit 0"

# a month at a time: its groups fit in memory, and 50M groups at once would go to disk
USER_DAYS = """
create or replace temp table accepted as
    select event_id, account_key, user_id, product_id, event_name, feature,
        coalesce(event_count, 1)::bigint as event_count, received_at,
        occurred_at::date as usage_date
    from events
    where dt between date '{first}' - 1 and date '{last}' + {late}
        and occurred_at >= date '{first}' and occurred_at < date '{last}' + 1
        and reject is null;
create or replace temp table repeated as
    select event_id, usage_date, count(*) as copies
    from accepted group by all having count(*) > 1;
insert into int_usage_user_days
with kept as (
    select *, 0 as duplicates from accepted anti join repeated using (event_id, usage_date)
    union all
    select * replace (duplicates - 1 as duplicates) from (
        select accepted.*, copies as duplicates
        from accepted join repeated using (event_id, usage_date)
        qualify row_number() over (
            partition by event_id, usage_date
            order by received_at, account_key, user_id, event_name, feature, product_id,
                event_count
        ) = 1
    )
),
placed as (
    select kept.*, coalesce(resolved, 'unknown') as resolved, value_event, active_event
    from kept
    anti join excluded on kept.user_id = excluded.user_id
    left join workspaces on kept.account_key = workspace_id
    left join aliases on lower(coalesce(kept.product_id, workspace_product)) = product_key
)
select 'quayside_app', account_key, user_id, resolved, feature, usage_date,
    sum(event_count), sum(if(event_name = value_event, event_count, 0)),
    sum(if(event_name = active_event, event_count, 0)), count(*), sum(duplicates)
from placed
group by account_key, user_id, resolved, feature, usage_date
"""

USAGE_DAYS = """
insert into fct_usage_days
select account_id, customer_id, product_id, usage_date, len(list_distinct(list(user_id))),
    sum(event_count), len(list_distinct(list(feature))), sum(value_event_count),
    sum(active_event_count)
from int_usage_user_days join keys using (account_key)
where usage_date between date '{first}' and date '{last}'
    and (exists_from is null or usage_date >= exists_from)
group by account_id, customer_id, product_id, usage_date
"""

REJECTED = """
insert into int_usage_rejected_events
select 'quayside_app', filename[{cut}:], dt, coalesce(reject, rule), count(*)
from events left join excluded using (user_id)
where reject is not null or rule is not null
group by filename, dt, coalesce(reject, rule)
"""

MATCHES = """
insert into icp_matches
with listed as (
    select distinct criterion_key, lower(trim(value_text)) as compared
    from warehouse.icp_registry.icp_criterion_values
    join criteria using (icp_id, icp_version, criterion_id)
),
facts as (
    select account_id, attribute, value_number, lower(trim(value_text)) as compared,
        coalesce(value_text, if(value_number = floor(value_number),
            value_number::bigint::text, value_number::numeric(18, 1)::text)) as shown
    from warehouse.intermediate.int_account_attributes
    where valid_to is null and policy <> 'forbidden' and known_at <= timestamp '{known_at}'
        and (value_text is not null or value_number is not null)
        and attribute in (select attribute from criteria)
),
tried as (
    select account_id, attribute, shown, criterion_key,
        case when operator = 'between'
            then value_number >= coalesce(value_low, value_number)
                and (value_high is null or value_number < value_high)
            else listed.compared is not null
        end as is_hit
    from facts join criteria using (attribute)
    left join listed using (criterion_key, compared)
),
-- an account has many technologies and at most one value of every other attribute
known as (
    select account_id, criterion_key, is_hit as has_hit, shown
    from tried where is_hit is not null and attribute <> 'technology'
    union all
    select account_id, criterion_key, bool_or(is_hit),
        coalesce(min(shown) filter (is_hit), min(shown))
    from tried where attribute = 'technology'
    group by account_id, criterion_key
)
select account_id, icp_id, icp_version, criterion_id,
    has_hit <> (operator = 'not_in') as met, shown,
    case when met is null then 'no value of ' || attribute || ' is known'
        when met then label || ' is met' else label || ' is not met' end,
    if(met, points, 0), points
from (select account_id from warehouse.intermediate.int_accounts) cross join criteria
left join known using (account_id, criterion_key)
"""

RETENTION = """
insert into cohort_retention
with movements as (
    select 'portfolio' as scope, null as product_id, customer_id, period_month, closing_mrr,
        is_complete
    from warehouse.marts.fct_mrr_movements
    union all
    select 'product', product_id, customer_id, period_month, closing_mrr, is_complete
    from warehouse.marts.fct_mrr_product_movements
),
ages as (
    select *, min(period_month) over lifetime as cohort_month,
        first(closing_mrr) over lifetime as opening_mrr,
        min(closing_mrr) over lifetime as running_min_mrr
    from movements
    window lifetime as (partition by scope, product_id, customer_id order by period_month
        rows unbounded preceding)
),
members as (
    select customer_id, period_month as cohort_month, schemes.segment_scheme,
        if(schemes.segment_scheme = 'all', 'all', coalesce(segment, 'unknown')) as segment
    from (select distinct customer_id, cohort_month as period_month from ages)
    join warehouse.intermediate.int_months using (period_month)
    cross join warehouse.intermediate.int_segment_schemes as schemes
    left join warehouse.intermediate.int_account_segments as memberships
        on customer_id = memberships.account_id
        and schemes.segment_scheme = memberships.segment_scheme
        and measured_on >= valid_from and measured_on < coalesce(valid_to, date '9999-12-31')
),
sums as (
    select cohort_month, date_diff('month', cohort_month, period_month) as age_months, scope,
        product_id, segment_scheme, segment, is_complete, count(*) as customers,
        count(*) filter (closing_mrr > 0) as active, sum(opening_mrr) as opening,
        sum(closing_mrr) as retained, sum(least(opening_mrr, closing_mrr)) as capped,
        sum(running_min_mrr) as running_min
    from ages join members using (customer_id, cohort_month)
    group by all
)
select cohort_month, age_months, scope, product_id, segment_scheme, segment, customers, active,
    opening, retained, capped, running_min, active::double / customers::double,
    retained::double / nullif(opening::double, 0), capped::double / nullif(opening::double, 0),
    running_min::double / nullif(opening::double, 0), is_complete
from sums
"""


def keep_full_run_seconds(settings: Settings) -> None:
    """Keep what dbt recorded of the full build: the next run overwrites its file."""
    shutil.copyfile(settings.data_dir / "dbt" / "build" / "run_results.json", _kept(settings))


def compare_with_baseline(settings: Settings) -> None:
    """Run the script in an empty database; print its seconds and equality beside the pipeline's.

    From the source files: the event lake. From the warehouse, attached read-only: the small
    lookups of usage (identity, excluded users, products of workspaces, products and aliases), and
    what the two account-scale tables are made of: attributes and ids of accounts and
    `icp_registry` for `icp_matches`; MRR movements, months, schemes and segments of accounts for
    `cohort_retention`. `known_at` is that of the published version. The pipeline's seconds are
    those that `keep_full_run_seconds` kept.

    Raises SystemExit where no full build was kept.
    """
    pipeline = _pipeline_seconds(settings)
    with (
        tempfile.TemporaryDirectory(dir=settings.data_dir) as folder,
        duckdb.connect(
            str(Path(folder) / "baseline.duckdb"),
            config={"threads": 2, "memory_limit": "4GB", "preserve_insertion_order": False},
        ) as connection,
    ):
        baseline = _run_script(connection, settings)
        answers = {table: _compared(connection, table) for table in TABLES}
    print(f"{'table':27}{'pipeline s':>11}{'baseline s':>11}{'ratio':>7}  equal")
    for table, answer in answers.items():
        _print_line(table, pipeline[table], baseline[table], answer)
    _print_line("total", sum(pipeline.values()), sum(baseline.values()), f"(bound {BOUND})")


def _print_line(name: str, pipeline: float, baseline: float, remark: str) -> None:
    print(f"{name:27}{pipeline:11.1f}{baseline:11.1f}{pipeline / baseline:7.2f}  {remark}")


def _kept(settings: Settings) -> Path:
    return settings.data_dir / "dbt" / "full_run_results.json"


def _pipeline_seconds(settings: Settings) -> dict[str, float]:
    path = _kept(settings)
    if not path.exists():
        raise SystemExit(f"{path} is missing: the bench keeps it after a full build. Start anew.")
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    seconds = {line["unique_id"]: line["execution_time"] for line in results}
    return {
        table: sum(seconds[f"model.icp.{model}"] for model in models)
        for table, (_, models) in TABLES.items()
    }


def _run_script(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, float]:
    """Fill the five tables; give seconds by table; `lookups` are the baseline's too."""
    seconds: dict[str, float] = defaultdict(float)

    def execute(table: str, script: str) -> None:
        started = time.perf_counter()
        connection.execute(script)
        seconds[table] += time.perf_counter() - started

    lake = settings.sources_dir / "product" / "events"
    connection.execute(f"attach {literal(str(settings.warehouse))} as warehouse (read_only)")
    connection.execute(f"attach {literal(str(settings.published))} as published (read_only)")
    known_at = connection.sql("select known_at from published.published.publication").fetchone()
    execute("lookups", LOOKUPS.format(lake=lake / "**" / "*.parquet", late=LATE_DAYS))
    for table, (relation, _) in TABLES.items():
        execute("lookups", EMPTY.format(table=table, relation=relation))
    for first, last in _months(lake):
        execute("int_usage_user_days", USER_DAYS.format(first=first, last=last, late=LATE_DAYS))
        execute("fct_usage_days", USAGE_DAYS.format(first=first, last=last))
    cut = len(str(settings.sources_dir)) + 2
    execute("int_usage_rejected_events", REJECTED.format(cut=cut))
    execute("icp_matches", MATCHES.format(known_at=known_at[0]))
    execute("cohort_retention", RETENTION)
    return seconds


def _months(lake: Path) -> Iterator[tuple[date, date]]:
    """Give first and last day of every month that an accepted event may have occurred in."""
    days = sorted(date.fromisoformat(path.name.removeprefix("dt=")) for path in lake.glob("dt=*"))
    first = (days[0] - timedelta(days=LATE_DAYS)).replace(day=1)
    while first <= days[-1] + timedelta(days=1):
        following = (first + timedelta(days=31)).replace(day=1)
        yield first, following - timedelta(days=1)
        first = following


def _compared(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Compare row count and the sum of all rows' hashes, whatever the order; say what differs."""
    columns = ", ".join(row[0] for row in connection.sql(f"describe {table}").fetchall())
    counted = "select count(*), sum(hash({columns})) from {relation}"
    ours, theirs = (
        connection.sql(counted.format(columns=columns, relation=relation)).fetchone()
        for relation in (table, f"warehouse.{TABLES[table][0]}")
    )
    if ours == theirs:
        return f"yes, {ours[0]:,} rows"
    return f"NO: {theirs[0]:,} rows in the pipeline, {ours[0]:,} in the baseline"
