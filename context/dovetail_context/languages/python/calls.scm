; What Python files call. Captures are read by extract.py.

(call function: (identifier) @called) @call
(call function: (attribute object: (_) @receiver attribute: (identifier) @called)) @call
