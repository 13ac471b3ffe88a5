; What Ruby files define and import. `generic/events.py` lists the captures.

(call method: (identifier) @_require
  arguments: (argument_list . (string (string_content) @module))
  (#any-of? @_require "require" "require_relative" "load")) @import.all

(module name: (_) @name body: (_)? @body) @class
(class name: (_) @name superclass: (superclass (_) @base)? body: (_)? @body) @class

(call !receiver method: (identifier) @_mix
  arguments: (argument_list [(constant) (scope_resolution)] @base)
  (#any-of? @_mix "include" "extend" "prepend")) @mixin

(method name: (_) @name body: (_)? @body) @function
(singleton_method object: (self) name: (_) @name body: (_)? @body) @static

(call !receiver method: (identifier) @_attr
  arguments: (argument_list (simple_symbol) @name @function)
  (#any-of? @_attr "attr_reader" "attr_accessor" "attr_writer" "delegate" "scope" "define_method" "alias_method"
    "has_many" "has_one" "belongs_to" "has_and_belongs_to_many" "attribute" "option" "property" "let")) @shown

(assignment left: (constant) @name right: (_) @value) @field
(assignment left: (instance_variable) @name right: (_) @value) @member
(operator_assignment left: (instance_variable) @name right: (_) @value) @member
(body_statement (identifier) @hidden (#any-of? @hidden "private" "protected"))
(call !receiver method: (identifier) @_hide arguments: (argument_list [(method) (call)])
  (#any-of? @_hide "private" "protected")) @hidden.here
(call !receiver method: (identifier) @_hide arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_hide "private" "protected")) @hidden.here

(method_parameters [
  (identifier) @name @parameter
  (optional_parameter name: (identifier) @name) @parameter
  (keyword_parameter name: (identifier) @name) @parameter
  (splat_parameter name: (identifier) @name) @parameter
  (hash_splat_parameter name: (identifier) @name) @parameter
  (block_parameter name: (identifier) @name) @parameter])

(assignment left: (identifier) @name right: (_) @value) @local
(operator_assignment left: (identifier) @name right: (_) @value) @local
(for pattern: (identifier) @name value: (in (_) @value)) @element
(call receiver: (_) @value block: [
  (block parameters: (block_parameters . (identifier) @name))
  (do_block parameters: (block_parameters . (identifier) @name))]) @each
(rescue exceptions: (exceptions . (_) @type) variable: (exception_variable (identifier) @name)) @local
(return (argument_list . (_) @value)) @return
(method body: (body_statement (_) @value .)) @return
(singleton_method body: (body_statement (_) @value .)) @return

(assignment
  left: (constant) @name
  right: (call
    receiver: (constant) @_maker
    method: (identifier)
    arguments: (argument_list)
    block: (_)? @body)
  (#any-of? @_maker "Struct" "Data")) @class
(assignment
  left: (constant)
  right: (call
    receiver: (constant) @_maker
    arguments: (argument_list (simple_symbol) @name @function))
  (#any-of? @_maker "Struct" "Data"))
