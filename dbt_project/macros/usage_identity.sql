{#- Usage days are built with the accounts that their keys had then. When a merge or a new link
    changes that, the accounts concerned are rewritten over all their days, and no others. -#}
{% macro has_changed_accounts() -%}
    {%- if not is_range_build() -%}{{- return(false) -}}{%- endif -%}
    {%- set found = run_query('select count(*) from ' ~ ref('int_usage_changed_accounts')) -%}
    {{- return(found.rows[0][0] > 0) -}}
{%- endmacro %}

{#- The user days that a build of usage reads, as a subquery: the range, and where accounts changed, all other days of theirs. -#}
{% macro usage_days_to_build(first_day=none, last_day=none) -%}
    {%- set first_day = first_day or usage_start() -%}
    {%- set last_day = last_day or usage_end() -%}
    (
        select * from {{ ref('int_usage_user_days') }}
        where usage_date between {{ first_day }} and {{ last_day }}
        {%- if has_changed_accounts() %}
        union all
        select user_days.* from {{ ref('int_usage_user_days') }} as user_days
        inner join {{ ref('int_usage_identity') }} as changed_keys
            on user_days.source_system = changed_keys.source_system
            and user_days.account_key = changed_keys.account_key
        inner join {{ ref('int_usage_changed_accounts') }} as changed
            on coalesce(changed_keys.account_id, '') = changed.account_id
        where user_days.usage_date not between {{ first_day }} and {{ last_day }}
        {%- endif %}
    ) as usage_days_to_build
{%- endmacro %}

{#- Before the insert: the days of changed accounts go, in the transaction that writes them anew. -#}
{% macro forget_changed_accounts() -%}
    {%- if has_changed_accounts() -%}
    delete from {{ this }}
    where coalesce(account_id, '') in (
        select account_id from {{ ref('int_usage_changed_accounts') }}
    )
    {%- endif -%}
{%- endmacro %}

{#- After the insert, in the same transaction: what the usage days were built with. -#}
{% macro remember_built_identity() -%}
    update {{ ref('int_usage_identity') }}
    set
        built_account_id = account_id,
        built_customer_id = customer_id,
        built_exists_from = exists_from,
        is_built = true,
        is_changed = false
    where is_changed or not is_built
{%- endmacro %}
