"""TypeScript's definitions as symbols: classes, interfaces, enums, type aliases, functions, variables and members.

An object literal with functions and a type alias with members are classes too: their members are what matters.
"""

from collections import Counter
from typing import Literal

from dovetail_context.languages.doc_comments import doc_line
from dovetail_context.languages.typescript.expressions import access_path, component_of
from dovetail_context.languages.typescript.jsdoc import jsdoc_type, read_jsdoc
from dovetail_context.languages.typescript.results import result_path, returned_object
from dovetail_context.languages.typescript.signatures import (
    base_names,
    head_text,
    one_line,
    parameter_paths,
    parameters,
    value_text,
)
from dovetail_context.languages.typescript.types import (
    Constraints,
    constraints_of,
    function_type,
    is_function_type,
    parts_of,
    returned_type,
    type_text,
    written_members,
)
from dovetail_context.records.access import as_guess
from dovetail_context.records.record import SHAPE, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
_WRAPPERS = ("as_expression", "satisfies_expression", "parenthesized_expression")
# The maximum number of overloads of one name. Further ones repeat the same with more type parameters.
MAX_OVERLOADS = 4
MAX_DEPTH = 8  # broken places inside broken places
# Larger object literals are tables of data.
MAX_LITERAL_MEMBERS = 80
# What members with names in brackets or none at all are to those who look them up.
_SPECIAL = {
    "call_signature": "__call__",
    "construct_signature": "__new__",
    "index_signature": "__getitem__",
    "[Symbol.iterator]": "__iter__",
    "[Symbol.asyncIterator]": "__iter__",
}


