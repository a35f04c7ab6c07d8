{%- set categories = ['media', 'programmes', 'tools', 'people', 'commission', 'overhead'] -%}
{%- set definitions = [
    ('cac_paid', categories[:1]),
    ('cac_marketing', categories[:3]),
    ('cac_fully_loaded', categories),
] -%}
{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
with lags as (
    select * from {{ ref('int_segment_lags') }}
),

-- salaries go on as long as anybody sells: outside their months they are unknown, not nought
bounds as (
    select
        min(period_month) as first_month,
        max(period_month) as recorded_to,
        min(case when category = 'people' then period_month end) as people_from,
        max(case when category = 'people' then period_month end) as people_to
    from {{ ref('int_spend_months') }}
),

months as (
    select period_month from {{ ref('int_months') }}
),

-- spend of the running month is booked at its end
whole_months as (
    select max(period_month) as last_month from {{ ref('int_months') }} where is_complete
),

windows as (
    select periods.period_month, months.period_month as window_month
    from months as periods
    cross join {{ ref('int_metric_parameters') }} as parameters
    inner join months
        on months.period_month <= periods.period_month
        and {{ months_between('months.period_month', 'periods.period_month') }}
            < parameters.win_rate_months
),

spend as (
    select {{ cell }}, period_month,
        {%- for definition, needed in definitions %}
        sum(case when category in ('{{ needed | join("', '") }}') then spend else 0 end)
            as {{ definition }}_spend{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_segment_spend') }}
    group by {{ cell }}, period_month
),

logos as (
    select scope, coalesce(product_id, '') as product_key, segment_scheme, segment,
        closed_month as period_month,
        count(*) as logo_count,
        sum(case when is_paid_channel then 1 else 0 end) as paid_logo_count
    from {{ ref('int_deal_segments') }}
    where is_new_logo
    group by scope, coalesce(product_id, ''), segment_scheme, segment, closed_month
),

-- wins of a month whose spend was not recorded yet are left out with it: they would look free
asked as (
    select
        lags.*,
        windows.window_month,
        {{ add_months('windows.window_month', '-1 * lags.lag_months') }} as spend_month
    from lags
    inner join windows on lags.period_month = windows.period_month
),

summed as (
    select
        asked.scope, asked.product_key, asked.segment_scheme, asked.segment, asked.period_month,
        asked.lag_definition, asked.lag_months, asked.lag_basis,
        count(*) as window_months,
        min(asked.spend_month) as first_asked,
        max(case when asked.spend_month <= whole_months.last_month then asked.spend_month end)
            as last_asked,
        {%- for definition, _ in definitions %}
        sum(coalesce(spend.{{ definition }}_spend, 0)) as {{ definition }}_spend,
        {%- endfor %}
        sum(coalesce(logos.paid_logo_count, 0)) as paid_logo_count,
        sum(coalesce(logos.logo_count, 0)) as logo_count
    from asked
    inner join bounds on asked.spend_month >= bounds.first_month
    cross join whole_months
    left join spend
        on asked.scope = spend.scope and asked.product_key = spend.product_key
        and asked.segment_scheme = spend.segment_scheme and asked.segment = spend.segment
        and asked.spend_month = spend.period_month
    left join logos
        on asked.scope = logos.scope and asked.product_key = logos.product_key
        and asked.segment_scheme = logos.segment_scheme and asked.segment = logos.segment
        and asked.window_month = logos.period_month
    group by
        asked.scope, asked.product_key, asked.segment_scheme, asked.segment, asked.period_month,
        asked.lag_definition, asked.lag_months, asked.lag_basis
),

missing as (
    {% for definition, needed in definitions -%}
    select '{{ definition }}' as metric_definition,
        {{ text_list_missing('category', needed) }} as missing_categories
    from {{ ref('int_spend_months') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{% for definition, needed in definitions -%}
select
    {{ cell }}, period_month, missing.metric_definition, lag_definition, lag_months, lag_basis,
    window_months,
    {{ spend_not_recorded('missing_categories', 'people' in needed) }} as missing_categories,
    cast({{ definition }}_spend as numeric(18, 2)) as spend,
    cast({{ 'paid_' if definition == 'cac_paid' }}logo_count as bigint) as logo_count
from summed
cross join bounds
inner join missing on missing.metric_definition = '{{ definition }}'
{{ 'union all' if not loop.last }}
{% endfor %}
