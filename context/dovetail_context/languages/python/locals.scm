; What binds names inside a function. Captures are read by bindings.py.

(assignment left: (identifier) @name type: (type)? @type right: (_)? @value) @assignment

(assignment left: (pattern_list) @names right: (_) @value) @unpacking

(named_expression name: (identifier) @name value: (_) @value) @assignment

(for_statement left: (_) @names right: (_) @value) @loop
(for_in_clause left: (_) @names right: (_) @value) @loop

(with_item value: (as_pattern (_) @value alias: (as_pattern_target (identifier) @name))) @with

(except_clause (as_pattern (_) @value alias: (as_pattern_target (identifier) @name))) @except

(call
  function: (identifier) @function
  arguments: (argument_list . (identifier) @name . (_) @value .)
  (#eq? @function "isinstance")) @isinstance

(case_clause (case_pattern) @value) @case

(function_definition parameters: (parameters) @parameters) @function
(lambda parameters: (lambda_parameters) @parameters) @lambda
