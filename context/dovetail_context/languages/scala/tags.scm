; What Scala files define and import. `generic/events.py` lists the captures.

(package_clause name: (_) @name) @package
(import_declaration) @import.whole

(class_definition name: (_) @name class_parameters: (_)? extend: (extends_clause)? body: (_)? @body) @class
(object_definition name: (_) @name body: (_)? @body) @class
(trait_definition name: (_) @name body: (_)? @body) @class
(enum_definition name: (_) @name body: (_)? @body) @class
(extends_clause type: (_) @base) @mixin
(class_parameter name: (_) @name type: (_)? @type) @field
(class_parameter name: (_) @name type: (_)? @type) @parameter

(function_definition name: (_) @name return_type: (_)? @returns body: (_) @body) @function
(function_declaration name: (_) @name return_type: (_)? @returns) @function
(parameter name: (_) @name type: (_) @type) @parameter
(val_definition pattern: (identifier) @name type: (_)? @type value: (_) @value) @field
(var_definition pattern: (identifier) @name type: (_)? @type value: (_) @value) @field
(val_declaration name: (_) @name type: (_) @type) @field
(type_definition name: (_) @name type: (_) @value) @type
