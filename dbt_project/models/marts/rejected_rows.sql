{%- set columns = 'source_system, entity, source_file, source_row, row_key, rule, stage, '
    ~ 'disposition, row_count, loaded_at' -%}
with landing as (
    select
        source_system, entity, source_file, source_row,
        cast(null as {{ dbt.type_string() }}) as row_key, error as rule, 'landing' as stage,
        'rejected' as disposition, 1 as row_count, loaded_at
    from {{ ref('stg_landing__unparsed_lines') }}
    union all
    -- a required field that cannot be read rejects its row: that is counted in staging
    select
        source_system, entity, source_file, source_row, column_name, rule, 'landing',
        'field_cleared', 1, loaded_at
    from {{ ref('stg_landing__field_errors') }}
    where not is_required
),

revenue as (
    select *, 'intermediate' as stage from {{ ref('int_revenue_rejected_rows') }}
),

opportunities as (
    select *, 'intermediate' as stage from {{ ref('int_opportunity_rejected_rows') }}
),

unioned as (
    select {{ columns }} from landing
    union all
    select {{ columns }} from {{ ref('int_staging_rejected_rows') }}
    union all
    select {{ columns }} from {{ ref('int_identity_rejected_rows') }}
    union all
    select {{ columns }} from {{ ref('int_usage_rejected_rows') }}
    union all
    select {{ columns }} from revenue
    union all
    select {{ columns }} from opportunities
)

select
    source_system,
    entity,
    source_file,
    source_row,
    row_key,
    rule,
    stage,
    disposition,
    cast(row_count as bigint) as row_count,
    loaded_at
from unioned
