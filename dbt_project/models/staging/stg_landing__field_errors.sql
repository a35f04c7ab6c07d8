select
    source as source_system,
    entity,
    file as source_file,
    row_number as source_row,
    column_name,
    rule,
    value_masked,
    is_required,
    loaded_at
from {{ source('landing', 'field_errors') }}
