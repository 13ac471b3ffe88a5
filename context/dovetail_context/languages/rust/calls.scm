; What Rust files call and construct. Captures are read by extract.py.

(call_expression function: (identifier) @called)
(call_expression function: (field_expression value: (_) @receiver field: (field_identifier) @called))
(call_expression function: (scoped_identifier path: (_)? @receiver name: (identifier) @called))
(generic_function function: (identifier) @called)
(generic_function function: (field_expression value: (_) @receiver field: (field_identifier) @called))
(generic_function function: (scoped_identifier path: (_)? @receiver name: (identifier) @called))
(struct_expression name: (type_identifier) @called)
(struct_expression name: (scoped_type_identifier path: (_)? @receiver name: (type_identifier) @called))
(macro_invocation macro: (identifier) @called)
