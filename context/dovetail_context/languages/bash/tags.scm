; What shell scripts define and source. `generic/events.py` lists the captures.

(command
  name: (command_name (word) @_source)
  .
  argument: (_) @module
  (#any-of? @_source "source" ".")) @import.all

(function_definition name: (word) @name body: (_) @body) @function
(program (declaration_command (variable_assignment name: (variable_name) @name value: (_)? @value)) @field)
(program (variable_assignment name: (variable_name) @name value: (_)? @value) @field)
