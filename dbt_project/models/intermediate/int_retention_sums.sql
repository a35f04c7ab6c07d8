{%- set sums = {
    'n': '1', 'active_count': 'case when closing > 0 then 1 else 0 end',
    'kept_count': 'case when next_amount > 0 then 1 else 0 end',
    'x': 'opening', 'xx': 'opening * opening',
    'point': 'capped', 'point_yy': 'capped * capped', 'point_xy': 'opening * capped',
    'active_x': 'case when closing > 0 then opening else 0 end',
    'rebound': 'case when lowest > 0 then capped - lowest else 0 end',
    'come_back': 'case when lowest = 0 then capped else 0 end',
    'growth': 'case when lowest > 0 then closing - capped else 0 end',
    'come_back_growth': 'case when lowest = 0 then closing - capped else 0 end',
    'low': 'lowest', 'low_yy': 'lowest * lowest', 'low_xy': 'opening * lowest',
    'net': 'closing', 'net_yy': 'closing * closing', 'net_xy': 'opening * closing',
    'kept': 'kept_amount', 'kept_yy': 'kept_amount * kept_amount',
    'kept_xy': 'opening * kept_amount',
    'next': 'next_amount', 'next_yy': 'next_amount * next_amount',
    'next_xy': 'opening * next_amount',
} -%}
with observations as (
    select * from {{ ref('int_retention_observations') }}
),

members as (
    {{ with_segments('observations', 'customer_id') }}
),

amounts as (
    select
        scope, product_id, segment_scheme, segment, opening_month, next_month, window_month,
        opening_mrr > 0 as is_paying,
        cast(opening_mrr as double precision) as opening,
        cast(next_mrr as double precision) as next_amount,
        cast(closing_mrr as double precision) as closing,
        cast(lowest_mrr as double precision) as lowest,
        -- capped customer by customer: one that grows cannot hide one that shrinks
        cast(least(opening_mrr, next_mrr) as double precision) as kept_amount,
        cast(case when closing_mrr is not null then least(opening_mrr, closing_mrr) end
            as double precision) as capped
    from members
)

select
    scope, product_id, segment_scheme, segment, opening_month, next_month, window_month,
    {%- for name, expression in sums.items() %}
    sum(case when is_paying then {{ expression }} else 0 end) as {{ name }},
    {%- endfor %}
    -- who paid before and not at the start: nothing of theirs is in the sums above
    sum(case when is_paying then 0 else 1 end) as lapsed_count,
    sum(case when is_paying or next_amount = 0 then 0 else 1 end) as returned_count,
    sum(case when is_paying then 0 else next_amount end) as returned,
    sum(case when is_paying then 0 else next_amount * next_amount end) as returned_yy
from amounts
group by scope, product_id, segment_scheme, segment, opening_month, next_month, window_month
