; What Haskell files define and import. `generic/events.py` lists the captures.

(header module: (module) @name) @package
(import module: (module) @module alias: (module) @alias) @import.module
(import module: (module) @module !alias) @import.all

(data_type name: (name) @name constructors: (_)? @body) @class
(newtype name: (name) @name constructor: (_) @body) @class
(class name: (name) @name declarations: (_)? @body) @class
(field name: (field_name (variable) @name) type: (_) @type) @field
(type_synonym name: (name) @name type: (_) @value) @type
(signature name: (variable) @name) @function