class Definitions:
    """Collects the symbols of a file in text order."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self._tree = tree
        self._overloads: Counter[tuple[str, str]] = Counter()
        self._functions: dict[str, Node] = {}  # by qualified name

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
        if kind in ("method_definition", "method_signature", "abstract_method_signature"):
            return self._method(node, container, outer, comment, {})
        return ""

    def add_typedef(self, name: str, type_: str, properties: tuple[tuple[str, str], ...], node: Node) -> None:
        """Add a type that a comment defines: an alias, or an object with its properties."""
        if type_ and not properties:
            self._add(name, "type", "", node, f"type {name} = {type_}", None, type_)
            return
        self._add(name, "class", "", node, f"interface {name}", None, bases=(type_,) if type_ else ())
        for each, of_each in properties:
            self._add(each, "field", name, node, f"{each}: {of_each or 'any'}", None, of_each)

    def add_namespace(self, name: str, node: Node, container: str, outer: Node, comment: Node | None) -> None:
        """Add a namespace; its statements are read by the caller."""
        self._add(name, "class", container, outer, f"namespace {name}", comment)

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
            result, named = returned_type(self._tree, declared), self._taken_by(declared, {})
            self._add(written, "function", container, outer, signature, comment, type_=result, parameters=named)
        else:
            members = written_members(declared)
            type_, shape = type_text(self._tree, declared), SHAPE if members is not None else ""
            self._add(written, "variable", container, outer, signature, comment, type_, shape)
            if members is not None:
                self._members(members, f"{container}.{written}" if container else written, {})

    def _taken_by(self, declared: Node | None, constraints: Constraints) -> tuple[tuple[str, str], ...]:
        """The parameters of a function type that is written out."""
        function = function_type(declared)
        listed = function.child_by_field_name("parameters") if function is not None else None
        return tuple((name, type_) for name, type_, _ in parameters(self._tree, listed, constraints))

    def add_plain(self, name: str, keyword: str, path: str, container: str, outer: Node) -> None:
        """Add a variable that a pattern takes out of a value."""
        self._add(name, "variable", container, outer, f"{keyword} {name}", None, value=path)

    def add_value(
        self, name: str, value: Node, outer: Node, comment: Node | None, container: str = "", head: str = ""
    ) -> None:
        """Add what a name is by its value: a function, a class, an object with members, or a plain variable."""
        head = head or (f"export {name}" if name == "default" else f"exports.{name}")
        while value.type in _WRAPPERS and value.named_child_count and value.named_children[0].type == "object":
            value = value.named_children[0]
        equals = "" if head.endswith(" default") else " ="
        wrapped = component_of(self._tree, value)
        if wrapped is not None:
            inner, properties = wrapped
            self._function_value(name, inner, container, outer, comment, f"{head}{equals}", properties)
        elif value.type in FUNCTIONS:
            self._function_value(name, value, container, outer, comment, f"{head}{equals}")
        elif value.type == "class":
            self._class(value, container, outer, comment, name)
        elif value.type == "object" and self._has_functions(value):
            self._add(name, "class", container, outer, f"{head}{equals}", comment)
            self._members(value, f"{container}.{name}" if container else name, {})
        else:
            signature = value_text(self._tree, head, None, value)
            if not equals:
                signature = signature.replace(" = ", " ", 1)
            path, type_ = access_path(self._tree, value), jsdoc_type(self._tree, comment)
            self._add(name, "variable", container, outer, signature, comment, type_, "" if type_ else path)

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
        self._add(name, "class", container, outer, signature, comment, bases=bases, generic=generic)
        self._members(body, f"{container}.{name}" if container else name, {})
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
            self._add(name, "type", container, outer, signature.rstrip(";"), comment, type_, generic=generic)
            return name
        others = type_text(self._tree, value).replace("?", "") if value.type != "object_type" else ""
        bases = tuple(part for part in others.split(" | ") if part and part != name)
        shown = self._tree.slice(value.start_byte, objects[0].start_byte) if value.type == "intersection_type" else ""
        head = head_text(self._tree, node, value.start_byte)
        signature = one_line(f"{head} {shown}")
        self._add(name, "class", container, outer, signature, comment, bases=bases, generic=generic)
        for each in objects:
            self._members(each, f"{container}.{name}" if container else name, {})
        return name

    def _enum(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if named is None or body is None:
            return ""
        name = self._tree.text(named)
        self._add(name, "class", container, outer, head_text(self._tree, node, body.start_byte), comment)
        inside = f"{container}.{name}" if container else name
        for child in body.named_children:
            key = child.child_by_field_name("name") if child.type == "enum_assignment" else child
            if key is not None and child.type != "comment":
                text = one_line(self._tree.text(child)) + ","
                self._add(self._tree.text(key).strip("\"'"), "field", inside, child, text, None, name)
        return name

    def _function(self, node: Node, container: str, outer: Node, comment: Node | None) -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        name = self._tree.text(named) if named is not None else "default"
        end = body.start_byte if body is not None else node.end_byte
        signature = head_text(self._tree, node, end).rstrip(";")
        self._callable(name, "function", node, container, outer, comment, signature, {})
        return name

    def _function_value(
        self,
        name: str,
        value: Node,
        container: str,
        outer: Node,
        comment: Node | None,
        head: str,
        properties: str = "",
    ) -> None:
        body = value.child_by_field_name("body")
        end = body.start_byte if body is not None else value.end_byte
        text = one_line(self._tree.slice(value.start_byte, end))
        kind: Literal["method", "function"] = "method" if container else "function"
        self._callable(name, kind, value, container, outer, comment, f"{head} {text} {{}}", {}, properties)

    def _callable(
        self,
        name: str,
        kind: SymbolKind,
        node: Node,
        container: str,
        outer: Node,
        comment: Node | None,
        signature: str,
        constraints: Constraints,
        properties: str = "",
    ) -> None:
        """Add a function or method. `properties` is what its first parameter is known to be by other means."""
        is_signature = node.child_by_field_name("body") is None
        self._overloads[container, name] += is_signature
        if self._overloads[container, name] > (MAX_OVERLOADS if is_signature else 0):
            return  # callers see the overloads, not what implements them
        own = constraints_of(self._tree, node.child_by_field_name("type_parameters"))
        chosen = {**constraints, **{each: as_guess(bound) for each, bound in own.items()}}
        constraints = {**constraints, **own}
        list_ = node.child_by_field_name("parameters")
        declared = node.child_by_field_name("return_type")
        type_ = type_text(self._tree, declared, chosen)
        value, members = "", written_members(declared)
        documented = read_jsdoc(self._tree, comment)
        if declared is None and not is_signature:
            type_ = documented.returns
            value = "" if type_ else result_path(self._tree, node, chosen)
            members = None if value or type_ else returned_object(node)
        taken = [(each, type_) for each, type_, _ in parameters(self._tree, list_, constraints)]
        named = tuple((each, type_ or documented.parameters.get(each, "")) for each, type_ in taken)
        if properties and named and not named[0][1]:
            named = ((named[0][0], properties), *named[1:])
        self._functions[f"{container}.{name}" if container else name] = node
        if members is not None:
            type_, value = "", SHAPE
        self._add(name, kind, container, outer, signature, comment, type_, value, parameters=named)
        if members is not None and container.count(".") < MAX_DEPTH:
            self._members(members, f"{container}.{name}" if container else name, constraints)

    def add_prototype(self, owner: str, name: str, value: Node, outer: Node, comment: Node | None) -> None:
        """Add a member that a constructor function gets through its prototype."""
        position = next(
            (
                index
                for index, symbol in enumerate(self.symbols)
                if symbol.name == owner and not symbol.container and symbol.kind in ("function", "class")
            ),
            None,
        )
        if position is None:
            return
        symbol = self.symbols[position]
        if symbol.kind == "function":
            self.symbols[position] = symbol._replace(kind="class", value="")
            if (function := self._functions.get(owner)) is not None:
                self._fields_of_constructor(function, owner, {})
        if value.type in FUNCTIONS:
            self._function_value(name, value, owner, outer, comment, f"{name} =")
        else:
            signature = value_text(self._tree, name, None, value)
            self._add(name, "field", owner, outer, signature, comment, value=access_path(self._tree, value))

    def add_prototype_members(self, owner: str, body: Node) -> None:
        """Add the members of an object that becomes the prototype of a constructor function."""
        for child in body.named_children:
            name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "pair" and name is not None and value is not None:
                self.add_prototype(owner, self._tree.text(name).strip("\"'"), value, child, None)
            elif child.type == "method_definition" and (name := child.child_by_field_name("name")) is not None:
                self.add_prototype(owner, self._tree.text(name), child, child, None)

    def _members(self, body: Node, container: str, constraints: Constraints, depth: int = 0) -> None:
        comment: Node | None = None
        for child in body.named_children:
            kind = child.type
            if kind == "comment":
                comment = child
                continue
            if kind in ("method_definition", "method_signature", "abstract_method_signature"):
                self._method(child, container, child, comment, constraints, body.type == "object")
            elif kind in ("public_field_definition", "property_signature"):
                self._field(child, container, comment, constraints)
            elif kind in _SPECIAL:
                self._special(child, container, comment, constraints)
            elif kind == "pair":
                self._pair(child, container, comment)
            elif kind == "shorthand_property_identifier":
                name = self._tree.text(child)
                self._add(name, "field", container, child, f"{name},", comment)
            elif kind == "ERROR" and depth < MAX_DEPTH:
                self._members(child, container, constraints, depth + 1)
            if kind != "decorator":
                comment = None

    def _method(
        self,
        node: Node,
        container: str,
        outer: Node,
        comment: Node | None,
        constraints: Constraints,
        in_literal: bool = False,
    ) -> str:
        named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if named is None:
            return ""
        name = _member_name(self._tree.text(named))
        signature = head_text(self._tree, node, body.start_byte if body is not None else node.end_byte).rstrip(",;")
        if not container:  # a method of the object that a CommonJS module exports
            signature = f"function {signature.removeprefix('async ')}"
        elif in_literal:
            signature += " {},"
        kind: SymbolKind = "method" if container else "function"
        if any(child.type == "get" for child in node.children[:4]):
            kind = "property"
        if name:
            self._callable(name, kind, node, container, outer, comment, signature, constraints)
        if name == "constructor":
            self._fields_of_constructor(node, container, constraints)
        return name

    def _fields_of_constructor(self, node: Node, container: str, constraints: Constraints) -> None:
        """`constructor(private a: A)` declares a field, and `this.a = a` in JavaScript does."""
        list_, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        for parameter in list_.named_children if list_ is not None else ():
            pattern = parameter.child_by_field_name("pattern")
            modifiers = any(child.type in ("accessibility_modifier", "readonly") for child in parameter.children)
            if pattern is not None and modifiers:
                type_ = type_text(self._tree, parameter.child_by_field_name("type"), constraints)
                name = self._tree.text(pattern)
                self._add(name, "field", container, parameter, one_line(self._tree.text(parameter)), None, type_)
        known = {symbol.name for symbol in self.symbols if symbol.container == container}
        paths = parameter_paths(self._tree, list_, constraints)
        for statement in body.named_children if body is not None else ():
            assigned = statement.named_child(0) if statement.type == "expression_statement" else None
            if assigned is None or assigned.type != "assignment_expression":
                continue
            left, right = assigned.child_by_field_name("left"), assigned.child_by_field_name("right")
            target = self._tree.text(left) if left is not None and left.type == "member_expression" else ""
            name = target.removeprefix("this.").lstrip("#")
            if not target.startswith("this.") or not name.isidentifier() or name in known:
                continue
            known.add(name)
            path = access_path(self._tree, right)
            path = paths.get(path, path)
            self._add(name, "field", container, statement, value_text(self._tree, name, None, right), None, value=path)

    def _field(self, node: Node, container: str, comment: Node | None, constraints: Constraints) -> None:
        named, declared = node.child_by_field_name("name"), node.child_by_field_name("type")
        value = node.child_by_field_name("value")
        name = _member_name(self._tree.text(named)) if named is not None else ""
        if not name or named is None:
            return
        optional = self._tree.slice(named.end_byte, named.end_byte + 1) in ("?", "!")
        head = head_text(self._tree, node, named.end_byte + optional)
        if declared is None and value is not None and value.type in FUNCTIONS:
            self._function_value(name, value, container, node, comment, f"{head} =")
        elif is_function_type(declared):
            signature = value_text(self._tree, head, declared, None)
            result, named_ = returned_type(self._tree, declared, constraints), self._taken_by(declared, constraints)
            self._add(name, "method", container, node, signature, comment, result, parameters=named_)
        else:
            signature = value_text(self._tree, head, declared, value)
            type_ = type_text(self._tree, declared, constraints) or jsdoc_type(self._tree, comment)
            path = access_path(self._tree, value) if declared is None and not type_ else ""
            members = written_members(declared)
            path = SHAPE if members is not None else path
            self._add(name, "field", container, node, signature, comment, type_, path)
            if members is not None and container.count(".") < MAX_DEPTH:
                self._members(members, f"{container}.{name}", constraints)

    def _special(self, node: Node, container: str, comment: Node | None, constraints: Constraints) -> None:
        result = node.child_by_field_name("return_type") or node.child_by_field_name("type")
        signature = head_text(self._tree, node, node.end_byte).rstrip(",;")
        type_ = type_text(self._tree, result, constraints)
        self._add(_SPECIAL[node.type], "method", container, node, signature, comment, type_)

    def _pair(self, node: Node, container: str, comment: Node | None) -> None:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        name = self._tree.text(key).strip("\"'") if key is not None else ""
        if value is None or not name.isidentifier():
            return
        if value.type in FUNCTIONS:
            body = value.child_by_field_name("body")
            text = one_line(self._tree.slice(value.start_byte, body.start_byte if body is not None else value.end_byte))
            self._callable(name, "method", value, container, node, comment, f"{name}: {text} {{}},", {})
            return
        text = one_line(self._tree.text(value))
        signature = f"{name}: {text}," if len(text) <= 80 else f"{name}: {{}},"
        self._add(name, "field", container, node, signature, comment, value=access_path(self._tree, value))

    def _has_functions(self, value: Node) -> bool:
        return value.named_child_count <= MAX_LITERAL_MEMBERS and any(
            child.type in ("method_definition", "shorthand_property_identifier")
            or (
                (child.type == "pair" and (inner := child.child_by_field_name("value")) is not None)
                and inner.type not in ("string", "number", "true", "false", "null")
            )
            for child in value.named_children
        )

    def _add(
        self,
        name: str,
        kind: SymbolKind,
        container: str,
        node: Node,
        signature: str,
        comment: Node | None,
        type_: str = "",
        value: str = "",
        bases: tuple[str, ...] = (),
        parameters: tuple[tuple[str, str], ...] = (),
        generic: Constraints | None = None,
    ) -> None:
        doc = doc_line(self._tree.text(comment)) if comment is not None else ""
        hidden = container and signature.startswith(("private ", "#", "static #"))
        self.symbols.append(
            Symbol(
                name,
                kind,
                container,
                node.start_point[0] + 1,
                node.end_point[0] + 1,
                signature,
                doc,
                not hidden,
                type_,
                value,
                bases,
                parameters,
                type_parameters=tuple(generic.items()) if generic else (),
            )
        )


def _member_name(written: str) -> str:
    """A member's name as it is written behind a dot; "" for computed names."""
    if written.startswith("["):
        return _SPECIAL.get(written, "")
    name = written.strip("\"'").lstrip("#")
    return name if name.replace("$", "_").isidentifier() else ""
