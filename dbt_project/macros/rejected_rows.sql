{#- The rejected rows of one staging view in the shape of `rejected_rows`. -#}
{% macro staging_rejects(model, entity, key) -%}
    select
        source_system,
        '{{ entity }}' as entity,
        source_file,
        source_row,
        {% for column in key -%}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '?')
        {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor %} as row_key,
        reject_reason as rule,
        'staging' as stage,
        case when reject_reason = 'deleted at the source' then 'deleted' else 'rejected' end
            as disposition,
        cast(1 as bigint) as row_count,
        loaded_at
    from {{ ref(model) }}
    where reject_reason is not null
{%- endmacro %}

{#- Records that their own system merged into another one. -#}
{% macro merged_rejects(model, entity, key) -%}
    select
        source_system, '{{ entity }}' as entity, source_file, source_row, {{ key }} as row_key,
        'merged into another record' as rule, 'intermediate' as stage, 'merged' as disposition,
        cast(1 as bigint) as row_count, loaded_at
    from {{ ref(model) }}
    where reject_reason is null and merged_into_id is not null
{%- endmacro %}
