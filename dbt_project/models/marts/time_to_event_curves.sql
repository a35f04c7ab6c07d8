with curves as (
    select * from {{ ref('int_event_curves') }} where period_month = {{ as_of_month() }}
),

parameters as (
    select curve_horizon_days, min_n from {{ ref('int_metric_parameters') }}
),

events as (
    select needed.event, inputs.is_loaded, inputs.input
    from (
        {% for item in curve_events() -%}
        select '{{ item.event }}' as event, '{{ item.needs }}' as needs
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as needed
    inner join {{ ref('int_kpi_inputs') }} as inputs on needed.needs = inputs.input
),

scopes as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id
    union all
    select 'product' as scope, product_id from {{ ref('dim_products') }}
),

segments as (
    select segment_scheme, segment from {{ ref('dim_segments') }}
    where segment_scheme in (select segment_scheme from {{ ref('int_segment_schemes') }})
    union
    select segment_scheme, case when segment_scheme = 'all' then 'all' else 'unknown' end
    from {{ ref('int_segment_schemes') }}
),

-- every curve has a row at the horizon, also where there is nothing to draw: it says why
ends as (
    select events.event, events.is_loaded, events.input, scopes.scope, scopes.product_id,
        segments.segment_scheme, segments.segment,
        parameters.curve_horizon_days as day_number
    from events
    cross join scopes
    cross join segments
    cross join parameters
),

drawn as (
    select
        coalesce(curves.event, ends.event) as event,
        coalesce(curves.scope, ends.scope) as scope,
        case when curves.event is null then ends.product_id else curves.product_id end
            as product_id,
        coalesce(curves.segment_scheme, ends.segment_scheme) as segment_scheme,
        coalesce(curves.segment, ends.segment) as segment,
        coalesce(curves.day_number, ends.day_number) as day_number,
        curves.at_risk, curves.events, curves.competing, curves.censored, curves.survival,
        curves.incidence, curves.competing_incidence, curves.ci_low, curves.ci_high, curves.n,
        curves.known_n,
        coalesce(curves.is_followed, false) as is_followed,
        ends.is_loaded, ends.input
    from curves
    full outer join ends
        on curves.event = ends.event
        and curves.scope = ends.scope
        and coalesce(curves.product_id, '') = coalesce(ends.product_id, '')
        and curves.segment_scheme = ends.segment_scheme
        and curves.segment = ends.segment
        and curves.day_number = ends.day_number
    -- between the changes the curve is flat
    where ends.event is not null or curves.events + curves.competing + curves.censored > 0
)

select
    scope, product_id, segment_scheme, segment, event,
    cast(day_number as bigint) as day_number,
    cast(coalesce(at_risk, 0) as bigint) as at_risk,
    cast(coalesce(drawn.events, 0) as bigint) as events,
    cast(coalesce(competing, 0) as bigint) as competing,
    cast(coalesce(censored, 0) as bigint) as censored,
    {%- for column in ['survival', 'incidence', 'competing_incidence', 'ci_low', 'ci_high'] %}
    cast(case when is_followed then {{ column }} end as double precision)
        as {{ 'cumulative_incidence' if column == 'incidence' else column }},
    {%- endfor %}
    cast(coalesce(n, 0) as bigint) as n,
    is_followed and known_n >= parameters.min_n as is_reliable,
    case
        when is_followed then null
        when n is not null then 'nobody was followed for so many days'
        when not is_loaded then 'no ' || input || ' loaded'
        else 'nobody started in the window'
    end as reason
from drawn
cross join parameters
