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

(from_clause name: (identifier) @name . (_) @value) @loop

; var (first, second) = ..., foreach (var (key, value) in ...)
(variable_declarator (tuple_pattern) @names (_) @value) @parts
(foreach_statement left: (tuple_pattern) @names right: (_) @value) @pairs

; is Order { Owner: var who }
(recursive_pattern type: (_) @type
  (property_pattern_clause (subpattern (identifier) @field
    (declaration_pattern type: (implicit_type) name: (identifier) @name)))) @property

(assignment_expression left: (identifier) @name right: (_) @value) @assigned
