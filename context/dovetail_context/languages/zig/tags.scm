; What Zig files define and import. `generic/events.py` lists the captures.

(variable_declaration . (identifier) @alias
  (builtin_function (builtin_identifier) @_import (arguments (string (string_content) @module)))
  (#eq? @_import "@import")) @import.module

(variable_declaration . (identifier) @name
  [(struct_declaration) (enum_declaration) (union_declaration) (opaque_declaration)] @body) @class
(container_field name: (identifier) @name type: (_)? @type) @field
(function_declaration name: (identifier) @name type: (_)? @returns body: (_)? @body) @function
(parameter name: (identifier) @name type: (_) @type) @parameter
(variable_declaration . (identifier) @name type: (_)? @type "=" . (_) @value) @field
(return_expression (_) @value) @return
