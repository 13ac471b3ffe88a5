; What Java files call and construct. Captures are read by extract.py.

(method_invocation object: (_)? @receiver name: (identifier) @called) @call
(object_creation_expression type: (_) @called) @call
