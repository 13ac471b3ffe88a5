; What Julia files define and import. `generic/events.py` lists the captures.

(module_definition name: (identifier) @name) @package
(call_expression . (identifier) @_include (argument_list (string_literal (content) @module))
  (#eq? @_include "include")) @import.all
(using_statement (identifier) @module) @import.all
(selected_import . (identifier) @prefix (identifier) @module) @import

(struct_definition (type_head [
  (identifier) @name
  (parametrized_type_expression . (identifier) @name)
  (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)] (identifier) @base .)])) @class
(abstract_definition (type_head (identifier) @name)) @class
(struct_definition (typed_expression . (identifier) @name (_) @type) @field)
(struct_definition (identifier) @name @field)
(function_definition (signature [
  (call_expression . (identifier) @name)
  (typed_expression (call_expression . (identifier) @name) . (_) @returns)
  (where_expression (call_expression . (identifier) @name))])) @function
(source_file (assignment . (call_expression . (identifier) @name) (_) @value .) @function)
(module_definition (assignment . (call_expression . (identifier) @name) (_) @value .) @function)
(macro_definition (signature (call_expression . (identifier) @name))) @function
(argument_list (typed_expression . (identifier) @name (_) @type) @parameter)
(const_statement (assignment . (identifier) @name (operator) (_) @value)) @field
(assignment . (identifier) @name (operator) (_) @value) @local
