{{ staging_rejects('stg_crm__accounts', 'crm.accounts', ['account_id']) }}
union all
{{ staging_rejects('stg_crm__account_history', 'crm.account_history',
    ['account_id', 'field', 'changed_at']) }}
union all
{{ staging_rejects('stg_crm__contacts', 'crm.contacts', ['contact_id']) }}
union all
{{ staging_rejects('stg_crm__leads', 'crm.leads', ['lead_id']) }}
union all
{{ staging_rejects('stg_crm__opportunities', 'crm.opportunities', ['opportunity_id']) }}
union all
{{ staging_rejects('stg_crm__opportunity_stage_history', 'crm.opportunity_stage_history',
    ['opportunity_id', 'stage', 'entered_at']) }}
union all
{{ staging_rejects('stg_crm__opportunity_contact_roles', 'crm.opportunity_contact_roles',
    ['opportunity_id', 'contact_id']) }}
union all
{{ staging_rejects('stg_crm__opportunity_accounts', 'crm.opportunity_accounts',
    ['opportunity_id', 'account_id']) }}
union all
{{ staging_rejects('stg_marketing__campaigns', 'marketing.campaigns', ['campaign_id']) }}
union all
{{ staging_rejects('stg_marketing__spend', 'marketing.spend',
    ['spend_date', 'channel', 'campaign_id', 'category', 'product_id']) }}
union all
{{ staging_rejects('stg_product__workspaces', 'product.workspaces', ['workspace_id']) }}
union all
{{ staging_rejects('stg_product__users', 'product.users', ['user_id']) }}
union all
{{ staging_rejects('stg_support__organizations', 'support.organizations', ['organization_id']) }}
union all
{{ staging_rejects('stg_support__tickets', 'support.tickets', ['ticket_id']) }}
union all
{{ staging_rejects('stg_support__ticket_comments', 'support.ticket_comments', ['comment_id']) }}
union all
{{ staging_rejects('stg_billing__customers', 'billing.customers', ['billing_customer_id']) }}
union all
{{ staging_rejects('stg_billing__subscriptions', 'billing.subscriptions', ['subscription_id']) }}
union all
{{ staging_rejects('stg_billing__subscription_items', 'billing.subscription_items',
    ['subscription_item_id']) }}
union all
{{ staging_rejects(
    'stg_billing__subscription_status_history', 'billing.subscription_status_history',
    ['subscription_id', 'valid_from']) }}
union all
{{ staging_rejects('stg_billing__invoices', 'billing.invoices', ['invoice_id']) }}
union all
{{ staging_rejects('stg_feedback__survey_responses', 'feedback.survey_responses',
    ['response_id']) }}
union all
{{ staging_rejects('stg_external__signals', 'external.signals', ['signal_id']) }}
union all
{{ staging_rejects('stg_external__technologies', 'external.technologies',
    ['crm_account_id', 'domain', 'technology']) }}
union all
{{ staging_rejects('stg_finance__fx_rates', 'finance.fx_rates',
    ['rate_date', 'from_currency', 'to_currency']) }}
union all
{{ staging_rejects('stg_identity__account_links', 'identity.account_links',
    ['linked_system', 'linked_key']) }}
