; What binds names inside a C# method. Captures are read by bindings.py.

(variable_declaration type: (_) @type (variable_declarator . name: (identifier) @name (_)? @value)) @variable

(foreach_statement type: (_) @type left: (identifier) @name right: (_) @value) @loop

(parameter type: (_) @type name: (identifier) @name) @parameter

(parameter_list type: (_) @type name: (identifier) @name) @rest

(catch_declaration type: (_) @type name: (identifier) @name) @parameter

(is_pattern_expression
  expression: (identifier) @tested
  pattern: [
    (constant_pattern (identifier) @type)
    (recursive_pattern type: (_) @type)
    (declaration_pattern type: (_) @type)
  ]) @narrowed

(declaration_pattern type: (_) @type name: (identifier) @name) @parameter
(recursive_pattern type: (_) @type name: (identifier) @name) @parameter

(lambda_expression parameters: [(implicit_parameter) @name (parameter_list (parameter) @name)]) @lambda

(invocation_expression
  function: (member_access_expression expression: (_) @value)
  arguments: (argument_list
    (argument (declaration_expression type: (_) @type name: (identifier) @name)))) @out

(assignment_expression left: (identifier) @name right: (_) @value) @assigned
