; What Kotlin files define and import. `generic/events.py` lists the captures.

(package_header (qualified_identifier) @name) @package

(import (qualified_identifier) @module (identifier)? @alias) @import

(class_declaration
  name: (identifier) @name
  (delegation_specifiers)? @_bases
  [(class_body) (enum_class_body)]? @body) @class
(object_declaration name: (identifier) @name (class_body)? @body) @class

(delegation_specifier [
  (user_type) @base
  (constructor_invocation (user_type) @base)
  (explicit_delegation . (user_type) @base)]) @mixin

(class_parameter ["val" "var"] (identifier) @name (_) @type) @field @shown
(class_parameter (identifier) @name . (_) @type) @parameter
(enum_entry . (identifier) @name) @field

(function_declaration
  (user_type)? @receiver
  .
  name: (identifier) @name
  (function_value_parameters)
  .
  [(user_type) (nullable_type)]? @returns
  (function_body)? @body) @function
(function_value_parameters (parameter (identifier) @name . (_) @type) @parameter)

(property_declaration
  (variable_declaration . (identifier) @name . (_)? @type)
  .
  (_)? @value) @field
(property_declaration
  (variable_declaration . (identifier) @name .)
  (property_delegate (call_expression (annotated_lambda (lambda_literal (_) @value .))))) @field
(type_alias type: (identifier) @name (_) @value) @type

(for_statement (variable_declaration . (identifier) @name . (_)? @type) . (_) @value) @element
(lambda_parameters (variable_declaration . (identifier) @name . (_)? @type) @local)
(call_expression
  . (_) @taker
  (value_arguments)? @arguments
  (annotated_lambda (lambda_literal (lambda_parameters (variable_declaration . (identifier) @name .) @given))))
(property_declaration (multi_variable_declaration (variable_declaration . (identifier) @name) @part) . (_) @value)
(for_statement (multi_variable_declaration (variable_declaration . (identifier) @name) @pair) . (_) @value)
(call_expression
  (navigation_expression . (_) @value)
  (annotated_lambda (lambda_literal (lambda_parameters
    . (multi_variable_declaration (variable_declaration . (identifier) @name) @pair) .))))
(is_expression . (identifier) @name . (_) @type) @local
(call_expression
  (navigation_expression . (_) @value)
  (annotated_lambda (lambda_literal (lambda_parameters . (variable_declaration . (identifier) @name .) .)))) @each
(when_subject (variable_declaration . (identifier) @name) . (_) @value) @local
(function_body "=" . (_) @value) @return
(return_expression (_) @value) @return
