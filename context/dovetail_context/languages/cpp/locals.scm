; What binds names inside a function. Captures are read by bindings.py.

(parameter_declaration type: (_) @type declarator: (_) @declarator) @binding
(optional_parameter_declaration type: (_) @type declarator: (_) @declarator) @binding
(declaration type: (_) @type declarator: (_) @declarator) @binding
(for_range_loop type: (_) @type declarator: (_) @declarator right: (_) @value) @loop
