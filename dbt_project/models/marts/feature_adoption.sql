with parameters as (
    select confidence_z as z, min_n, feature_min_uses from {{ ref('int_metric_parameters') }}
),

features as (
    select product_id, feature, is_included from {{ ref('int_product_features') }}
),

eligibility as (
    select customer_id, product_id, feature, is_plan_known, is_eligible
    from {{ ref('int_feature_eligibility') }}
),

uses as (
    select customer_id, product_id, feature, sum(event_count) as event_count
    from {{ ref('int_account_feature_use') }}
    group by customer_id, product_id, feature
),

customers as (
    select
        eligibility.customer_id,
        eligibility.product_id,
        eligibility.feature,
        {{ as_of_date() }} as segment_date,
        eligibility.is_plan_known,
        eligibility.is_eligible,
        eligibility.is_eligible
            and uses.event_count >= parameters.feature_min_uses as is_adopter
    from eligibility
    cross join parameters
    left join uses
        on eligibility.customer_id = uses.customer_id
        and eligibility.product_id = uses.product_id
        and eligibility.feature = uses.feature
),

members as (
    {{ with_segments('customers', 'customer_id') }}
),

member_counts as (
    select
        product_id,
        feature,
        segment_scheme,
        segment,
        count(*) as paying_count,
        sum(case when not is_plan_known then 1 else 0 end) as unknown_plan_count,
        sum(case when is_eligible then 1 else 0 end) as n,
        sum(case when is_adopter then 1 else 0 end) as adopted_count
    from members
    group by product_id, feature, segment_scheme, segment
),

segments as (
    select segment_scheme, segment from {{ ref('dim_segments') }}
    where segment_scheme in (select segment_scheme from {{ ref('int_segment_schemes') }})
    union
    select segment_scheme, case when segment_scheme = 'all' then 'all' else 'unknown' end
    from {{ ref('int_segment_schemes') }}
),

counted as (
    select
        features.product_id, features.feature, features.is_included,
        segments.segment_scheme, segments.segment,
        coalesce(member_counts.paying_count, 0) as paying_count,
        coalesce(member_counts.unknown_plan_count, 0) as unknown_plan_count,
        coalesce(member_counts.n, 0) as n,
        coalesce(member_counts.adopted_count, 0) as adopted_count
    from features
    cross join segments
    left join member_counts
        on features.product_id = member_counts.product_id
        and features.feature = member_counts.feature
        and segments.segment_scheme = member_counts.segment_scheme
        and segments.segment = member_counts.segment
)

select
    counted.product_id,
    counted.feature,
    counted.segment_scheme,
    counted.segment,
    {{ as_of_date() }} as measured_on,
    cast('used_' || parameters.feature_min_uses || '_times_in_{{ usage_window_days() }}d'
        as {{ dbt.type_string() }}) as metric_definition,
    cast(counted.adopted_count / nullif(cast(counted.n as double precision), 0)
        as double precision) as value,
    cast(counted.adopted_count as double precision) as numerator,
    cast(counted.n as double precision) as denominator,
    cast(counted.n as bigint) as n,
    cast(counted.unknown_plan_count as bigint) as unknown_plan_count,
    cast({{ share_bound('counted.adopted_count', 'counted.n', 'parameters.z', '-') }}
        as double precision) as ci_low,
    cast({{ share_bound('counted.adopted_count', 'counted.n', 'parameters.z', '+') }}
        as double precision) as ci_high,
    counted.n >= parameters.min_n as is_reliable,
    cast(case
        when not counted.is_included then 'no plan includes it'
        when counted.paying_count = 0 then 'no customer pays for the product'
        when counted.n = 0 then 'no customer has a plan that includes it'
    end as {{ dbt.type_string() }}) as reason
from counted
cross join parameters
