; What C# files call and construct. Captures are read by extract.py.

(invocation_expression function: [(identifier) (generic_name)] @called) @call
(invocation_expression
  function: (member_access_expression expression: _ @receiver name: (_) @called)) @call
(invocation_expression
  function: (conditional_access_expression
    condition: (_) @receiver
    (member_binding_expression name: (_) @called))) @call
(object_creation_expression type: (_) @called) @call
