; What SQL files define. `generic/events.py` lists the captures.

(create_table (object_reference name: (identifier) @name) (column_definitions) @body) @class
(column_definition name: (identifier) @name) @field
(create_view (object_reference name: (identifier) @name) (create_query) @body) @class
(create_materialized_view (object_reference name: (identifier) @name) (create_query) @body) @class
(create_function (object_reference name: (identifier) @name) (function_body) @body) @function
(create_type (object_reference name: (identifier) @name)) @class
