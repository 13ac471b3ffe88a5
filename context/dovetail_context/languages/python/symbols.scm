; What Python files define and import. Captures are read by extract.py.

(class_definition
  name: (identifier) @name
  superclasses: (argument_list)? @bases
  body: (block) @body) @class

(function_definition
  name: (identifier) @name
  parameters: (parameters) @parameters
  return_type: (type)? @type
  body: (block) @body) @function

(decorator) @decorator

(assignment
  left: (identifier) @name
  type: (type)? @type
  right: (_)? @value) @variable

; a, b = ... binds names whose types are unknown.
(assignment
  left: (pattern_list (identifier) @each)
  right: (_)? @value) @variables

; self.name = ... inside a method makes a field of the class.
(assignment
  left: (attribute object: (identifier) @receiver attribute: (identifier) @name)
  type: (type)? @type
  right: (_)? @value) @field

; What unpacks into fields: self.low, self.high = ...
(assignment
  left: [(pattern_list) (tuple_pattern) (list_pattern)] @targets
  right: (_)? @value) @unpacked

; with open(path) as self.file: ...
(with_item value: (as_pattern (_) @value alias: (as_pattern_target (attribute) @targets))) @entered

(for_statement left: [(attribute) (pattern_list) (tuple_pattern)] @targets) @looped

(augmented_assignment
  left: (identifier) @name
  right: (_) @value) @augmented

(type_alias_statement . (type) @name (type) @value .) @alias

(return_statement (_) @value) @return
(yield) @yield

; What a function returns or yields may be what a loop or a with statement binds.
(for_statement left: (_) @names right: (_) @value) @loop
(with_item value: (as_pattern (_) @value alias: (as_pattern_target (identifier) @name))) @with

(import_statement) @import
(import_from_statement) @import

(ERROR) @error
