; What binds names inside a function. Captures are read by bindings.py.

(parameter pattern: (_) @pattern type: (_) @type) @typed
(let_declaration pattern: (_) @pattern type: (_)? @type value: (_)? @value) @let
(let_condition pattern: (_) @pattern value: (_) @value) @let
(for_expression pattern: (_) @pattern value: (_) @value) @loop
(match_expression
  value: (_) @value
  body: (match_block (match_arm pattern: (match_pattern . (_) @pattern)) @arm))

; on_login(|who| ...), x.iter().map(|each| ...): the closure is given what the function passes to it.
(call_expression
  function: (_) @function
  arguments: (arguments (closure_expression parameters: (closure_parameters)) @closure))
