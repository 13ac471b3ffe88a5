"""TypeScript's definitions as symbols: classes, interfaces, enums, type aliases, functions, variables and prototypes.

An object literal and a type alias with members are classes too: their members are what matters.
"""

import re

from dovetail_context.languages.typescript.collected import FUNCTIONS, METHODS, Members, function_type_parameters
from dovetail_context.languages.typescript.expressions import access_path, component_of
from dovetail_context.languages.typescript.jsdoc import TypeDefinition, jsdoc_type
from dovetail_context.languages.typescript.signatures import base_names, head_text, one_line, value_text
from dovetail_context.languages.typescript.stores import store_of, store_parts
from dovetail_context.languages.typescript.types import (
    constraints_of,
    function_type,
    is_function_type,
    parts_of,
    returned_type,
    type_text,
    written_members,
)
from dovetail_context.records.record import SHAPE, Symbol
from dovetail_context.syntax import Node, SyntaxTree

_WRAPPERS = ("as_expression", "satisfies_expression", "parenthesized_expression")
# Larger object literals are tables of data.
MAX_LITERAL_MEMBERS = 80
_COMPONENT = re.compile(r"(?:React\.)?(?:Pure)?Component\[([^,\[\]]+)")


class Definitions:
    """Reads declarations, in text order."""

    def __init__(self, tree: SyntaxTree) -> None:
        self._tree = tree
        self._members = Members(tree)

    @property
    def symbols(self) -> list[Symbol]:
        """All symbols so far."""
        return self._members.symbols

    def add(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        """Add a declaration with its members; its name, "" if the node declares nothing."""
        kind = node.type
        if kind in ("class_declaration", "abstract_class_declaration", "class"):
            return self._class(node, container, outer, comment)
        if kind in ("function_declaration", "generator_function_declaration", "function_signature"):
            return self._function(node, container, outer, comment)
        if kind == "interface_declaration":
            return self._class(node, container, outer, comment)
        if kind == "type_alias_declaration":
            return self._alias(node, container, outer, comment)
        if kind == "enum_declaration":
            return self._enum(node, container, outer, comment)
        if kind in METHODS:
            return self._members.add_method(node, container, outer, comment, {})
        return ""

    def add_typedef(self, defined: TypeDefinition, node: Node) -> None:
        """Add a type that a comment defines: an alias, or an object with its properties."""
        name, type_ = defined.name, defined.type
        if type_ and not defined.properties:
            self._members.add(name, "type", "", node, f"type {name} = {defined.shown or type_}", None, type_)
            return
        self._members.add(name, "class", "", node, f"interface {name}", None, bases=(type_,) if type_ else ())
        for each, of_each in defined.properties:
            self._members.add(each, "field", name, node, f"{each}: {of_each or 'any'}", None, of_each)

    def add_namespace(self, name: str, node: Node, container: str, outer: Node, comment: Node | None) -> None:
        """Add a namespace; its statements are read by the caller."""
        self._members.add(name, "class", container, outer, f"namespace {name}", comment)

    def add_variable(self, node: Node, keyword: str, container: str, outer: Node, comment: Node | None) -> None:
        """Add what `const name: Type = value` defines."""
        name, declared = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None:
            return
        written, value = self._tree.text(name), node.child_by_field_name("value")
        if declared is None and value is not None:
            self.add_value(written, value, outer, comment, container, f"{keyword} {written}")
            return
        signature = value_text(self._tree, f"{keyword} {written}", declared, value)
        if is_function_type(declared):
            result, named = returned_type(self._tree, declared), function_type_parameters(self._tree, declared, {})
            self._members.add(written, "function", container, outer, signature, comment, type_=result, parameters=named)
        else:
            members = written_members(declared)
            type_, shape = type_text(self._tree, declared), SHAPE if members is not None else ""
            self._members.add(written, "variable", container, outer, signature, comment, type_, shape)
            if members is not None:
                self._members.add_members(members, f"{container}.{written}" if container else written, {})

    def add_plain(self, name: str, keyword: str, path: str, container: str, outer: Node) -> None:
        """Add a variable that a pattern takes out of a value."""
        self._members.add(name, "variable", container, outer, f"{keyword} {name}", None, value=path)

    def add_value(
        self, name: str, value: Node, outer: Node, comment: Node | None, container: str = "", head: str = ""
    ) -> None:
        """Add what a name is by its value: a function, a class, an object with members, or a plain variable."""
        head = head or (f"export {name}" if name == "default" else f"exports.{name}")
        is_constant = False
        while value.type in _WRAPPERS and value.named_child_count and value.named_children[0].type == "object":
            few = value.named_children[0].named_child_count < MAX_LITERAL_MEMBERS
            is_constant = value.type == "as_expression" and few
            value = value.named_children[0]
        equals = "" if head.endswith(" default") else " ="
        wrapped = component_of(self._tree, value)
        if wrapped is not None:
            inner, properties = wrapped
            self._members.add_function_value(name, inner, container, outer, comment, f"{head}{equals}", properties)
        elif value.type in FUNCTIONS:
            self._members.add_function_value(name, value, container, outer, comment, f"{head}{equals}")
            self._constructor(name, container, value)
        elif value.type == "class":
            self._class(value, container, outer, comment, name)
        elif (store := store_of(self._tree, value)) is not None and store.type in FUNCTIONS:
            self._members.add_function_value(name, store, container, outer, comment, f"{head}{equals}")
        elif store is not None:
            self._members.add(name, "function", container, outer, f"{head}{equals} () => {{}}", comment, value=SHAPE)
            for part in store_parts(self._tree, store):
                self._members.add_members(part, f"{container}.{name}" if container else name, {})
        elif value.type == "object" and (is_constant or _has_names(value)):
            self._members.add(name, "class", container, outer, f"{head}{equals}", comment)
            self._members.add_members(value, f"{container}.{name}" if container else name, {})
        else:
            signature = value_text(self._tree, head, None, value)
            if not equals:
                signature = signature.replace(" = ", " ", 1)
            path, type_ = access_path(self._tree, value), jsdoc_type(self._tree, comment)
            self._members.add(name, "variable", container, outer, signature, comment, type_, "" if type_ else path)

    def _class(self, node: Node, container: str, outer: Node, comment: Node | None, name: str = "default") -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        name = self._tree.text(named) if named is not None else name
        if body is None:
            return ""
        generic = constraints_of(self._tree, node.child_by_field_name("type_parameters"))
        bases = tuple(base_names(self._tree, node))
        signature = head_text(self._tree, node, body.start_byte)
        if named is None:
            signature = signature.replace("class", f"class {name}", 1)
        taken = tuple(("props", found[1]) for base in bases if (found := _COMPONENT.match(base)))
        self._members.add(
            name, "class", container, outer, signature, comment, bases=bases, parameters=taken, generic=generic
        )
        self._members.add_members(body, f"{container}.{name}" if container else name, {})
        return name

    def _alias(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        named, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if named is None or value is None:
            return ""
        name = self._tree.text(named)
        generic = constraints_of(self._tree, node.child_by_field_name("type_parameters"))
        objects = [part for part in parts_of(value) if part.type == "object_type" and function_type(part) is None]
        if not objects:
            signature, type_ = head_text(self._tree, node, node.end_byte), type_text(self._tree, value)
            self._members.add(name, "type", container, outer, signature.rstrip(";"), comment, type_, generic=generic)
            return name
        others = type_text(self._tree, value).replace("?", "") if value.type != "object_type" else ""
        bases = tuple(part for part in others.split(" | ") if part and part != name)
        shown = self._tree.slice(value.start_byte, objects[0].start_byte) if value.type == "intersection_type" else ""
        head = head_text(self._tree, node, value.start_byte)
        signature = one_line(f"{head} {shown}")
        self._members.add(name, "class", container, outer, signature, comment, bases=bases, generic=generic)
        for each in objects:
            self._members.add_members(each, f"{container}.{name}" if container else name, {})
        return name

    def _enum(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if named is None or body is None:
            return ""
        name = self._tree.text(named)
        self._members.add(name, "class", container, outer, head_text(self._tree, node, body.start_byte), comment)
        inside = f"{container}.{name}" if container else name
        for child in body.named_children:
            key = child.child_by_field_name("name") if child.type == "enum_assignment" else child
            if key is not None and child.type != "comment":
                text = one_line(self._tree.text(child)) + ","
                self._members.add(self._tree.text(key).strip("\"'"), "field", inside, child, text, None, name)
        return name

    def _function(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        name = self._tree.text(named) if named is not None else "default"
        end = body.start_byte if body is not None else node.end_byte
        signature = head_text(self._tree, node, end).rstrip(";")
        self._members.add_callable(name, "function", node, container, outer, comment, signature, {})
        self._constructor(name, container, node)
        return name

    def _constructor(self, name: str, container: str, function: Node) -> None:
        """Make a class of a function with a capital that gives members to its object."""
        body = function.child_by_field_name("body")
        if not container and name[:1].isupper() and next(self._members.given_to_this(body), None) is not None:
            self._members.make_class(name, function)


def _has_names(value: Node) -> bool:
    """Whether the members of an object literal are named behind dots: its keys are names, and not too many."""
    return 0 < value.named_child_count <= MAX_LITERAL_MEMBERS and any(
        child.type in ("method_definition", "shorthand_property_identifier")
        or (
            child.type == "pair"
            and (key := child.child_by_field_name("key")) is not None
            and key.type == "property_identifier"
        )
        for child in value.named_children
    )
