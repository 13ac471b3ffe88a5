; What Go files define and import. Captures are read by extract.py.

(function_declaration
  name: (identifier) @name
  parameters: (parameter_list) @parameters
  result: (_)? @result
  body: (block)? @body) @function

(method_declaration
  receiver: (parameter_list) @receiver
  name: (field_identifier) @name
  parameters: (parameter_list) @parameters
  result: (_)? @result
  body: (block)? @body) @method

(type_spec name: (type_identifier) @name type: (_) @type) @class
(type_alias name: (type_identifier) @name type: (_) @type) @alias

(const_spec name: (identifier) @name . type: (_)? @type value: (_)? @value) @constant
(var_spec) @variable

(import_spec name: (_)? @alias path: (_) @path) @import

; What is defined inside a function is its own affair.
(func_literal) @closure

(ERROR) @error
