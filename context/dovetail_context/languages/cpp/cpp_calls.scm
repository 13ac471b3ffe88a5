; What only C++ files call and construct. Captures are read by extract.py.

(call_expression function: (qualified_identifier scope: (_)? @receiver name: (_) @called))
(call_expression function: (template_function name: (identifier) @called))
(new_expression type: (type_identifier) @called)
