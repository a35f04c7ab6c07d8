with technologies as (
    select
        source_system, coalesce(crm_account_id, domain) as source_key, technology,
        first_seen_at, loaded_at
    from {{ ref('stg_external__technologies') }}
    where reject_reason is null
),

identity_links as (
    select source_system, source_key, account_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'external' and account_id is not null
)

select
    identity_links.account_id,
    technologies.technology,
    min(coalesce(technologies.first_seen_at, technologies.loaded_at)) as first_seen_at
from technologies
inner join identity_links
    on technologies.source_system = identity_links.source_system
    and technologies.source_key = identity_links.source_key
group by identity_links.account_id, technologies.technology
