{%- macro _words_of_subscriptions() -%}
    {{- return({
        'active': ['active'],
        'trialing': ['in_trial', 'trial', 'trialing'],
        'past_due': ['past_due', 'pastdue'],
        'unpaid': ['unpaid'],
        'paused': ['paused'],
        'incomplete': ['incomplete'],
        'incomplete_expired': ['incomplete_expired'],
        'canceled': ['canceled', 'cancelled', 'ended', 'expired', 'terminated'],
    }) -}}
{%- endmacro %}

{#- What a billing system calls the status of a subscription, in our words; `-`, `_` and a blank are
    the same. Without a status there is none. A word that nobody knows is `unknown`: the subscription
    is judged by its dates, and rejected_rows names it. -#}
{% macro subscription_status(column) -%}
    {%- set cleaned = clean_category(column) -%}
    {%- set spelt = "replace(replace(" ~ cleaned ~ ", '-', '_'), ' ', '_')" -%}
    case
        when {{ cleaned }} is null then null
        {%- for status, words in _words_of_subscriptions().items() %}
        when {{ spelt }} in ('{{ words | join("', '") }}') then '{{ status }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}
