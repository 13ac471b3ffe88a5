; What C and C++ files call. Captures are read by extract.py.

(call_expression function: (identifier) @called)
(call_expression function: (field_expression argument: (_) @receiver field: (field_identifier) @called))
