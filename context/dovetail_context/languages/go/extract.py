"""From a parsed Go file to its `FileRecord`: definitions and imports."""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import ClassVar

from dovetail_context.languages.go.expressions import access_path, type_text
from dovetail_context.languages.go.grammar import grammar
from dovetail_context.languages.go.imports import assumed_name, with_used_names
from dovetail_context.languages.go.signatures import (
    doc_line,
    embedded,
    fields,
    head_text,
    one_line,
    parameters,
    receiver_type,
    type_parameters,
    value_text,
)
from dovetail_context.languages.nesting import MAX_CONTAINERS, Event, Frame, Frames, in_text_order
from dovetail_context.records.record import SHAPE, FileRecord, Import, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

# The captures that name the patterns of symbols.scm, in its order.
PATTERNS = ("function", "method", "class", "alias", "constant", "variable", "import", "closure", "error")

TOP_LEVEL = 3  # the depth of declarations in a file that parses: one of a list in the group of a keyword


def extract(path: str, text: str) -> FileRecord:
    """Read a Go file; broken parts are passed over and noted in `problems`."""
    tree = grammar().parse(text)
    reader = _Reader(tree)
    depth = None if tree.is_broken else TOP_LEVEL
    for event in in_text_order(grammar().matches(tree.root, "symbols.scm", depth=depth), PATTERNS):
        reader.visit(event)
    return FileRecord(
        path=path,
        language="go",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=tuple(reader.symbols),
        imports=tuple(with_used_names(reader.imports, text, frozenset(reader.locals))),
        problems=(f"line {reader.error_line}: does not parse",) if tree.is_broken else (),
    )


