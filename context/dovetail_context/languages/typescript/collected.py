"""The symbols of a file as they are collected: functions with their overloads, and the members of a type or object."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from dovetail_context.languages.doc_comments import doc_line
from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.jsdoc import jsdoc_type, read_jsdoc
from dovetail_context.languages.typescript.results import result_path, returned_object
from dovetail_context.languages.typescript.signatures import (
    head_text,
    one_line,
    parameter_paths,
    parameters,
    value_text,
)
from dovetail_context.languages.typescript.types import (
    CHECKED,
    Constraints,
    checked_type,
    constraints_of,
    function_type,
    is_function_type,
    returned_type,
    type_text,
    written_members,
)
from dovetail_context.records.access import as_guess
from dovetail_context.records.record import SHAPE, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
METHODS = ("method_definition", "method_signature", "abstract_method_signature")
# The maximum number of overloads of one name. Further ones repeat the same with more type parameters.
MAX_OVERLOADS = 4
MAX_DEPTH = 8  # broken places inside broken places
# What members with names in brackets or none at all are to those who look them up.
_SPECIAL = {
    "call_signature": "__call__",
    "construct_signature": "__new__",
    "index_signature": "__getitem__",
    "[Symbol.iterator]": "__iter__",
    "[Symbol.asyncIterator]": "__iter__",
}


class Members:
    """Collects the symbols of a file in text order, and knows what a member is."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self.functions: dict[str, Node] = {}  # by qualified name
        self.positions: dict[str, int] = {}  # of the first symbol of each qualified name
        self._tree = tree
        self._overloads: Counter[tuple[str, str]] = Counter()

    def add(
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
        """Add one symbol at the lines of `node`, documented by `comment`."""
        doc = doc_line(self._tree.text(comment)) if comment is not None else ""
        hidden = container and signature.startswith(("private ", "#", "static #"))
        self.positions.setdefault(f"{container}.{name}" if container else name, len(self.symbols))
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

    def add_callable(
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
        if checked := checked_type(self._tree, declared):
            named = (*named, (CHECKED, checked))
        self.functions[f"{container}.{name}" if container else name] = node
        if members is not None:
            type_, value = "", SHAPE
        self.add(name, kind, container, outer, signature, comment, type_, value, parameters=named)
        if members is not None and container.count(".") < MAX_DEPTH:
            self.add_members(members, f"{container}.{name}" if container else name, constraints)

    def add_function_value(
        self,
        name: str,
        value: Node,
        container: str,
        outer: Node,
        comment: Node | None,
        head: str,
        properties: str = "",
    ) -> None:
        """Add a function that is the value of a name: `head` is what precedes it in its signature."""
        body = value.child_by_field_name("body")
        end = body.start_byte if body is not None else value.end_byte
        text = one_line(self._tree.slice(value.start_byte, end))
        kind: Literal["method", "function"] = "method" if container else "function"
        self.add_callable(name, kind, value, container, outer, comment, f"{head} {text} {{}}", {}, properties)

    def add_members(self, body: Node, container: str, constraints: Constraints, depth: int = 0) -> None:
        """Add the members of a class, an interface, an object type or an object literal."""
        comment: Node | None = None
        for child in body.named_children:
            kind = child.type
            if kind == "comment":
                comment = child
                continue
            if kind in METHODS:
                self.add_method(child, container, child, comment, constraints, body.type == "object")
            elif kind in ("public_field_definition", "property_signature"):
                self._field(child, container, comment, constraints)
            elif kind in _SPECIAL:
                self._special(child, container, comment, constraints)
            elif kind == "pair":
                self._pair(child, container, comment)
            elif kind == "shorthand_property_identifier":
                name = self._tree.text(child)
                self.add(name, "field", container, child, f"{name},", comment)
            elif kind == "ERROR" and depth < MAX_DEPTH:
                self.add_members(child, container, constraints, depth + 1)
            if kind != "decorator":
                comment = None

    def add_method(
        self,
        node: Node,
        container: str,
        outer: Node,
        comment: Node | None,
        constraints: Constraints,
        in_literal: bool = False,
    ) -> str:
        """Add a method, accessor or signature; its name, "" if nobody can write it behind a dot."""
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
            self.add_callable(name, kind, node, container, outer, comment, signature, constraints)
        if name == "constructor":
            self.add_constructor_fields(node, container, constraints)
        return name

    def make_class(self, name: str, function: Node | None) -> None:
        """Turn the symbol of a constructor function into that of a class with what it gives to its object."""
        position = self.positions[name]
        self.symbols[position] = as_class(self.symbols[position])
        if function is not None:
            self.add_constructor_fields(function, name, {})

    def add_constructor_fields(self, node: Node, container: str, constraints: Constraints) -> None:
        """Add the fields of `constructor(private a: A)`, and those of `this.a = a` in JavaScript."""
        list_, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        for parameter in list_.named_children if list_ is not None else ():
            pattern = parameter.child_by_field_name("pattern")
            modifiers = any(child.type in ("accessibility_modifier", "readonly") for child in parameter.children)
            if pattern is not None and modifiers:
                type_ = type_text(self._tree, parameter.child_by_field_name("type"), constraints)
                name = self._tree.text(pattern)
                self.add(name, "field", container, parameter, one_line(self._tree.text(parameter)), None, type_)
        known = {symbol.name for symbol in self.symbols if symbol.container == container}
        paths = parameter_paths(self._tree, list_, constraints)
        for statement, name, right in self.given_to_this(body):
            if name in known:
                continue
            known.add(name)
            if right.type in FUNCTIONS:
                self.add_function_value(name, right, container, statement, None, f"{name} =")
                continue
            path = access_path(self._tree, right)
            path = paths.get(path, path)
            self.add(name, "field", container, statement, value_text(self._tree, name, None, right), None, value=path)

    def given_to_this(self, body: Node | None) -> Iterator[tuple[Node, str, Node]]:
        """What a constructor gives to its object, `this.name = value` or, behind `const self = this`, `self.name =
        value`: the statement, the name and the value."""
        owners = {"this"}
        for statement in body.named_children if body is not None else ():
            if statement.type in ("lexical_declaration", "variable_declaration"):
                for declared in statement.named_children:
                    value = declared.child_by_field_name("value")
                    if value is not None and value.type == "this":
                        owners.add(self._tree.text(declared).partition("=")[0].strip())
            assigned = statement.named_child(0) if statement.type == "expression_statement" else None
            if assigned is None or assigned.type != "assignment_expression":
                continue
            left, right = assigned.child_by_field_name("left"), assigned.child_by_field_name("right")
            target = self._tree.text(left) if left is not None and left.type == "member_expression" else ""
            owner, _, name = target.partition(".")
            name = name.lstrip("#")
            if owner in owners and name.isidentifier() and right is not None:
                yield statement, name, right

    def _field(self, node: Node, container: str, comment: Node | None, constraints: Constraints) -> None:
        named, declared = node.child_by_field_name("name"), node.child_by_field_name("type")
        value = node.child_by_field_name("value")
        name = _member_name(self._tree.text(named)) if named is not None else ""
        if not name or named is None:
            return
        optional = self._tree.slice(named.end_byte, named.end_byte + 1) in ("?", "!")
        head = head_text(self._tree, node, named.end_byte + optional)
        if declared is None and value is not None and value.type in FUNCTIONS:
            self.add_function_value(name, value, container, node, comment, f"{head} =")
        elif is_function_type(declared):
            signature = value_text(self._tree, head, declared, None)
            result, named_ = (
                returned_type(self._tree, declared, constraints),
                function_type_parameters(self._tree, declared, constraints),
            )
            self.add(name, "method", container, node, signature, comment, result, parameters=named_)
        else:
            signature = value_text(self._tree, head, declared, value)
            type_ = type_text(self._tree, declared, constraints) or jsdoc_type(self._tree, comment)
            path = access_path(self._tree, value) if declared is None and not type_ else ""
            members = written_members(declared)
            path = SHAPE if members is not None else path
            self.add(name, "field", container, node, signature, comment, type_, path)
            if members is not None and container.count(".") < MAX_DEPTH:
                self.add_members(members, f"{container}.{name}", constraints)

    def _special(self, node: Node, container: str, comment: Node | None, constraints: Constraints) -> None:
        result = node.child_by_field_name("return_type") or node.child_by_field_name("type")
        signature = head_text(self._tree, node, node.end_byte).rstrip(",;")
        type_ = type_text(self._tree, result, constraints)
        self.add(_SPECIAL[node.type], "method", container, node, signature, comment, type_)

    def _pair(self, node: Node, container: str, comment: Node | None) -> None:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        name = self._tree.text(key).strip("\"'") if key is not None else ""
        if value is None or not name.isidentifier():
            return
        if value.type in FUNCTIONS:
            body = value.child_by_field_name("body")
            text = one_line(self._tree.slice(value.start_byte, body.start_byte if body is not None else value.end_byte))
            self.add_callable(name, "method", value, container, node, comment, f"{name}: {text} {{}},", {})
            return
        text = one_line(self._tree.text(value))
        signature = f"{name}: {text}," if len(text) <= 80 else f"{name}: {{}},"
        self.add(name, "field", container, node, signature, comment, value=access_path(self._tree, value))


def as_class(symbol: Symbol) -> Symbol:
    """A constructor function as the class that it is."""
    return symbol._replace(kind="class", value="", signature=symbol.signature.removesuffix(" {}"))


def function_type_parameters(
    tree: SyntaxTree, declared: Node | None, constraints: Constraints
) -> tuple[tuple[str, str], ...]:
    """Return the parameters, as names with types, of a function type that is written out."""
    function = function_type(declared)
    listed = function.child_by_field_name("parameters") if function is not None else None
    return tuple((name, type_) for name, type_, _ in parameters(tree, listed, constraints))


def _member_name(written: str) -> str:
    """A member's name as it is written behind a dot; "" for computed names."""
    if written.startswith("["):
        return _SPECIAL.get(written, "")
    name = written.strip("\"'").lstrip("#")
    return name if name.replace("$", "_").isidentifier() else ""
