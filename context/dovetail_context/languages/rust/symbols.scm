; What Rust files define and import. Captures are read by extract.py.

(struct_item name: (type_identifier) @name body: (_)? @body) @struct
(union_item name: (type_identifier) @name body: (_)? @body) @struct
(enum_item name: (type_identifier) @name body: (_) @body) @enum
(trait_item name: (type_identifier) @name bounds: (_)? @bounds body: (_) @body) @trait
(impl_item trait: (_)? @trait type: (_) @type body: (_)? @body) @impl
(mod_item name: (identifier) @name body: (_)? @body) @module

(function_item
  name: (identifier) @name
  parameters: (parameters) @parameters
  return_type: (_)? @result
  body: (block) @body) @function
(function_signature_item
  name: (identifier) @name
  parameters: (parameters) @parameters
  return_type: (_)? @result) @function

(type_item name: (type_identifier) @name type: (_) @type) @alias
(associated_type name: (type_identifier) @name bounds: (_)? @bounds) @associated
(const_item name: (identifier) @name type: (_) @type) @constant
(static_item name: (identifier) @name type: (_) @type) @constant
(macro_definition name: (identifier) @name) @macro

(attribute_item (attribute (identifier) @name value: (string_literal) @value)) @attribute
(use_declaration argument: (_) @argument) @use
(extern_crate_declaration name: (identifier) @name alias: (identifier)? @alias) @crate

(ERROR) @error
