; What binds names inside a function. Captures are read by bindings.py.

(variable_declarator name: (_) @name type: (_)? @type value: (_)? @value) @declared

(assignment_expression left: (identifier) @name right: (_) @value) @assigned

(for_in_statement left: (_) @name operator: _ @operator right: (_) @value) @loop

(catch_clause parameter: (identifier) @name) @catch

(binary_expression left: (identifier) @name operator: "instanceof" right: (_) @value) @instanceof

(arrow_function parameter: (identifier) @name) @single
(formal_parameters) @parameters

; A function as a value: what it is given depends on its place.
[(arrow_function) (function_expression)] @callback
(object (method_definition) @callback)

; `if (isAccount(value))`: what the function checks for is declared as its result.
(if_statement condition: (parenthesized_expression (call_expression
  function: (_) @guard arguments: (arguments . (identifier) @name))))