class _Reader:
    """Visits the events of a file in text order and collects what they define."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.locals: set[str] = set()
        self.error_line = 1
        self._tree = tree
        self._frames = Frames()
        self._constant = ("", 0)

    def visit(self, event: Event) -> None:
        self._frames.close_before(event.node.start_byte)
        if not self._frames.functions or event.kind in ("import", "error", "function", "method"):
            self._VISITORS[event.kind](self, event)

    def _on_function(self, event: Event) -> None:
        self._add_callable(event, "function", "")

    def _on_method(self, event: Event) -> None:
        receiver = event.captures["receiver"][0]
        self.locals.update(name for name, _ in parameters(self._tree, receiver))
        container = receiver_type(self._tree, receiver)
        self._add_callable(event, "method", container, self._renamed(container, receiver))

    def _renamed(self, container: str, receiver: Node) -> dict[str, str]:
        """The names that a method gives to the type parameters of its type, by those that the type itself uses."""
        for _, type_ in parameters(self._tree, receiver):
            given = re.findall(r"\w+", type_.partition("[")[2])
            known = next((symbol for symbol in self.symbols if symbol.name == container and not symbol.container), None)
            if given and known is not None:
                return {one: name for one, (name, _) in zip(given, known.type_parameters, strict=False) if one != name}
        return {}

    def _on_class(self, event: Event) -> None:
        name, type_ = self._tree.text(event.captures["name"][0]), event.captures["type"][0]
        is_open = type_.type in ("struct_type", "interface_type")
        bases = tuple(base for base in embedded(self._tree, type_) if base)
        keyword = type_.type.removesuffix("_type") if is_open else ""
        head = one_line(self._tree.slice(event.node.start_byte, type_.start_byte))
        signature = f"type {head} {keyword}" if is_open else f"type {value_text(self._tree, event.node)}"
        generic = tuple(type_parameters(self._tree, event.node))
        self._add(event.node, name, "class", signature, bases=bases, generic=generic)
        if type_.type == "struct_type":
            for field in fields(type_):
                self._add_field(field, name)
        elif type_.type == "interface_type":
            for member in type_.named_children:
                if member.type == "method_elem":
                    self._add_interface_method(member, name)

    def _on_alias(self, event: Event) -> None:
        name, type_ = self._tree.text(event.captures["name"][0]), event.captures["type"][0]
        self._add(event.node, name, "type", f"type {value_text(self._tree, event.node)}", type_text(self._tree, type_))

    def _on_constant(self, event: Event) -> None:
        """A constant without value repeats the type of the one above it."""
        declared, value = event.one("type"), event.one("value")
        type_, last_line = self._constant
        line = event.node.start_point[0]
        if declared is not None or value is not None:
            type_ = type_text(self._tree, declared)
        elif line > last_line + 8:  # another group: a comment between two constants is shorter
            type_ = ""
        self._constant = (type_, line)
        text = f"const {value_text(self._tree, event.node)}"
        if value is None and type_:
            text += f" {type_}"
        value_path = access_path(self._tree, value.named_child(0)) if value is not None and not type_ else ""
        self._add(event.node, self._tree.text(event.captures["name"][0]), "variable", text, type_, value_path)

    def _on_variable(self, event: Event) -> None:
        node = event.node
        type_ = type_text(self._tree, node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        names = node.children_by_field_name("name")
        for index, name in enumerate(names):
            path = access_path(self._tree, _nth(value, index, len(names))) if value is not None and not type_ else ""
            if path and value is not None and value.named_child_count < len(names):
                path = f"{path}[{index}]"
            self._add(node, self._tree.text(name), "variable", f"var {value_text(self._tree, node)}", type_, path)

    def _on_import(self, event: Event) -> None:
        path = self._tree.text(event.captures["path"][0]).strip('"`')
        alias = event.one("alias")
        given = self._tree.text(alias) if alias is not None else ""
        if given != "_" and path:
            name = "*" if given == "." else ""
            self.imports.append(
                Import(path, name, "" if name else given or assumed_name(path), event.node.start_point[0] + 1)
            )

    def _on_closure(self, event: Event) -> None:
        self._frames.enter(Frame(event.node.end_byte, False, ""))

    def _on_error(self, event: Event) -> None:
        if self.error_line == 1:
            self.error_line = event.node.start_point[0] + 1

    def _add_callable(
        self, event: Event, kind: SymbolKind, container: str, renamed: Mapping[str, str] | None = None
    ) -> None:
        def known(type_: str) -> str:
            return re.sub(r"(?<![\w.])\w+", lambda found: (renamed or {}).get(found[0], found[0]), type_)

        body, named = event.one("body"), tuple(parameters(self._tree, event.captures["parameters"][0]))
        named = tuple((each, known(type_)) for each, type_ in named) if renamed else named
        result = type_text(self._tree, event.one("result"))
        name = self._tree.text(event.captures["name"][0])
        self._add(
            event.node,
            name,
            kind,
            head_text(self._tree, event.node, body),
            known(result) if renamed else result,
            container=container,
            parameters=named,
        )
        self.locals.update(each for each, _ in named)
        self._frames.enter(Frame(event.node.end_byte, False, ""))

    def _add_field(self, node: Node, container: str) -> None:
        declared = node.child_by_field_name("type")
        type_ = type_text(self._tree, declared)
        tag = node.child_by_field_name("tag")
        text = one_line(self._tree.slice(node.start_byte, tag.start_byte if tag is not None else node.end_byte))
        names = [self._tree.text(name) for name in node.children_by_field_name("name")]
        written = text[text.find(names[-1]) + len(names[-1]) :].strip() if names else ""
        inside = list(fields(declared)) if declared is not None and declared.type == "struct_type" else []
        for name in names:
            signature = value_text(self._tree, node) if len(names) == 1 and tag is None else f"{name} {written}"
            signature = f"{name} struct" if inside else signature
            self._add(node, name, "field", signature, type_, SHAPE if inside else "", container=container)
            for field in inside if container.count(".") < MAX_CONTAINERS else ():
                self._add_field(field, f"{container}.{name}")
        if not names and type_:
            self._add(node, type_.partition("[")[0].rpartition(".")[2], "field", text, type_, container=container)

    def _add_interface_method(self, node: Node, container: str) -> None:
        name, listed = node.child_by_field_name("name"), node.child_by_field_name("parameters")
        if name is None or listed is None:
            return
        type_ = type_text(self._tree, node.child_by_field_name("result"))
        named = tuple(parameters(self._tree, listed))
        text = head_text(self._tree, node, None)
        self._add(node, self._tree.text(name), "method", text, type_, container=container, parameters=named)

    def _add(
        self,
        node: Node,
        name: str,
        kind: SymbolKind,
        text: str,
        type_: str = "",
        value: str = "",
        container: str = "",
        bases: tuple[str, ...] = (),
        parameters: tuple[tuple[str, str], ...] = (),
        generic: tuple[tuple[str, str], ...] = (),
    ) -> None:
        if name == "_":
            return
        if not container:
            self.locals.add(name)
        start, end = node.start_point[0] + 1, node.end_point[0] + 1
        doc = doc_line(self._tree, node)
        exported = name[:1].isupper()
        self.symbols.append(
            Symbol(
                name,
                kind,
                container,
                start,
                end,
                text,
                doc,
                exported,
                type_,
                value,
                bases,
                parameters,
                type_parameters=generic,
            )
        )

    # Not in `__init__`: a reader that held its own methods would wait for the search for cycles to be freed.
    _VISITORS: ClassVar[dict[str, Callable[["_Reader", Event], None]]] = {
        "function": _on_function,
        "method": _on_method,
        "class": _on_class,
        "alias": _on_alias,
        "constant": _on_constant,
        "variable": _on_variable,
        "import": _on_import,
        "closure": _on_closure,
        "error": _on_error,
    }


def _nth(values: Node, index: int, names: int) -> Node | None:
    """The value of the n-th name; one call may give the values of all."""
    if values.type != "expression_list":
        return values
    if values.named_child_count == names:
        return values.named_child(index)
    return values.named_child(0) if values.named_child_count == 1 else None
