; What TypeScript files call, construct and render. Captures are read by extract.py.

(call_expression function: (identifier) @called) @call
(call_expression function: (member_expression object: (_) @receiver property: (property_identifier) @called)) @call
(new_expression constructor: (identifier) @called) @call
(new_expression constructor: (member_expression object: (_) @receiver property: (property_identifier) @called)) @call
