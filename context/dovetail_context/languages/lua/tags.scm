; What Lua files define and import. `generic/events.py` lists the captures.

(variable_declaration (assignment_statement
  (variable_list name: (identifier) @alias)
  (expression_list value: (function_call
    name: (identifier) @_require
    arguments: (arguments (string content: (_) @module)))))
  (#eq? @_require "require")) @import.module

(function_declaration name: [
  (identifier) @name
  (dot_index_expression field: (identifier) @name)
  (method_index_expression method: (identifier) @name)] body: (_)? @body) @function
(assignment_statement
  (variable_list name: [(identifier) @name (dot_index_expression field: (identifier) @name)])
  (expression_list value: (function_definition body: (_)? @body))) @function
(parameters name: (identifier) @name @parameter)
(chunk (assignment_statement
  (variable_list name: [(identifier) @name (dot_index_expression field: (identifier) @name)])
  (expression_list value: (_) @value)) @field)
(variable_declaration (assignment_statement
  (variable_list name: (identifier) @name)
  (expression_list value: (_) @value))) @local
