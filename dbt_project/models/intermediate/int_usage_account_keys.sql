{{ config(materialized='incremental', incremental_strategy='append') }}
with keys as (
    select source_system, account_key, min(usage_date) as first_usage_date
    from {{ ref('int_usage_user_days') }}
    where usage_date between {{ usage_start() }} and {{ usage_end() }}
    group by source_system, account_key
)

select keys.*
from keys
{% if is_incremental() -%}
left join {{ this }} as known
    on keys.source_system = known.source_system
    and keys.account_key = known.account_key
where known.account_key is null
{%- endif %}
