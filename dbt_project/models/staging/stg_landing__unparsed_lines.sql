select
    source as source_system,
    entity,
    file as source_file,
    row_number as source_row,
    error,
    line_masked,
    loaded_at
from {{ source('landing', 'unparsed_lines') }}
