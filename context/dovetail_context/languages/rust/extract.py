"""From a parsed Rust file to its `FileRecord`: definitions and imports."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import ClassVar

from dovetail_context.languages.nesting import Event, Frame, Frames, in_text_order
from dovetail_context.languages.rust.expressions import type_text
from dovetail_context.languages.rust.grammar import grammar
from dovetail_context.languages.rust.imports import (
    implied_imports,
    included_files,
    inline_modules,
    module_import,
    read_use,
    through_path_attributes,
)
from dovetail_context.languages.rust.resolve import INLINE, MACRO, MACROS
from dovetail_context.languages.rust.signatures import (
    bounds_of,
    doc_line,
    head_text,
    one_line,
    parameters,
    payload,
    trait_names,
    type_parameters,
    value_text,
)
from dovetail_context.records.access import as_guess
from dovetail_context.records.record import FileRecord, Import, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

# The captures that name the patterns of symbols.scm, in its order.
PATTERNS = (
    "struct",
    "struct",
    "enum",
    "trait",
    "impl",
    "module",
    "function",
    "function",
    "alias",
    "associated",
    "constant",
    "constant",
    "macro",
    "attribute",
    "use",
    "crate",
    "error",
)
_INCLUDED = re.compile(r"\{\s*include!\s*\(\s*\"([^\"\n]+)\"\s*\)\s*;?\s*\}")  # all of a module's body
_VISIBLE = re.compile(r"(?:#\[[^\n]*\]\s*)*pub\b")


def extract(path: str, text: str) -> FileRecord:
    """Read a Rust file; broken parts are passed over and noted in `problems`."""
    tree = grammar().parse(text)
    reader = _Reader(tree)
    for event in in_text_order(grammar().matches(tree.root, "symbols.scm"), PATTERNS):
        reader.visit(event)
    imports = through_path_attributes(reader.imports)
    bound = frozenset(imported.alias for imported in imports)
    return FileRecord(
        path=path,
        language="rust",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=_with_traits(reader.symbols, reader.traits),
        imports=(*imports, *included_files(text), *implied_imports(text, bound)),
        problems=(f"line {reader.error_line}: does not parse",) if tree.is_broken else (),
        packages=_packages(text, reader.symbols),
    )


class _Reader:
    """Visits the events of a file in text order and collects what they define."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.traits: dict[str, list[str]] = defaultdict(list)
        self.error_line = 1
        self._tree = tree
        self._frames = Frames()
        self._path_attribute = ""
        self._trait_impls: set[int] = set()

    def visit(self, event: Event) -> None:
        self._frames.close_before(event.node.start_byte)
        if not self._frames.functions or event.kind in ("use", "error"):
            self._VISITORS[event.kind](self, event)

    def _on_struct(self, event: Event) -> None:
        name, body = self._name(event), event.one("body")
        whole = body is None or body.type == "ordered_field_declaration_list"
        held = tuple(payload(self._tree, body)) if whole else ()
        text = head_text(self._tree, event.node, None if whole else body)
        self._add(event.node, name, "class", text, parameters=held)
        container = self._qualified(name)
        if body is not None and body.type == "field_declaration_list":
            self._add_fields(body, container)

    def _on_enum(self, event: Event) -> None:
        name, body = self._name(event), event.captures["body"][0]
        self._add(event.node, name, "class", head_text(self._tree, event.node, body))
        container = self._qualified(name)
        for variant in body.named_children:
            label = variant.child_by_field_name("name") if variant.type == "enum_variant" else None
            if label is None:
                continue
            held = variant.child_by_field_name("body")
            kind: SymbolKind = "field" if held is None else "method"
            text, inside = head_text(self._tree, variant, None), tuple(payload(self._tree, held))
            self._add(
                variant, self._tree.text(label), kind, text, name, container=container, exported=True, parameters=inside
            )

    def _on_trait(self, event: Event) -> None:
        name, body = self._name(event), event.captures["body"][0]
        text = head_text(self._tree, event.node, body)
        self._add(event.node, name, "class", text, bases=trait_names(self._tree, event.one("bounds")))
        self._frames.enter(Frame(event.node.end_byte, True, name))

    def _on_impl(self, event: Event) -> None:
        name = type_text(self._tree, event.captures["type"][0]).partition("[")[0].rpartition(".")[2]
        trait = event.one("trait")
        if trait is not None and name:
            self.traits[self._qualified(name)].append(type_text(self._tree, trait))
            self._trait_impls.add(event.node.end_byte)
        self._frames.enter(Frame(event.node.end_byte, True, name or "_"))

    def _on_module(self, event: Event) -> None:
        name, body = self._name(event), event.one("body")
        path, self._path_attribute = self._path_attribute, ""
        if body is not None and (whole := _INCLUDED.fullmatch(self._tree.text(body))):
            path, body = whole[1], None
        if body is None:
            self.imports.append(module_import(name, path, event.node.start_point[0] + 1))
        elif name in ("tests", "test"):
            self._frames.enter(Frame(event.node.end_byte, False, name))
        else:
            self._add(event.node, name, "class", head_text(self._tree, event.node, body))
            self._frames.enter(Frame(event.node.end_byte, True, name))

    def _on_function(self, event: Event) -> None:
        bounds = bounds_of(self._tree, event.node)
        result = type_text(self._tree, event.one("result"))
        self._add(
            event.node,
            self._name(event),
            "method" if self._frames.container else "function",
            head_text(self._tree, event.node, event.one("body")),
            as_guess(bounds[result]) if result in bounds else result,
            parameters=tuple(parameters(self._tree, event.captures["parameters"][0], bounds)),
        )
        self._frames.enter(Frame(event.node.end_byte, False, ""))

    def _on_alias(self, event: Event) -> None:
        """A type alias; inside `impl Deref for X`, what X lends its members from."""
        name, type_ = self._name(event), type_text(self._tree, event.captures["type"][0])
        frame = self._frames.innermost
        if frame is not None and frame.end_byte in self._trait_impls:
            if name == "Target" and type_:
                self.traits[self._frames.container].append(type_)
            if name in ("Target", "Output"):
                return
        self._add(event.node, name, "type", value_text(self._tree, event.node), type_)

    def _on_associated(self, event: Event) -> None:
        text = head_text(self._tree, event.node, None)
        self._add(event.node, self._name(event), "type", text, type_text(self._tree, event.one("bounds")))

    def _on_constant(self, event: Event) -> None:
        kind: SymbolKind = "field" if self._frames.container else "variable"
        type_ = type_text(self._tree, event.captures["type"][0])
        self._add(event.node, self._name(event), kind, value_text(self._tree, event.node), type_)

    def _on_macro(self, event: Event) -> None:
        name = self._name(event)
        self._add(event.node, name, "function", f"{MACRO}{name}", exported=True)

    def _on_attribute(self, event: Event) -> None:
        if self._name(event) == "path":
            self._path_attribute = self._tree.text(event.captures["value"][0]).strip('"').removeprefix("./")

    def _on_use(self, event: Event) -> None:
        line = event.node.start_point[0] + 1
        self.imports.extend(read_use(self._tree, event.captures["argument"][0], line))

    def _on_crate(self, event: Event) -> None:
        name, alias = self._name(event), event.one("alias")
        self.imports.append(
            Import(name, "", self._tree.text(alias) if alias is not None else name, event.node.start_point[0] + 1)
        )

    def _on_error(self, event: Event) -> None:
        if self.error_line == 1:
            self.error_line = event.node.start_point[0] + 1

    def _add_fields(self, body: Node, container: str) -> None:
        for field in body.named_children:
            name = field.child_by_field_name("name") if field.type == "field_declaration" else None
            if name is not None:
                type_ = type_text(self._tree, field.child_by_field_name("type"))
                text = one_line(self._tree.text(field))
                self._add(field, self._tree.text(name), "field", text, type_, container=container)

    def _add(
        self,
        node: Node,
        name: str,
        kind: SymbolKind,
        text: str,
        type_: str = "",
        container: str | None = None,
        bases: tuple[str, ...] = (),
        parameters: tuple[tuple[str, str], ...] = (),
        exported: bool | None = None,
    ) -> None:
        if name == "_":
            return
        if exported is None:
            exported = self._is_exported(text)
        where = self._frames.container if container is None else container
        doc, value = doc_line(self._tree, node), ""
        start, end = _lines(node)
        generic = tuple(type_parameters(self._tree, node)) if kind in ("class", "type") else ()
        self.symbols.append(
            Symbol(
                name,
                kind,
                where,
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

    def _is_exported(self, text: str) -> bool:
        """`pub`, or a member of a trait; what an impl gives to satisfy a trait is shown by the trait."""
        frame = self._frames.innermost
        if frame is not None and frame.end_byte in self._trait_impls:
            return False
        in_trait = frame is not None and any(
            symbol.name == frame.name and " trait " in f" {symbol.signature} " for symbol in self.symbols
        )
        return in_trait or _VISIBLE.match(text) is not None

    def _name(self, event: Event) -> str:
        return self._tree.text(event.captures["name"][0]).removeprefix("r#")

    def _qualified(self, name: str) -> str:
        container = self._frames.container
        return f"{container}.{name}" if container else name

    # Not in `__init__`: a reader that held its own methods would wait for the search for cycles to be freed.
    _VISITORS: ClassVar[dict[str, Callable[["_Reader", Event], None]]] = {
        "struct": _on_struct,
        "enum": _on_enum,
        "trait": _on_trait,
        "impl": _on_impl,
        "module": _on_module,
        "function": _on_function,
        "alias": _on_alias,
        "associated": _on_associated,
        "constant": _on_constant,
        "macro": _on_macro,
        "attribute": _on_attribute,
        "use": _on_use,
        "crate": _on_crate,
        "error": _on_error,
    }


def _lines(node: Node) -> tuple[int, int]:
    return node.start_point[0] + 1, node.end_point[0] + 1


def _packages(text: str, symbols: Sequence[Symbol]) -> tuple[str, ...]:
    """Return what the resolver must know of a file: its modules between braces, and whether it defines macros."""
    macros = (MACROS,) if any(symbol.signature.startswith(MACRO) for symbol in symbols) else ()
    return (*(f"{INLINE}{name}" for name in inline_modules(text)), *macros)


def _with_traits(symbols: list[Symbol], traits: dict[str, list[str]]) -> tuple[Symbol, ...]:
    """The traits that this file implements for a type are its bases: their methods are its own."""
    return tuple(
        symbol._replace(
            bases=tuple(dict.fromkeys((*symbol.bases, *(each for each in traits[symbol.qualified] if each))))
        )
        if symbol.kind == "class" and symbol.qualified in traits
        else symbol
        for symbol in symbols
    )
