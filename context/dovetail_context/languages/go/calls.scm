; What Go files call and construct. Captures are read by extract.py.

(call_expression function: (identifier) @called)
(call_expression function: (selector_expression operand: (_) @receiver field: (field_identifier) @called))
(composite_literal type: (type_identifier) @called)
(composite_literal type: (qualified_type package: (package_identifier) @receiver name: (type_identifier) @called))
