with monthly as (
    select
        scope, product_id, segment_scheme, segment, closed_month, cycle_days,
        count(*) as deal_count
    from {{ ref('int_deal_segments') }}
    where state = 'won' and cycle_days >= 0
    group by scope, product_id, segment_scheme, segment, closed_month, cycle_days
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'sales_cycle_days'
),

trailing_days as (
    select
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month,
        monthly.cycle_days,
        sum(monthly.deal_count) as deal_count
    from monthly
    inner join windows on monthly.closed_month = windows.window_month
    group by
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month, monthly.cycle_days
),

-- deals of equal length share a range of ranks: order statistics without sorting deals
ranked as (
    select
        *,
        sum(deal_count) over (
            partition by scope, product_id, segment_scheme, segment, period_month
            order by cycle_days rows unbounded preceding
        ) as last_rank,
        sum(deal_count) over (
            partition by scope, product_id, segment_scheme, segment, period_month
        ) as n
    from trailing_days
),

wanted as (
    select
        ranked.*,
        floor((n + 1) / 2.0) as lower_middle,
        ceil((n + 1) / 2.0) as upper_middle,
        {{ median_low_rank('n', 'parameters.z') }} as low_rank,
        n + 1 - {{ median_low_rank('n', 'parameters.z') }} as high_rank,
        floor(1 + (n - 1) * 0.75) as lower_p75,
        ceil(1 + (n - 1) * 0.75) as upper_p75,
        {{ quantile_rank('n', 0.75, 'parameters.z', '-') }} as p75_low_rank,
        {{ quantile_rank('n', 0.75, 'parameters.z', '+') }} as p75_high_rank
    from ranked
    cross join parameters
),

picked as (
    select
        scope, product_id, segment_scheme, segment, period_month, n,
        {%- for rank in [
            'lower_middle', 'upper_middle', 'low_rank', 'high_rank',
            'lower_p75', 'upper_p75', 'p75_low_rank', 'p75_high_rank',
        ] %}
        max(case
            when {{ rank }} <= last_rank and {{ rank }} > last_rank - deal_count then cycle_days
        end) as {{ rank }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from wanted
    group by scope, product_id, segment_scheme, segment, period_month, n
)

select
    picked.scope, picked.product_id, picked.segment_scheme, picked.segment, picked.period_month,
    metrics.metric,
    metrics.metric_definition,
    (picked.lower_middle_days + picked.upper_middle_days) / 2.0 as value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    picked.n,
    cast(picked.low_rank_days as double precision) as ci_low,
    cast(picked.high_rank_days as double precision) as ci_high,
    cast(null as {{ dbt.type_string() }}) as reason,
    -- between two ranks in proportion, as for the median
    lower_p75_days + (upper_p75_days - lower_p75_days)
        * (1 + (picked.n - 1) * 0.75 - floor(1 + (picked.n - 1) * 0.75)) as p75_days,
    -- both or none: few members bound it on one side only
    case when p75_high_rank_days is not null then cast(p75_low_rank_days as double precision) end
        as p75_ci_low,
    case when p75_low_rank_days is not null then cast(p75_high_rank_days as double precision) end
        as p75_ci_high
from picked
cross join metrics
