"""From a parsed C# file to its `FileRecord`: declarations and using directives.

Declarations are found by walking namespaces and the bodies of types, never into those of methods.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from dovetail_context.languages.braces.declarations import Body, Declarations, Read, inside
from dovetail_context.languages.braces.scan import mask
from dovetail_context.languages.csharp.extensions import ExtensionBlock, without_blocks
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.imports import read_global_usings, read_namespaces, read_usings, with_directives
from dovetail_context.languages.csharp.lexical import SYNTAX
from dovetail_context.languages.csharp.resolve import EXTENDS, OPENS, PARTIAL
from dovetail_context.languages.csharp.signatures import (
    field_text,
    method_head,
    modifiers,
    parameters,
    property_text,
    type_head,
    type_variables,
)
from dovetail_context.languages.csharp.types import type_text
from dovetail_context.languages.doc_comments import doc_line
from dovetail_context.records.access import as_guess
from dovetail_context.records.record import FileRecord, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

EXTENSION_MARK = "(this "  # how the parameters of an extension method begin
_KEYWORDS = frozenset({"class", "struct", "interface", "enum", "record"})
_TRANSPARENT = (
    "namespace_declaration",
    "declaration_list",
    "preproc_if",
    "preproc_else",
    "preproc_elif",
    "preproc_if_in_top_level",
    "preproc_if_in_declaration_list",
)
_TYPES = ("class_declaration", "struct_declaration", "interface_declaration", "record_declaration", "enum_declaration")


def extract(path: str, text: str) -> FileRecord:
    """Read a C# file; broken parts are passed over and noted in `problems`."""
    code, blocks = without_blocks(text)
    tree = grammar().parse(code)
    reader = _Reader(tree, blocks)
    declarations = reader.declarations()
    declarations.walk(tree.root.children)
    masked = mask(with_directives(text), SYNTAX)
    namespaces = read_namespaces(masked)
    kinds = {node.type for node in tree.root.named_children}
    if "namespace_declaration" in kinds and not kinds.isdisjoint(_TYPES):
        namespaces = (*namespaces, "")  # types beside the namespaces are in none
    facts = [OPENS + name for name in read_global_usings(masked)]
    for name in reader.partial:
        facts.extend(f"{PARTIAL}{namespace}.{name}" for namespace in namespaces or ("",))
    if any(EXTENSION_MARK in symbol.signature for symbol in reader.symbols):
        facts.append(EXTENDS)
    return FileRecord(
        path=path,
        language="csharp",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=tuple(reader.symbols),
        imports=tuple(read_usings(masked)),
        problems=(f"line {declarations.error_line or 1}: does not parse",) if tree.is_broken else (),
        packages=(*namespaces, *dict.fromkeys(facts)),
    )


