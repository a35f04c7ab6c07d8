{#- name: how its definition begins and ends -#}
{%- set definitions = {
    'logo': 'closed_cohort_%', 'low': 'grr_running_min_%', 'point': 'grr_point_%',
    'net': 'nrr_cohort_%', 'logo_chain': 'logo_%_compounded', 'grr_chain': 'grr_%_compounded',
    'nrr_chain': 'nrr_%_compounded',
} -%}
{#- (metric, from, to, [(item, amount in points of the rate)]) -#}
{%- set bridges = [
    ('grr', 'logo', 'point', [
        ('size_of_leavers', 'active_x / x - active_count / cast(n as double precision)'),
        ('contraction_of_survivors', '(point - active_x) / x'),
    ]),
    ('grr', 'low', 'point', [
        ('rebounds_of_stayers', 'rebound / x'), ('returns_of_leavers', 'come_back / x'),
    ]),
    ('nrr', 'point', 'net', [
        ('growth_of_stayers', 'growth / x'), ('growth_of_returned', 'come_back_growth / x'),
    ]),
    ('logo_retention', 'logo', 'logo_chain', [
        ('returns_left_out', 'cohort_logo - logo_value'),
        ('segment_moves', 'month_logo - cohort_logo'),
        ('customers_outside_the_cohort', 'logo_chain_value - month_logo'),
    ]),
    ('grr', 'point', 'grr_chain', [
        ('losses_month_by_month', 'cohort_grr - point_value'),
        ('segment_moves', 'month_grr - cohort_grr'),
        ('customers_outside_the_cohort', 'grr_chain_value - month_grr'),
    ]),
    ('nrr', 'net', 'nrr_chain', [
        ('returns_left_out', 'cohort_nrr - net_value'),
        ('segment_moves', 'month_nrr - cohort_nrr'),
        ('customers_outside_the_cohort', 'nrr_chain_value - month_nrr'),
    ]),
] -%}
with kpi as (
    {%- for model in ['int_kpi_retention', 'int_kpi_compounded'] %}
    select scope, product_id, coalesce(product_id, '') as product_key, segment_scheme, segment,
        period_month, metric_definition, value
    from {{ ref(model) }}
    where value is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sums as (
    select * from {{ ref('int_retention_sums') }} where n > 0
),

chains as (
    select
        scope, coalesce(product_id, '') as product_key, segment_scheme, segment, period_month,
        {%- for name in ['logo', 'grr', 'nrr'] %}
        max(case when basis = 'cohort_start' then {{ name }}_chain end) as cohort_{{ name }},
        -- without a member left in the segment there is nothing that moved
        coalesce(
            max(case when basis = 'month_start' then {{ name }}_chain end),
            max(case when basis = 'cohort_start' then {{ name }}_chain end)
        ) as month_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_bridge_chains') }}
    group by scope, coalesce(product_id, ''), segment_scheme, segment, period_month
),

valued as (
    select
        scope, product_id, product_key, segment_scheme, segment, period_month,
        {%- for name, pattern in definitions.items() %}
        max(case when metric_definition like '{{ pattern }}' then value end) as {{ name }}_value,
        max(case when metric_definition like '{{ pattern }}' then metric_definition end)
            as {{ name }}_definition{{ ',' if not loop.last }}
        {%- endfor %}
    from kpi
    group by scope, product_id, product_key, segment_scheme, segment, period_month
),

cells as (
    select valued.*, chains.cohort_logo, chains.cohort_grr, chains.cohort_nrr,
        chains.month_logo, chains.month_grr, chains.month_nrr,
        sums.n, sums.x, sums.active_count, sums.active_x, sums.point, sums.rebound,
        sums.come_back, sums.growth, sums.come_back_growth
    from valued
    -- only months that are explained have chains
    inner join chains
        on valued.scope = chains.scope
        and valued.product_key = chains.product_key
        and valued.segment_scheme = chains.segment_scheme
        and valued.segment = chains.segment
        and valued.period_month = chains.period_month
    inner join sums
        on valued.scope = sums.scope
        and valued.product_key = coalesce(sums.product_id, '')
        and valued.segment_scheme = sums.segment_scheme
        and valued.segment = sums.segment
        and valued.period_month = sums.window_month
)

{% for metric, origin, target, items in bridges %}
{%- set outer_loop = loop %}
{%- for item, amount in items %}
select
    scope, product_id, segment_scheme, segment, period_month, '{{ metric }}' as metric,
    {{ origin }}_definition as from_definition, {{ target }}_definition as to_definition,
    '{{ item }}' as item, cast({{ loop.index }} as integer) as sort_order,
    cast({{ amount }} as double precision) as amount,
    {{ origin }}_value as from_value, {{ target }}_value as to_value
from cells
where {{ origin }}_value is not null and {{ target }}_value is not null
{{ 'union all' if not (loop.last and outer_loop.last) }}
{%- endfor %}
{%- endfor %}
