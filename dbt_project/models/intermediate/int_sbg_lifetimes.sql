{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
with fits as (
    select * from {{ ref('int_sbg_fits') }} where reason is null
),

parameters as (
    select
        floor(ltv_horizon_months / cast(ltv_period_months as double precision))
            as horizon_periods,
        -- the discount rate is of a year
        power(1 + ltv_discount_rate, -1 * ltv_period_months / 12.0) as discount
    from {{ ref('int_metric_parameters') }}
),

-- long enough for the oldest customer and its horizon: who has no horizon ahead is left out below
periods as (
    select fits.scope, fits.product_key, fits.segment_scheme, fits.segment, fits.alpha, fits.beta,
        fits.period_count, numbers.n as period_number, parameters.horizon_periods,
        parameters.discount
    from fits
    cross join parameters
    inner join ({{ number_series(1202) }}) as numbers
        on numbers.n <= fits.period_count + parameters.horizon_periods + 1
),

survival as (
    select
        *,
        exp(sum(case
            when period_number = 0 then 0
            else ln((beta + period_number - 1) / (alpha + beta + period_number - 1))
        end) over (
            partition by {{ cell }} order by period_number rows unbounded preceding
        )) as share_alive
    from periods
),

discounted as (
    select
        *,
        sum(share_alive * power(discount, period_number)) over (
            partition by {{ cell }} order by period_number rows unbounded preceding
        ) as discounted_periods
    from survival
)

-- of one that is alive after a number of periods: the next period counts in full, later ones less
select
    present.scope, present.product_key, present.segment_scheme, present.segment,
    present.period_number,
    present.share_alive,
    (ahead.discounted_periods - present.discounted_periods)
        / (present.share_alive * power(present.discount, present.period_number + 1))
        as remaining_periods,
    -- of a new customer, within the horizon: its first period counts in full
    case when present.period_number = 0
        then ahead.discounted_periods
            - ahead.share_alive * power(present.discount, ahead.period_number)
    end as new_customer_periods
from discounted as present
inner join discounted as ahead
    on present.scope = ahead.scope
    and present.product_key = ahead.product_key
    and present.segment_scheme = ahead.segment_scheme
    and present.segment = ahead.segment
    and ahead.period_number = present.period_number + present.horizon_periods