class _Reader:
    """Collects the symbols of declarations. `variables` are the type parameters in scope with their bounds."""

    def __init__(self, tree: SyntaxTree, blocks: tuple[ExtensionBlock, ...] = ()) -> None:
        self._blocks = blocks
        self.symbols: list[Symbol] = []
        self.partial: list[str] = []
        self._tree = tree
        self._interfaces: set[str] = set()

    def declarations(self) -> Declarations:
        """A walk that adds what it finds to `symbols`. (The reader does not keep it: the two would hold each other.)"""
        readers: dict[str, Read] = {
            **dict.fromkeys(_TRANSPARENT, inside),
            **dict.fromkeys(_TYPES, self._type),
            "method_declaration": self._method,
            "constructor_declaration": self._method,
            "operator_declaration": self._method,
            "delegate_declaration": self._delegate,
            "property_declaration": self._property,
            "indexer_declaration": self._property,
            "event_declaration": self._property,
            "field_declaration": self._fields,
            "event_field_declaration": self._fields,
            "enum_member_declaration": self._constant,
        }
        return Declarations(self.symbols, readers, "comment", _KEYWORDS, self._headless, self._document)

    def _headless(self, name: Node, container: str) -> str:
        text = self._tree.text(name)
        self._add(name, text, "class", container, f"class {text}")
        return f"{container}.{text}" if container else text

    def _type(self, node: Node, container: str, variables: Mapping[str, str]) -> Body | None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return None
        text = self._tree.text(name)
        qualified = f"{container}.{text}" if container else text
        generic = type_variables(self._tree, node, variables)
        inner = {name: bound for name, bound in variables.items() if name not in generic}
        bases = tuple(type_text(self._tree.text(base), inner) for base in _bases(node))
        listed = next((child for child in node.named_children if child.type == "parameter_list"), None)
        components = tuple(parameters(self._tree, listed, inner))
        if node.type == "interface_declaration":
            self._interfaces.add(qualified)
        if "partial" in modifiers(self._tree, node):
            self.partial.append(qualified)
        self._add(
            node, text, "class", container, type_head(self._tree, node), bases=bases, named=components, generic=generic
        )
        if node.type == "record_declaration":
            for component, type_ in components:
                shown = f"{type_ or 'object'} {component} {{ get; init; }}"
                self._add(name, component, "property", qualified, shown, type_)
        else:  # what a primary constructor takes is seen in the whole class, and nowhere else
            line = name.start_point[0] + 1
            self.symbols.extend(
                Symbol(component, "field", qualified, line, line, f"{type_} {component}", "", False, type_)
                for component, type_ in components
            )
        return Body(iter(body.children), qualified, inner) if body is not None else None

    def _method(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("operator")
        if name is None:
            return
        own = type_variables(self._tree, node, variables)
        inner = {**variables, **own}
        chosen = {**variables, **{each: as_guess(bound) for each, bound in own.items()}}
        type_ = node.child_by_field_name("returns") or node.child_by_field_name("type")
        named = tuple(parameters(self._tree, node.child_by_field_name("parameters"), inner))
        returned = type_text(self._tree.text(type_), chosen) if type_ is not None else ""
        text, signature = self._tree.text(name), method_head(self._tree, node)
        block = next((each for each in self._blocks if each.first <= node.start_point[0] < each.last), None)
        if block is not None and block.type:
            signature = signature.replace("(", f"({block.parameter}{', ' if named else ''}", 1)
            named = (("", type_text(block.type, inner)), *named)
        self._add(node, text, "method" if container else "function", container, signature, returned, named=named)

    def _delegate(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            generic = type_variables(self._tree, node, variables)
            inner = {each: bound for each, bound in variables.items() if each not in generic}
            listed = node.child_by_field_name("parameters")
            result = node.child_by_field_name("type") or node.child_by_field_name("returns")
            types = ", ".join(type_ or "_" for _, type_ in parameters(self._tree, listed, inner))
            returned = type_text(self._tree.text(result), inner) if result is not None else ""
            type_ = f"Callable[[{types}]{', ' + returned if returned not in ('', 'void') else ''}]"
            self._add(
                node, self._tree.text(name), "type", container, method_head(self._tree, node), type_, generic=generic
            )

    def _property(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if type_ is None:
            return
        text = self._tree.text(name) if name is not None else "this"
        declared = type_text(self._tree.text(type_), variables)
        self._add(node, text, "property", container, property_text(self._tree, node), declared)

    def _fields(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        for declaration in node.named_children:
            type_ = declaration.child_by_field_name("type") if declaration.type == "variable_declaration" else None
            if type_ is None:
                continue
            declared = type_text(self._tree.text(type_), variables)
            for declarator in declaration.named_children:
                name = declarator.child_by_field_name("name") if declarator.type == "variable_declarator" else None
                if name is not None:
                    text = field_text(self._tree, node, type_, declarator)
                    self._add(node, self._tree.text(name), "field", container, text, declared)

    def _constant(self, node: Node, container: str, variables: Mapping[str, str]) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            text = f"{self._tree.text(name)},"
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
        hidden = bool(container) and self._hidden(node, container, words)
        static = "static" in words or "const" in words or node.type == "enum_member_declaration"
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

    def _hidden(self, node: Node, container: str, words: tuple[str, ...]) -> bool:
        """Members are private unless declared otherwise; those of interfaces, enums and records are not."""
        if any(word in ("public", "internal", "protected") for word in words):
            return False
        if node.type in ("identifier", "enum_member_declaration"):
            return False
        return "private" in words or container not in self._interfaces

    def _document(self, position: int, comments: Sequence[Node]) -> None:
        text = "\n".join(self._tree.text(comment) for comment in comments)
        if text.startswith(("///", "/**")) and (line := doc_line(text)):
            self.symbols[position] = self.symbols[position]._replace(doc=line)


def _bases(node: Node) -> Iterator[Node]:
    """The types that a type declaration names behind its colon."""
    for part in node.named_children:
        if part.type == "base_list":
            for child in part.named_children:
                if child.type == "primary_constructor_base_type" and child.named_child_count:
                    yield child.named_children[0]
                elif child.type != "argument_list":
                    yield child
