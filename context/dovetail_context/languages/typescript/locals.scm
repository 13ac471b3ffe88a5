; What binds names inside a function. Captures are read by bindings.py.

(variable_declarator name: (_) @name type: (_)? @type value: (_)? @value) @declared

(assignment_expression left: (identifier) @name right: (_) @value) @assigned

(for_in_statement left: (_) @name operator: _ @operator right: (_) @value) @loop

(catch_clause parameter: (identifier) @name) @catch

(binary_expression left: (identifier) @name operator: "instanceof" right: (_) @value) @instanceof

(arrow_function parameter: (identifier) @name) @single
(formal_parameters) @parameters

; items.map((item) => ...): the parameter is an element of what the method is called on.
(call_expression
  function: (member_expression object: (_) @receiver property: (property_identifier) @method)
  arguments: (arguments . [(arrow_function) (function_expression)] @callback)) @callback_call
