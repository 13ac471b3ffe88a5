"""From a parsed Java file to its `FileRecord`: declarations and imports.

The walk for declarations enters the bodies of classes, never those of methods: no other code can name what is declared
there.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from dovetail_context.languages.braces.declarations import Body, Declarations, Read, inside
from dovetail_context.languages.doc_comments import doc_line
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.imports import read_imports, read_package
from dovetail_context.languages.java.lombok import accessors, builder_of, generated_accessors
from dovetail_context.languages.java.signatures import (
    class_head,
    constant_text,
    field_text,
    method_head,
    modifiers,
    parameters,
    type_variables,
)
from dovetail_context.languages.java.types import type_text
from dovetail_context.records.access import as_guess
from dovetail_context.records.record import FileRecord, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

# The parts of a declaration's head that name base classes.
_BASES = ("superclass", "super_interfaces", "extends_interfaces")
_KEYWORDS = frozenset({"class", "interface", "enum", "record"})


def extract(path: str, text: str) -> FileRecord:
    """Read a Java file; broken parts are passed over and noted in `problems`."""
    tree = grammar().parse(text)
    reader = _Reader(tree)
    declarations = reader.declarations()
    declarations.walk(tree.root.children)
    head = text.partition("{")[0]
    problems: tuple[str, ...] = ()
    if tree.is_broken:
        problems = (f"line {declarations.error_line or 1}: does not parse",)
    return FileRecord(
        path=path,
        language="java",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=tuple(reader.symbols),
        imports=tuple(read_imports(head)),
        problems=problems,
        packages=read_package(head),
    )


class _Reader:
    """Collects the symbols of declarations. `variables` are the type parameters in scope with their bounds."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self._tree = tree
        self._constructors: dict[str, int] = {}  # the places of those that an annotation stands for
        self._accessors: dict[str, frozenset[str]] = {}  # which are generated for all fields of a class

    def declarations(self) -> Declarations:
        """A walk that adds what it finds to `symbols`. (The reader does not keep it: the two would hold each other.)"""
        readers: dict[str, Read] = {
            "class_declaration": self._class,
            "interface_declaration": self._class,
            "enum_declaration": self._class,
            "record_declaration": self._class,
            "annotation_type_declaration": self._class,
            "method_declaration": self._method,
            "constructor_declaration": self._method,
            "annotation_type_element_declaration": self._element,
            "field_declaration": self._fields,
            "constant_declaration": self._fields,
            "enum_constant": self._constant,
            "enum_body_declarations": inside,
        }
        return Declarations(self.symbols, readers, "block_comment", _KEYWORDS, self._headless, self._document)

    def _headless(self, name: Node, container: str) -> str:
        text = self._tree.text(name)
        self._add(name, text, "class", container, f"class {text}")
        return f"{container}.{text}" if container else text

    def _class(self, node: Node, container: str, variables: Mapping[str, str]) -> Body | None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return None
        text = self._tree.text(name)
        generic = type_variables(self._tree, node, variables)
        inner = {name: bound for name, bound in variables.items() if name not in generic}
        bases = tuple(type_text(self._tree.text(each), inner) for each in _base_nodes(node))
        components = tuple(parameters(self._tree, node.child_by_field_name("parameters"), inner))
        self._add(
            node,
            text,
            "class",
            container,
            class_head(self._tree, node, body),
            bases=bases,
            named=components,
            generic=generic,
        )
        qualified = f"{container}.{text}" if container else text
        generated = generated_accessors(self._tree, node)
        if generated:
            self._accessors[qualified] = generated
        if "builder" in generated:
            self.symbols.extend(builder_of(text, qualified, node.start_point[0] + 1))
        for component, type_ in components:
            self._add(name, component, "method", qualified, f"{type_ or 'Object'} {component}()", type_)
        return Body(iter(body.children), qualified, inner)

    def _method(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None:
            return
        own = type_variables(self._tree, node, variables) if node.child_by_field_name("type_parameters") else {}
        named = tuple(parameters(self._tree, node.child_by_field_name("parameters"), {**variables, **own}))
        chosen = {**variables, **{name: as_guess(bound) for name, bound in own.items()}}
        returned = type_text(self._tree.text(type_), chosen) if type_ is not None else ""
        self._add(
            node, self._tree.text(name), "method", container, method_head(self._tree, node), returned, named=named
        )

    def _element(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        """An element of an annotation: it is set by name, as a field is."""
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is not None and type_ is not None:
            text = method_head(self._tree, node)
            self._add(node, self._tree.text(name), "field", container, text, type_text(self._tree.text(type_)))

    def _fields(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        type_ = node.child_by_field_name("type")
        if type_ is None:
            return
        declared = type_text(self._tree.text(type_), variables)
        for declarator in node.children_by_field_name("declarator"):
            name = declarator.child_by_field_name("name")
            if name is not None:
                text = field_text(self._tree, node, type_, declarator)
                self._add(node, self._tree.text(name), "field", container, text, declared)
                generated = self._accessors.get(container, frozenset()) | generated_accessors(self._tree, node)
                if generated and "static" not in modifiers(self._tree, node):
                    self._add_accessors(node, self._tree.text(name), container, declared, generated)

    def _add_accessors(self, node: Node, field: str, container: str, type_: str, generated: frozenset[str]) -> None:
        """Add the methods that an annotation lets a compiler write for a field."""
        line, declared = node.start_point[0] + 1, node.child_by_field_name("type")
        written = self._tree.text(declared) if declared is not None else ""
        own = container.rpartition(".")[2]
        if "builder" in generated:
            where, text = f"{container}.{own}Builder", f"{own}Builder {field}({written} {field})"
            one = ((field, type_),)
            self.symbols.append(Symbol(field, "method", where, line, line, text, type=f"{own}Builder", parameters=one))
        if "constructor" in generated:
            place = self._constructors.setdefault(container, len(self.symbols))
            earlier = self.symbols[place].parameters if place < len(self.symbols) else ()
            text = self.symbols[place].signature.removesuffix(")") + ", " if earlier else f"{own}("
            made = Symbol(
                own, "method", container, line, line, f"{text}{written} {field})", parameters=(*earlier, (field, type_))
            )
            self.symbols[place : place + 1] = [made]
        for name, is_getter, text in accessors(field, written, generated):
            taken = () if is_getter else ((field, type_),)
            result = type_ if is_getter else ""
            self.symbols.append(Symbol(name, "method", container, line, line, text, type=result, parameters=taken))

    def _constant(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            text = constant_text(self._tree, node) + ","
            self._add(node, self._tree.text(name), "field", container, text, container.rpartition(".")[2])

    def _add(
        self,
        node: Node,
        name: str,
        kind: SymbolKind,
        container: str,
        text: str,
        type_: str = "",
        bases: tuple[str, ...] = (),
        named: tuple[tuple[str, str], ...] = (),
        generic: Mapping[str, str] | None = None,
    ) -> None:
        start, end = node.start_point[0] + 1, node.end_point[0] + 1
        words = modifiers(self._tree, node)
        hidden, static = "private" in words, "static" in words or node.type in ("enum_constant", "constant_declaration")
        self.symbols.append(
            Symbol(
                name,
                kind,
                container,
                start,
                end,
                text,
                "",
                not hidden,
                type_,
                "",
                bases,
                named,
                static,
                tuple(generic.items()) if generic else (),
            )
        )

    def _document(self, position: int, comments: Sequence[Node]) -> None:
        text = self._tree.text(comments[-1])
        if text.startswith("/**") and (line := doc_line(text)):
            self.symbols[position] = self.symbols[position]._replace(doc=line)


def _base_nodes(node: Node) -> Iterator[Node]:
    """The types that a class extends and implements."""
    for part in node.named_children:
        if part.type in _BASES:
            for child in part.named_children:
                yield from child.named_children if child.type == "type_list" else [child]
