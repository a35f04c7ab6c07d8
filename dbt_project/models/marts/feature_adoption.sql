with parameters as (
    select confidence_z as z, min_n, feature_min_uses from {{ ref('int_metric_parameters') }}
),

-- plans do not say which features they include: whoever pays for the product could use them
eligible as (
    select customer_id, product_id, {{ as_of_date() }} as segment_date
    from {{ ref('int_product_mrr_months') }}
    where period_month = {{ as_of_month() }} and mrr > 0
),

uses as (
    select customer_id, product_id, feature, sum(event_count) as event_count
    from {{ ref('int_account_feature_use') }}
    group by customer_id, product_id, feature
),

members as (
    {{ with_segments('eligible', 'customer_id') }}
),

eligible_counts as (
    select product_id, segment_scheme, segment, count(*) as n
    from members
    group by product_id, segment_scheme, segment
),

adopted_counts as (
    select members.product_id, members.segment_scheme, members.segment, uses.feature,
        count(*) as adopted_count
    from members
    inner join uses
        on members.customer_id = uses.customer_id
        and members.product_id = uses.product_id
    cross join parameters
    where uses.event_count >= parameters.feature_min_uses
    group by members.product_id, members.segment_scheme, members.segment, uses.feature
),

features as (
    select distinct uses.product_id, uses.feature
    from uses
    inner join {{ ref('dim_products') }} as products on uses.product_id = products.product_id
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
        features.product_id, features.feature, segments.segment_scheme, segments.segment,
        coalesce(adopted_counts.adopted_count, 0) as adopted_count,
        coalesce(eligible_counts.n, 0) as n
    from features
    cross join segments
    left join eligible_counts
        on features.product_id = eligible_counts.product_id
        and segments.segment_scheme = eligible_counts.segment_scheme
        and segments.segment = eligible_counts.segment
    left join adopted_counts
        on features.product_id = adopted_counts.product_id
        and features.feature = adopted_counts.feature
        and segments.segment_scheme = adopted_counts.segment_scheme
        and segments.segment = adopted_counts.segment
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
    cast({{ share_bound('counted.adopted_count', 'counted.n', 'parameters.z', '-') }}
        as double precision) as ci_low,
    cast({{ share_bound('counted.adopted_count', 'counted.n', 'parameters.z', '+') }}
        as double precision) as ci_high,
    counted.n >= parameters.min_n as is_reliable,
    cast(case when counted.n = 0 then 'no customer pays for the product' end
        as {{ dbt.type_string() }}) as reason
from counted
cross join parameters
