{%- set no_number = 'cast(null as double precision)' -%}
{%- set cell = 'scope, product_id, segment_scheme, segment, period_month' -%}
with deals as (
    select
        scope, product_id, segment_scheme, segment, closed_month,
        case when state = 'won' then 1 else 0 end as is_won,
        cast(amount as double precision) as amount,
        case when state = 'won' then cast(amount as double precision) end as won_amount
    from {{ ref('int_deal_segments') }}
    where state in ('won', 'lost')
),

monthly as (
    select
        scope, product_id, segment_scheme, segment, closed_month,
        count(*) as closed_count, sum(is_won) as won_count, count(amount) as valued_count,
        count(won_amount) as won_valued_count,
        coalesce(sum(amount), 0) as amount,
        sum(amount * amount) as amount_squared,
        coalesce(sum(won_amount), 0) as won_amount,
        sum(won_amount * won_amount) as won_amount_squared
    from deals
    group by scope, product_id, segment_scheme, segment, closed_month
),

sums as (
    select
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment, period_month,
        {%- for column in [
            'closed_count', 'won_count', 'valued_count', 'won_valued_count', 'amount',
            'amount_squared', 'won_amount', 'won_amount_squared',
        ] %}
        sum(monthly.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from monthly
    inner join {{ ref('int_kpi_windows') }} as windows
        on monthly.closed_month = windows.window_month
    group by
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment, period_month
),

-- every component of the velocity has the filter and the window of the others
pipelines as (
    select
        sums.*,
        parameters.confidence_z as z,
        sums.won_amount / nullif(cast(sums.won_valued_count as double precision), 0) as deal_value,
        -- a share of value needs amounts on both sides: lost deals without any would make it 1
        case
            when amount = 0 then 'closed'
            when won_count > 0 and won_valued_count = 0 then 'won'
            when closed_count > won_count and valued_count = won_valued_count then 'lost'
        end as unpriced,
        cycles.value as cycle_days, cycles.n as cycle_n, cycles.ci_low as cycle_ci_low,
        cycles.ci_high as cycle_ci_high, cycles.p75_days, cycles.p75_ci_low, cycles.p75_ci_high
    from sums
    cross join {{ ref('int_metric_parameters') }} as parameters
    left join {{ ref('int_kpi_sales_cycle') }} as cycles
        on sums.scope = cycles.scope
        and coalesce(sums.product_id, '') = coalesce(cycles.product_id, '')
        and sums.segment_scheme = cycles.segment_scheme
        and sums.segment = cycles.segment
        and sums.period_month = cycles.period_month
),

measured as (
    select {{ cell }}, 'pipeline_deals' as metric, closed_count as value,
        {{ no_number }} as numerator, {{ no_number }} as denominator, closed_count as n,
        {{ count_bound('closed_count', 'z', '-') }} as ci_low,
        {{ count_bound('closed_count', 'z', '+') }} as ci_high,
        cast(null as {{ dbt.type_string() }}) as reason
    from pipelines
    union all
    select {{ cell }}, 'sales_cycle_p75_days', p75_days, {{ no_number }}, {{ no_number }},
        coalesce(cycle_n, 0), p75_ci_low, p75_ci_high, 'no won deal with a known cycle'
    from pipelines
    union all
    select {{ cell }}, 'win_rate_by_value', case when unpriced is null then won_amount / amount end,
        won_amount, amount, valued_count,
        {%- for sign in ['-', '+'] %}
        case when unpriced is null then {{ ratio_bound('won_amount', 'amount', 'won_amount_squared',
            'won_amount_squared', 'amount_squared', 'valued_count', 'z', sign, ceiling=1) }} end,
        {%- endfor %}
        'no ' || unpriced || ' deal has an amount'
    from pipelines
    union all
    select {{ cell }}, 'average_deal_value', deal_value, won_amount, won_valued_count,
        won_valued_count,
        {%- for sign in ['-', '+'] %}
        {{ ratio_bound('won_amount', 'won_valued_count', 'won_amount_squared', 'won_amount',
            'won_valued_count', 'won_valued_count', 'z', sign) }},
        {%- endfor %}
        'no won deal has an amount'
    from pipelines
    union all
    select {{ cell }}, 'pipeline_velocity', won_count * deal_value / nullif(cycle_days, 0),
        -- its interval is as wide as that of the days: by the deals of which they are known
        {{ no_number }}, {{ no_number }}, coalesce(cycle_n, 0),
        {%- for sign in ['-', '+'] %}
        {{ flow_bound('(won_count * deal_value / nullif(cycle_days, 0))', 'won_amount',
            'won_amount_squared', 'cycle_days', 'cycle_ci_low', 'cycle_ci_high', 'z', sign) }},
        {%- endfor %}
        case
            when won_count = 0 then 'no deal was won in the window'
            when deal_value is null then 'no won deal has an amount'
            when cycle_days = 0 then 'the median cycle is 0 days'
            else 'no won deal with a known cycle'
        end
    from pipelines
)

select
    {{ cell }}, measured.metric, metrics.metric_definition,
    {%- for column in ['value', 'numerator', 'denominator', 'ci_low', 'ci_high'] %}
    cast(measured.{{ column }} as double precision) as {{ column }},
    {%- endfor %}
    cast(measured.n as bigint) as n,
    case when measured.value is null then measured.reason end as reason
from measured
inner join {{ ref('int_kpi_metrics') }} as metrics on measured.metric = metrics.metric
