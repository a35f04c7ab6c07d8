-- A bridge that does not close explains something else than the difference of the two numbers.
-- Every bridge of the mart: the items between two definitions of one cell and month.
-- A returned row is a bridge whose items do not lead from one value to the other.
select
    scope, product_id, segment_scheme, segment, period_month, from_definition, to_definition
from {{ ref('metric_bridge') }}
group by
    scope, product_id, segment_scheme, segment, period_month, from_definition, to_definition
having abs(sum(amount) + max(from_value) - max(to_value)) > 1e-9
