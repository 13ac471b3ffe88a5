; What Elixir files define and import. `generic/events.py` lists the captures.

(call target: (identifier) @_word (arguments . (alias) @name) (do_block) @body
  (#any-of? @_word "defmodule" "defprotocol")) @class
(call target: (identifier) @_word (arguments . (alias) @module
    (keywords (pair key: (keyword) @_as value: (alias) @alias))?)
  (#any-of? @_word "alias" "require")) @import
(call target: (identifier) @_word
  (arguments . (dot left: (alias) @prefix right: (tuple (alias) @module)))
  (#eq? @_word "alias")) @import
(call target: (identifier) @_word (arguments . (alias) @module) (#any-of? @_word "import" "use")) @import.members

(call target: (identifier) @_word
  (arguments . [
    (call target: (identifier) @name)
    (identifier) @name
    (binary_operator left: (call target: (identifier) @name))])
  (do_block)? @body
  (#any-of? @_word "def" "defp" "defmacro" "defmacrop" "defguard" "defdelegate")) @function
(call target: (identifier) @_word (arguments (list (atom) @name)) (#eq? @_word "defstruct")) @field
(binary_operator left: (identifier) @name operator: "=" right: (_) @value) @local
