{%- macro _words_of_deals() -%}
    {{- return({
        'new': [
            'new', 'new account', 'new business', 'new client', 'new customer', 'new deal',
            'new logo', 'newbusiness',
        ],
        'expansion': [
            'add on', 'addon', 'cross sell', 'crosssell', 'existing', 'existing business',
            'existing customer', 'existing customer upgrade', 'existingbusiness', 'expansion',
            'up sell', 'upgrade', 'upsell',
        ],
        'renewal': [
            'downgrade', 'existing customer downgrade', 'existing customer renewal',
            'existing customer replacement', 'renew', 'renewal', 'renewals',
        ],
    }) -}}
{%- endmacro %}

{#- What a CRM calls the type of a deal, in our words; ` - `, `-`, `_` and a blank are the same.
    A deal without a type is a new one. A word that nobody knows is `unknown`: a renewal that is
    taken for a new deal is an error that nobody sees. -#}
{% macro deal_type(column) -%}
    {%- set spelt = "replace(replace(replace(" ~ column ~ ", ' - ', ' '), '-', ' '), '_', ' ')" -%}
    case
        when {{ column }} is null then 'new'
        {%- for type, words in _words_of_deals().items() %}
        when {{ spelt }} in ('{{ words | join("', '") }}') then '{{ type }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}
