{%- set cell = 'segment_scheme, segment, entry' -%}
{%- set by_stage -%}
    (partition by own.segment_scheme, own.segment, own.entry
        order by own.stage_number rows unbounded preceding)
{%- endset -%}
{%- set stages = funnel_stages() -%}
with entities as (
    select entity_key, customer_id, entry, lead_on, mql_on, sql_on, opportunity_on, won_on,
        coalesce(lead_on, opportunity_on) as segment_date
    from {{ ref('int_funnel_entities') }}
),

parameters as (
    select min_n, confidence_z as z from {{ ref('int_metric_parameters') }}
),

members as (
    {{ with_segments('entities', 'customer_id') }}
),

steps as (
    {% for stage in stages -%}
    {% set next_on = stages[loop.index] ~ '_on' if not loop.last else 'cast(null as date)' -%}
    select
        segment_scheme,
        -- no account, so nothing to be known of
        case when customer_id is null and segment_scheme <> 'all' then 'unmatched' else segment
        end as segment,
        entry,
        {{ month_start('segment_date') }} as cohort_month,
        '{{ stage }}' as stage,
        {{ loop.index }} as stage_number,
        {{ stage }}_on as entered_on,
        {{ next_on }} as left_on
    from members
    {%- if loop.index < 4 %}
    where entry = 'lead'
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counts as (
    select {{ cell }}, cohort_month, stage, stage_number, days, count(entered_on) as entered,
        count(days) as converted
    from (
        select *, {{ days_between('entered_on', 'left_on') }} as days from steps
    ) as timed
    group by {{ cell }}, cohort_month, stage, stage_number, days
),

cohorts as (
    select {{ cell }}, cohort_month, stage, stage_number, sum(entered) as entered,
        sum(converted) as converted
    from counts
    group by {{ cell }}, cohort_month, stage, stage_number
),

medians as (
    {{ funnel_medians('counts') }}
),

-- what everybody takes stands in where a segment has too few to say
expected as (
    select
        own.segment_scheme, own.segment, own.entry, own.stage_number,
        own.median_days,
        sum(coalesce(case when own.n >= parameters.min_n then own.median_days end,
            everybody.median_days)) over {{ by_stage }} as mature_after_days,
        -- a stage that nobody ever left (the last one) has no median, and no cohort is old enough
        max(case when everybody.median_days is null then 1 else 0 end) over (
            partition by own.entry order by own.stage_number range unbounded preceding
        ) as is_endless
    from medians as own
    cross join parameters
    inner join medians as everybody
        on own.entry = everybody.entry
        and own.stage_number = everybody.stage_number
        and everybody.segment_scheme = 'all'
),

aged as (
    select
        cohorts.*, expected.median_days, expected.mature_after_days, parameters.z, parameters.min_n,
        expected.is_endless = 0 and expected.mature_after_days <= {{ days_between(
            add_days(add_months('cohorts.cohort_month', 1), -1), as_of_date()) }} as is_mature
    from cohorts
    cross join parameters
    inner join expected
        on cohorts.segment_scheme = expected.segment_scheme
        and cohorts.segment = expected.segment
        and cohorts.entry = expected.entry
        and cohorts.stage_number = expected.stage_number
),

judged as (
    select *, is_mature and entered > 0 as is_measured from aged
)

select
    segment_scheme, segment, cohort_month, entry, stage,
    cast(stage_number as integer) as stage_number,
    cast(entered as bigint) as entered,
    cast(case when stage <> 'won' then converted end as bigint) as converted,
    case when is_measured then converted / cast(entered as double precision) end as rate,
    cast(entered as bigint) as n,
    {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
    case when is_measured then {{ share_bound('converted', 'entered', 'z', sign) }} end
        as {{ bound }},
    {%- endfor %}
    cast(median_days as double precision) as median_days_in_stage,
    cast(mature_after_days as double precision) as mature_after_days,
    is_mature,
    is_measured and entered >= min_n as is_reliable,
    case
        when stage = 'won' then 'the last stage'
        when entered = 0 then 'nobody reached the stage'
        when not is_mature then 'the cohort is too young'
    end as reason
from judged
