; What only C++ files define. Captures are read by extract.py.

(class_specifier name: (_)? @name body: (_) @body) @class
(template_declaration) @template
(access_specifier) @access
(alias_declaration name: (_) @name type: (_) @type) @alias
(lambda_expression) @code
(class_specifier name: (type_identifier) @name !body) @forward
