-- A build that was not told the company's time zone counted other days, and nothing else would show it.
-- Of all that is published: depends_on: {{ ref('dim_accounts') }}
select parameters.time_zone
from {{ ref('int_metric_parameters') }} as parameters
cross join {{ source('icp_registry', 'company') }} as company
where parameters.time_zone <> company.time_zone
