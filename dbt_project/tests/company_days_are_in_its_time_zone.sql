-- A build that was not told the company's time zone would count other days, and nothing else would show it.
select time_zone
from {{ source('icp_registry', 'company') }}
where time_zone <> '{{ time_zone() }}'
