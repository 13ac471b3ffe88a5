; What Dart files define and import. `generic/events.py` lists the captures.

(import_or_export (library_import (import_specification (configurable_uri (uri) @module) . (identifier) @alias))) @import.module
(import_or_export (library_import (import_specification (configurable_uri (uri) @module) .))) @import.all
(import_or_export (library_import (import_specification (configurable_uri (uri) @module) (combinator)))) @import.all
(import_or_export (library_export (configurable_uri (uri) @module))) @import.all

(class_definition name: (identifier) @name body: (_) @body) @class
(superclass (type_identifier) @base) @mixin
(mixins (type_identifier) @base) @mixin
(interfaces (type_identifier) @base) @mixin
(enum_declaration name: (identifier) @name body: (_) @body) @class
(enum_constant name: (identifier) @name) @field
(mixin_declaration (identifier) @name (class_body) @body) @class
(extension_declaration class: (type_identifier) @name body: (_) @body) @scope
(type_alias . (type_identifier) @name . (_) @value) @type

(method_signature (function_signature . (_)? @returns name: (identifier) @name) @function)
(method_signature (getter_signature . (_)? @returns name: (identifier) @name) @function)
(declaration (function_signature . (_)? @returns name: (identifier) @name) @function)
(declaration (constructor_signature . name: (identifier) @name) @function)
(program (function_signature . (_)? @returns name: (identifier) @name) @function)
(formal_parameter . (_) @type name: (identifier) @name) @parameter
(declaration (type_identifier) @type (type_arguments)?
  (initialized_identifier_list (initialized_identifier . (identifier) @name . (_)? @value))) @field
(static_final_declaration . (identifier) @name . (_) @value) @field
(initialized_variable_definition (type_identifier)? @type name: (identifier) @name value: (_)? @value) @local
(return_statement (_) @value) @return
