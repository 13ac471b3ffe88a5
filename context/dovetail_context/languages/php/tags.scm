; What PHP files define and import. `generic/events.py` lists the captures.

(namespace_definition name: (namespace_name) @name) @package

(namespace_use_declaration
  (namespace_use_clause . [(qualified_name) (name)] @module alias: (name)? @alias) @import)
(namespace_use_declaration
  (namespace_name) @prefix
  body: (namespace_use_group
    (namespace_use_clause . [(name) (qualified_name) (namespace_name)] @module alias: (name)? @alias) @import))

(class_declaration
  name: (name) @name
  (base_clause [(name) (qualified_name)] @base)?
  body: (_) @body) @class
(class_interface_clause [(name) (qualified_name)] @base) @mixin
(use_declaration [(name) (qualified_name)] @base) @mixin
(interface_declaration name: (name) @name (base_clause [(name) (qualified_name)] @base)? body: (_) @body) @class
(trait_declaration name: (name) @name body: (_) @body) @class
(enum_declaration name: (name) @name body: (_) @body) @class

(const_declaration (const_element . (name) @name . (_) @value)) @field
(enum_case name: (name) @name) @field
(property_declaration
  type: (_)? @type
  (property_element name: (variable_name (name) @name) default_value: (_)? @value)) @field
(property_promotion_parameter type: (_)? @type name: (variable_name (name) @name)) @field

(method_declaration name: (name) @name return_type: (_)? @returns body: (_)? @body) @function
(function_definition name: (name) @name return_type: (_)? @returns body: (_) @body) @function
(formal_parameters
  [(simple_parameter type: (_)? @type name: (variable_name) @name)
   (property_promotion_parameter type: (_)? @type name: (variable_name) @name)] @parameter)
(formal_parameters (variadic_parameter name: (variable_name) @name) @parameter)

(assignment_expression
  left: (member_access_expression object: (variable_name (name) @_this) name: (name) @name)
  right: (_) @value
  (#eq? @_this "this")) @member
(assignment_expression left: (variable_name) @name right: (_) @value) @local
(foreach_statement . (_) @value . [(variable_name) @name (pair (variable_name) . (variable_name) @name)]) @element
(catch_clause type: (type_list . (_) @type) name: (variable_name) @name) @local
(return_statement (_) @value) @return
(arrow_function parameters: (formal_parameters (simple_parameter type: (_)? @type name: (variable_name) @name) @local))
