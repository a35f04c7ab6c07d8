-- Growth may lift net retention above gross retention; the reverse means that a cap is missing.
-- Every month, scope and segment of the KPI table; cohorts, months and compounded, each by itself.
-- A returned row is a cell whose net revenue retention is below its gross revenue retention.
select nrr.scope, nrr.product_id, nrr.segment_scheme, nrr.segment, nrr.period_month
from {{ ref('segment_kpis') }} as nrr
inner join {{ ref('segment_kpis') }} as grr
    on nrr.scope = grr.scope
    and coalesce(nrr.product_id, '') = coalesce(grr.product_id, '')
    and nrr.segment_scheme = grr.segment_scheme
    and nrr.segment = grr.segment
    and nrr.period_month = grr.period_month
where nrr.metric = 'nrr'
    and grr.metric = 'grr'
    and nrr.value < grr.value - 1e-9
    and replace(replace(grr.metric_definition, 'grr_', ''), 'point_', 'cohort_')
        = replace(nrr.metric_definition, 'nrr_', '')
