{#- A query that gives every row of `observations` once per segment scheme, with the segment that
    `account_column` was in on `date_column`; accounts without one (or null) are `unknown`.
    Scheme `all` has the one segment `all`. -#}
{% macro with_segments(observations, account_column='account_id', date_column='segment_date') -%}
    select
        observations.*,
        schemes.segment_scheme,
        case
            when schemes.segment_scheme = 'all' then 'all'
            else coalesce(memberships.segment, 'unknown')
        end as segment
    from {{ observations }} as observations
    cross join {{ ref('int_segment_schemes') }} as schemes
    left join {{ ref('int_account_segments') }} as memberships
        on observations.{{ account_column }} = memberships.account_id
        and schemes.segment_scheme = memberships.segment_scheme
        and observations.{{ date_column }} >= memberships.valid_from
        -- no `or` here: with one, engines give up hashing and compare every row with every other
        and observations.{{ date_column }}
            < coalesce(memberships.valid_to, cast('9999-12-31' as date))
{%- endmacro %}

{#- Attributes whose value at every month's end is known, so that a past date has its own. -#}
{% macro monthly_attributes() -%}
    {{- return(['active_users_28d', 'current_mrr']) -}}
{%- endmacro %}

{#- Attributes that are known as of the as-of date only: a past date has no segment by them. -#}
{% macro undated_attributes() -%}
    {{- return(['seats', 'features_used_28d', 'value_tier', 'primary_product', 'is_customer']) -}}
{%- endmacro %}
