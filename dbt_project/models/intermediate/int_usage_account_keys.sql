{#- The table remembers first days, so a range build reads itself and never all of history. -#}
{%- set has_memory = is_range_build()
    and 'product_id' in adapter.get_columns_in_relation(this) | map(attribute='name') -%}
with rebuilt as (
    select source_system, account_key, product_id, min(usage_date) as first_usage_date
    from {{ ref('int_usage_key_days') }}
    {%- if has_memory %}
    where usage_date between {{ usage_start() }} and {{ usage_end() }}
    {%- endif %}
    group by source_system, account_key, product_id
)
{%- if has_memory %},

known as (
    select source_system, account_key, product_id, first_usage_date from {{ this }}
),

-- a first day in the range may be gone: the next one is then after the range, mostly empty
later as (
    select source_system, account_key, product_id, min(usage_date) as first_usage_date
    from {{ ref('int_usage_key_days') }}
    where usage_date > {{ usage_end() }}
    group by source_system, account_key, product_id
),

candidates as (
    select source_system, account_key, product_id, first_usage_date from rebuilt
    union all
    select source_system, account_key, product_id, first_usage_date from later
    union all
    select source_system, account_key, product_id, first_usage_date from known
    where first_usage_date < {{ usage_start() }}
)

select source_system, account_key, product_id, min(first_usage_date) as first_usage_date
from candidates
group by source_system, account_key, product_id
{%- else %}

select source_system, account_key, product_id, first_usage_date from rebuilt
{%- endif %}
