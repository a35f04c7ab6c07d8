select
    source as source_system,
    entity,
    file as source_file,
    row_number as source_row,
    error,
    line_masked,
    loaded_at
from {{ source('landing', 'unparsed_lines') }}
-- a file that was mended and landed again, or a later full dump, supersedes what it said before
where loaded_at <= {{ known_at() }}
    and (superseded_at is null or superseded_at > {{ known_at() }})
