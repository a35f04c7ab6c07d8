with responses as (
    select *
    from {{ ref('stg_feedback__survey_responses') }}
    where reject_reason is null and score is not null and survey_type in ('nps', 'csat')
),

identity_links as (
    select source_system, source_key, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'feedback'
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

parameters as (
    select csat_positive_from from {{ ref('int_metric_parameters') }}
)

select
    responses.source_system,
    responses.response_id,
    responses.survey_type,
    identity_links.customer_id,
    aliases.product_id,
    -- who does not say who they are cannot be found again: each such answer is a person
    coalesce(
        survivors.surviving_contact_id,
        responses.contact_id,
        responses.source_system || ':' || responses.response_id
    ) as respondent,
    responses.submitted_at,
    responses.score,
    case
        when responses.survey_type = 'nps' and responses.score >= 9 then 100
        when responses.survey_type = 'nps' and responses.score >= 7 then 0
        -- zero to six, and zero is an answer like any other
        when responses.survey_type = 'nps' then -100
        when responses.score >= parameters.csat_positive_from then 1
        else 0
    end as points
from responses
cross join parameters
left join identity_links
    on responses.source_system = identity_links.source_system
    and responses.crm_account_id = identity_links.source_key
left join {{ ref('int_contact_survivors') }} as survivors
    on responses.contact_id = survivors.contact_id
left join aliases on lower(responses.product_id) = aliases.product_key
