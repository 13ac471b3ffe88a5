; The components that files with JSX render. Captures are read by extract.py.

(jsx_opening_element name: (identifier) @called) @call
(jsx_self_closing_element name: (identifier) @called) @call
(jsx_opening_element name: (member_expression object: (_) @receiver property: (property_identifier) @called)) @call
(jsx_self_closing_element name: (member_expression object: (_) @receiver property: (property_identifier) @called)) @call
