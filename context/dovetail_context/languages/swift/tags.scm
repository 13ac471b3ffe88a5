; What Swift files define. `generic/events.py` lists the captures.

(class_declaration name: (type_identifier) @name body: (_) @body) @class
(class_declaration name: (user_type) @name body: (_) @body) @scope
(protocol_declaration name: (type_identifier) @name body: (_) @body) @class
(inheritance_specifier inherits_from: (_) @base) @mixin

(function_declaration name: (simple_identifier) @name . (parameter)* . name: (_)? @returns body: (_)? @body) @function
(protocol_function_declaration name: (simple_identifier) @name) @function
(init_declaration (modifiers)? . "init" @name body: (_)? @body) @function
(parameter name: (simple_identifier) @name name: (_) @type .) @parameter
(property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)?
  value: (_)? @value
  computed_value: (_)? @body) @field
(enum_entry name: (simple_identifier) @name) @field
(typealias_declaration name: (type_identifier) @name name: (_) @value) @type
(for_statement item: (pattern bound_identifier: (simple_identifier) @name) collection: (_) @value) @element
(control_transfer_statement result: (_) @value) @return
