; What style sheets define and import. `generic/events.py` lists the captures.

(import_statement (string_value) @module) @import.all
(class_selector (class_name) @name) @field
(id_selector (id_name) @name) @field
(keyframes_statement (keyframes_name) @name) @function
((declaration . (property_name) @name) @field (#match? @name "^--"))
