-- A share that has happened cannot have happened less on a later day, and who is at risk is whoever
-- was at risk on the day before less those that ended. Every curve, days with a value.
-- A returned row is a day that contradicts the one before it.
with ordered as (
    select
        *,
        lag(cumulative_incidence) over (
            partition by scope, product_id, segment_scheme, segment, event order by day_number
        ) as earlier_incidence,
        lag(survival) over (
            partition by scope, product_id, segment_scheme, segment, event order by day_number
        ) as earlier_survival,
        lag(at_risk - events - competing - censored) over (
            partition by scope, product_id, segment_scheme, segment, event order by day_number
        ) as left_at_risk
    from {{ ref('time_to_event_curves') }}
)

select * from ordered
where cumulative_incidence < earlier_incidence - 1e-12
    or survival > earlier_survival + 1e-12
    or at_risk <> left_at_risk
