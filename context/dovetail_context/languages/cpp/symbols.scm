; What C and C++ files define and include. Captures are read by extract.py.

(preproc_include path: (_) @path) @include
(preproc_def name: (identifier) @name value: (_)? @value) @macro
(preproc_function_def name: (identifier) @name) @macro

(function_definition declarator: (_) @declarator body: (_)? @body) @function
(declaration declarator: (_) @declarator) @declaration
(field_declaration declarator: (_) @declarator) @field

(struct_specifier name: (_)? @name body: (_) @body) @class
(union_specifier name: (_)? @name body: (_) @body) @class
(enum_specifier name: (_)? @name body: (_) @body) @enum
(type_definition type: (_) @type declarator: (_) @declarator) @typedef

(struct_specifier name: (type_identifier) @name !body) @forward

(ERROR) @error

; Code behind a macro: `TEST_CASE("adds") { ... }`.
(_ (expression_statement (call_expression)) . (compound_statement) @code)
