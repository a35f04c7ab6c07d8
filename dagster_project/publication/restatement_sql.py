"""The queries that compare a candidate with the values frozen before, and weigh the evidence.

They run one after another: compared, judged, drifted, effects, definition evidence, restatements.
"""

from dagster_project.publication.frozen_values import KEY, same_key

#: What an exchange rate can change: metrics of these names, unless they count or order things.
_MONEY = (
    "%mrr%",
    "nrr %",
    "grr %",
    "%cac%",
    "%ltv%",
    "%payback%",
    "%margin%",
    "%cost%",
    "%velocity%",
    "%by_value%",
    "%deal_value%",
)
_COUNTED_KINDS = ("share", "median", "curve", "count")
_NAME = "current_values.metric || ' ' || current_values.metric_definition"
_IS_MONEY = f"""(
    coalesce(kinds.kind, '') not in {_COUNTED_KINDS}
    and ({" or ".join(f"{_NAME} like '{pattern}'" for pattern in _MONEY)})
)"""
#: Differences of amounts in several currencies move by more than the rates do: a customer that
#: added 100 in one and dropped 90 in another. Both months together are at most about 3 times the
#: opening MRR, and what is compounded holds twelve of them.
_IS_OF_MOVEMENTS = f"({_NAME} like '%churn%' or {_NAME} like '%movement%')"
_RESTATED_KEY = ", ".join(f"restated.{name}" for name in KEY)

COMPARED = f"""
    create or replace temp table compared as
    with latest as (
        select *, row_number() over (
                partition by {", ".join(KEY)} order by frozen_at desc, version desc
            ) as position,
            min(frozen_at) over (partition by {", ".join(KEY)}) as first_frozen_at
        from {{state}}.frozen_values
    ),

    turnover as (
        select scope, coalesce(product_id, '') as product_key, period_month, sum(value) as amount
        from latest
        where position = 1 and metric_definition in ('opening_mrr_total', 'closing_mrr_total')
        group by scope, coalesce(product_id, ''), period_month
    ),

    kinds as (
        {{kinds}}
    ),

    -- some metrics are measured for the newest months only: what the window left behind is kept
    months as (
        select metric_definition, period_month, count(value) as value_count,
            sum(count(value)) over (partition by metric_definition) as total_count
        from current_values
        group by metric_definition, period_month
    )

    select current_values.*, latest.value as frozen_value,
        coalesce(drifted.value, latest.value) as base_value, latest.first_frozen_at,
        latest.frozen_at as last_frozen_at,
        {_IS_MONEY} as is_money,
        case
            when current_values.metric = 'mrr' then turnover.amount
            when {_NAME} like '%compounded%' then 36
            -- a mean of scores up to 100, weighted by money
            when {_NAME} like '%weighted%' then 100
            when {_IS_OF_MOVEMENTS} then 3
            else 0
        end as mixed_scale
    from current_values
    inner join latest on {same_key("current_values", "latest")}
    left join turnover
        on current_values.scope = turnover.scope
        and coalesce(current_values.product_id, '') = turnover.product_key
        and current_values.period_month = turnover.period_month
    inner join months
        on current_values.metric_definition = months.metric_definition
        and current_values.period_month = months.period_month
    left join kinds on current_values.metric_definition = kinds.metric_definition
    left join {{state}}.drifted_values as drifted on {same_key("current_values", "drifted")}
    where latest.position = 1 and (months.value_count > 0 or months.total_count = 0)
"""

