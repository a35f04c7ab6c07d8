{%- set categories = ['media', 'programmes', 'tools', 'people', 'commission', 'overhead'] -%}
with spend as (
    select * from {{ ref('int_segment_spend') }}
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }} where kind = 'cost'
),

new_logos as (
    select
        deals.scope, deals.product_id, deals.segment_scheme, deals.segment, windows.period_month,
        count(*) as logo_count,
        sum(case when deals.is_paid_channel then 1 else 0 end) as paid_logo_count
    from {{ ref('int_deal_segments') }} as deals
    inner join windows on deals.closed_month = windows.window_month
    where deals.is_new_logo
    group by
        deals.scope, deals.product_id, deals.segment_scheme, deals.segment, windows.period_month
),

-- a segment with spend and no win keeps its row, and so does one with wins and no spend
parts as (
    select scope, product_id, segment_scheme, segment, period_month,
        sum(case when category = 'media' then spend else 0 end) as paid_spend,
        sum(case when category in ('media', 'programmes', 'tools') then spend else 0 end)
            as marketing_spend,
        sum(spend) as full_spend,
        0 as logo_count,
        0 as paid_logo_count
    from spend
    group by scope, product_id, segment_scheme, segment, period_month
    union all
    select scope, product_id, segment_scheme, segment, period_month, 0, 0, 0, logo_count,
        paid_logo_count
    from new_logos
),

summed as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        sum(paid_spend) as paid_spend,
        sum(marketing_spend) as marketing_spend,
        sum(full_spend) as full_spend,
        sum(logo_count) as logo_count,
        sum(paid_logo_count) as paid_logo_count
    from parts
    group by scope, product_id, segment_scheme, segment, period_month
),

missing as (
    {% for definition, needed in [
        ('cac_paid', categories[:1]),
        ('cac_marketing', categories[:3]),
        ('cac_fully_loaded', categories),
    ] -%}
    select '{{ definition }}' as metric_definition,
        {{ text_list_missing('category', needed) }} as missing_categories
    from {{ ref('int_spend_months') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

measured as (
    select
        summed.scope, summed.product_id, summed.segment_scheme, summed.segment,
        summed.period_month,
        metrics.metric,
        metrics.metric_definition,
        case metrics.metric_definition when 'cac_paid' then summed.paid_spend
            when 'cac_marketing' then summed.marketing_spend else summed.full_spend
        end as spend,
        case metrics.metric_definition when 'cac_paid' then summed.paid_logo_count
            else summed.logo_count end as logos,
        missing.missing_categories
    from summed
    cross join metrics
    inner join missing on metrics.metric_definition = missing.metric_definition
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    case when missing_categories is null and spend > 0 then spend / nullif(logos, 0) end as value,
    cast(spend as double precision) as numerator,
    cast(logos as double precision) as denominator,
    logos as n,
    -- the spend is known, the count of wins is chance
    case when missing_categories is null and logos > 0 and spend > 0
        then spend / {{ count_bound('logos', 'z', '+') }} end as ci_low,
    case when missing_categories is null and logos > 0 and spend > 0
        then spend / {{ count_bound('logos', 'z', '-') }} end as ci_high,
    case
        when missing_categories is not null then 'spend not recorded: ' || missing_categories
        when segment = 'unallocated' then 'spend that no segment can be charged with'
        when logos = 0 then 'no new logos in the window'
        when spend = 0 then 'no spend in the window'
    end as reason
from measured
cross join parameters
