; What binds names inside a function. Captures are read by bindings.py.

(short_var_declaration left: (expression_list) @names right: (expression_list) @values) @assignment
(assignment_statement left: (expression_list) @names right: (expression_list) @values) @assignment
(receive_statement left: (expression_list) @names right: (_) @value) @receive
(var_spec) @variable
(range_clause left: (expression_list) @names right: (_) @value) @loop
(type_switch_statement alias: (expression_list (identifier) @name) (type_case . type: (_) @type) @case)
(parameter_declaration) @parameter
(variadic_parameter_declaration) @parameter