# a rate moves each amount by its own ratio, so a sum by one between them, and a quotient of two
# sums by at most the widest of them over the narrowest; items are rounded to the cent
EVIDENCE = """
    create or replace temp table judged as
    with rates as (
        select cast(value_after as double precision) / cast(value_before as double precision)
            as ratio
        from basis_changes
        where kind = 'fx_rate' and value_before is not null and value_after is not null
        union all
        -- what is in the reporting currency does not move
        select 1.0
    ),

    bounds as (
        select max(ratio) / min(ratio) * 1.0001 as widest, count(*) - 1 as rate_count from rates
    ),

    merges as (
        select count(*) as merge_count from basis_changes where kind = 'merge'
    ),

    changed as (
        select compared.*, abs(value - frozen_value) as from_frozen,
            abs(value - base_value) as from_base,
            case when metric = 'mrr' then {smallest_money} else {smallest} end as smallest,
            coalesce(
                bounds.rate_count > 0 and is_money
                and abs(value - base_value)
                    <= (bounds.widest - 1) * greatest(abs(value), abs(base_value), mixed_scale),
                false
            ) as is_within_rates,
            bounds.rate_count > 0 and compared.segment_scheme in (
                select segment_scheme from money_schemes
            ) as has_moving_members,
            merges.merge_count > 0
                -- the total of two customers is the total of the one they become
                and not (compared.segment_scheme = 'all' and metric_definition in (
                    'opening_mrr_total', 'closing_mrr_total'
                ))
                and (compared.segment_scheme = 'all' or merged_segments.segment is not null)
                as has_merge
        from compared
        left join merged_segments
            on compared.segment_scheme = merged_segments.segment_scheme
            and compared.segment = merged_segments.segment
        cross join bounds
        cross join merges
    ),

    judged as (
        select *,
            (value is null) <> (frozen_value is null)
            or case
                when is_within_rates
                    then from_frozen > greatest(abs(frozen_value) * {fx_tolerance}, smallest)
                else from_base > greatest(abs(base_value) * {tolerance}, smallest)
            end as is_restated
        from changed
    ),

    -- a rate moves customers between segments by MRR, and leaves everybody together as they were
    kept_wholes as (
        select scope, product_id, period_month, metric, metric_definition
        from judged
        where segment_scheme = 'all' and (not is_restated or is_within_rates)
    )

    select judged.*,
        case when is_within_rates then frozen_value else base_value end as old_value,
        has_moving_members and kept_wholes.metric is not null as is_of_moved_members
    from judged
    left join kept_wholes
        on judged.scope = kept_wholes.scope
        and judged.product_id is not distinct from kept_wholes.product_id
        and judged.period_month = kept_wholes.period_month
        and judged.metric = kept_wholes.metric
        and judged.metric_definition = kept_wholes.metric_definition
"""

# what rates alone moved, and too little to be told: the next version is compared with these
DRIFTED = f"""
    create or replace table published.drifted_values as
    select {", ".join(KEY)}, case when is_within_rates then value else base_value end as value
    from judged
    where not is_restated
        and case when is_within_rates then value else base_value end <> frozen_value
"""

DEFINITIONS = f"""
    create or replace temp table definition_evidence as
    select {_RESTATED_KEY},
        string_agg(effects.said, ', ' order by effects.said) as said
    from judged as restated
    inner join effects
        on restated.metric like effects.metrics
        and (effects.scheme is null or restated.segment_scheme = effects.scheme)
        and (
            effects.product_id is null
            or restated.scope = 'portfolio'
            or restated.product_id = effects.product_id
        )
    where restated.is_restated
    group by {_RESTATED_KEY}
"""

EFFECTS = """
    create or replace temp table effects as
    select
        case kind
            when 'parameter' then item || ' ' || coalesce(value_before, 'unset') || ' → '
                || coalesce(value_after, 'unset')
            when 'company' then item || ' ' || coalesce(value_before, 'unset') || ' → '
                || coalesce(value_after, 'unset')
            when 'code' then 'the SQL of the models'
            else kind || ' ' || item
        end as said,
        case when kind = 'scheme' then item end as scheme,
        case when kind = 'product' then item end as product_id,
        {metrics} as metrics
    from basis_changes
    where kind in ('parameter', 'company', 'code', 'scheme', 'product', 'support')
"""

_RATES_SAID = """(
    select string_agg(item || ' ' || value_before || ' → ' || value_after, ', ' order by item)
    from basis_changes
    where kind = 'fx_rate' and value_before is not null and value_after is not null
)"""
_MERGES_COUNTED = "(select count(*) from basis_changes where kind = 'merge')"

RESTATEMENTS = f"""
    insert into published.restatements
    select cast(? as timestamp), cast(? as varchar), {_RESTATED_KEY},
        restated.old_value, restated.value, restated.value - restated.old_value,
        restated.first_frozen_at, restated.last_frozen_at,
        case
            when definitions.said is not null then 'definition_changed'
            when restated.is_within_rates then 'fx_rate_changed'
            when restated.has_merge then 'accounts_merged'
            when restated.is_of_moved_members then 'fx_rate_changed'
            else 'late_data'
        end,
        concat_ws('; ',
            'definitions changed: ' || definitions.said,
            case when restated.is_within_rates or restated.is_of_moved_members
                then 'exchange rates changed: ' || {_RATES_SAID} end,
            case when restated.has_merge
                then {_MERGES_COUNTED} || ' accounts merged or unmerged' end,
            cast(? as varchar)
        )
    from judged as restated
    left join definition_evidence as definitions on {same_key("restated", "definitions")}
    where restated.is_restated
"""
