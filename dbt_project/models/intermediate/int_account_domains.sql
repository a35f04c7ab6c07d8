with accounts as (
    select account_id, domain from {{ ref('int_accounts') }} where domain is not null
),

free_mail as (
    select lower(domain) as domain from {{ source('icp_registry', 'free_mail_domains') }}
),

holders as (
    select domain, count(*) as account_count, min(account_id) as first_account_id
    from accounts
    group by domain
)

select
    holders.domain,
    holders.account_count,
    free_mail.domain is not null as is_free_mail,
    -- a domain that several accounts share (an agency, a group) says nothing about which one
    case
        when free_mail.domain is null and holders.account_count = 1 then holders.first_account_id
    end as account_id
from holders
left join free_mail on holders.domain = free_mail.domain
