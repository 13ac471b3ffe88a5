; What binds names inside a Java method. Captures are read by bindings.py.

(local_variable_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name value: (_)? @value)) @variable

(resource type: (_) @type name: (identifier) @name value: (_) @value) @variable

(enhanced_for_statement type: (_) @type name: (identifier) @name value: (_) @value) @loop

(formal_parameter type: (_) @type name: (identifier) @name) @parameter

(spread_parameter (_) @type (variable_declarator name: (identifier) @name)) @rest

(catch_formal_parameter (catch_type) @type name: (identifier) @name) @parameter

(instanceof_expression left: (identifier) @tested right: (_) @type) @narrowed
(instanceof_expression right: (_) @type name: (identifier) @name) @parameter

(type_pattern . (_) @type (identifier) @name) @parameter
(record_pattern_component . (_) @type (identifier) @name) @component

(lambda_expression parameters: [(identifier) @name (inferred_parameters (identifier) @name)]) @lambda

(assignment_expression left: (identifier) @name right: (_) @value) @assigned
