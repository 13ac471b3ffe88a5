"""From a parsed C or C++ file to its `FileRecord`: definitions and includes.

Namespaces are transparent: their members are at the top level, and `namespace::` leads to what the file sees. So
`using shop::Thing;` says nothing new.
"""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import ClassVar

from dovetail_context.languages.cpp.expressions import (
    access_path,
    declared_name,
    declared_type,
    function_declarator,
    trailing_type,
    type_text,
)
from dovetail_context.languages.cpp.grammar import grammar_for, is_c
from dovetail_context.languages.cpp.modules import read_modules
from dovetail_context.languages.cpp.resolve import HEADER, IMPLEMENTATIONS, MODULE
from dovetail_context.languages.cpp.signatures import (
    base_names,
    doc_line,
    head_text,
    one_line,
    parameters,
    type_parameters,
    value_text,
    without_macros,
)
from dovetail_context.languages.nesting import Event, Frame, Frames, in_text_order
from dovetail_context.records.record import SHAPE, FileRecord, Import, Symbol, SymbolKind
from dovetail_context.syntax import Node, SyntaxTree

# The captures that name the patterns of symbols.scm and of classes.scm, in their order.
PATTERNS = (
    "include",
    "macro",
    "macro",
    "function",
    "declaration",
    "field",
    "class",
    "class",
    "enum",
    "typedef",
    "forward",
    "error",
    "code",
    *("class", "template", "access", "alias", "code", "forward"),
)
# It begins with plain characters, for which Python searches fast, and looks back from there.
_NAMESPACE = re.compile(r"namespace(?<!\wnamespace)\s+(?:\w+::)*(\w+)")
# The name before `::`, read backwards for the same reason: `::pohs` for `shop::`. Longer names are data.
_SCOPE_BACKWARDS = re.compile(r"::(\w{0,59}[a-z_])(?![\w:.>])")
_SCOPED_CALL = re.compile(r"::~?(\w+)(?=\s*\()")
_IN_WORD = re.compile(r"\w")
_LANGUAGE_OWN = frozenset({"std", "public", "private", "protected"})


def extract(path: str, text: str) -> FileRecord:
    """Read a C or C++ file; broken parts are passed over and noted in `problems`."""
    grammar = grammar_for(path)
    tree = grammar.parse(without_macros(text))
    queries = ("symbols.scm",) if is_c(path) else ("symbols.scm", "classes.scm")
    reader = _Reader(tree, _constructed(text))
    for event in in_text_order(grammar.matches(tree.root, *queries), PATTERNS):
        reader.visit(event)
    module, modules = read_modules(text)
    if path.endswith(IMPLEMENTATIONS):  # what includes the file sees more than it does
        modules = (*modules, Import(f"{HEADER}{path}", "*", "", 0))
    return FileRecord(
        path=path,
        language="cpp",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=tuple(reader.symbols),
        imports=(*reader.imports, *modules, *_namespaces(text, frozenset(symbol.name for symbol in reader.symbols))),
        problems=(f"line {reader.error_line}: does not parse",) if tree.is_broken else (),
        packages=(f"{MODULE}{module}",) if module else (),
    )


class _Reader:
    """Visits the events of a file in text order and collects what they define."""

    def __init__(self, tree: SyntaxTree, constructed: set[str]) -> None:
        """`constructed` are classes of other files whose members this file defines."""
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.error_line = 1
        self._tree = tree
        self._frames = Frames()
        self._hidden: dict[int, bool] = {}
        self._template: Node | None = None
        self._declared: set[tuple[str, str]] = set()
        self._announced: set[str] = set()
        self._classes = constructed
        self._unnamed: dict[int, str] = {}  # by the end of a struct without a name, what it is the type of

    def visit(self, event: Event) -> None:
        self._frames.close_before(event.node.start_byte)
        if not self._frames.functions or event.kind in ("include", "error", "macro"):
            self._VISITORS[event.kind](self, event)

    def _on_include(self, event: Event) -> None:
        written = self._tree.text(event.captures["path"][0]).strip()
        if written[:1] in ('"', "<"):
            self.imports.append(Import(written, "*", "", event.node.start_point[0] + 1))

    def _on_macro(self, event: Event) -> None:
        """A macro with a value or parameters; one without is a switch or an include guard."""
        name = self._tree.text(event.captures["name"][0])
        with_parameters = event.node.type == "preproc_function_def"
        if with_parameters or event.one("value") is not None:
            listed = event.node.child_by_field_name("parameters")
            text = f"#define {name}{one_line(self._tree.text(listed)) if listed is not None else ''}"
            if not with_parameters:
                text = value_text(self._tree, event.node)
            self._add(event.node, name, "function" if with_parameters else "variable", text, container="")

    def _on_function(self, event: Event) -> None:
        declarator, body = event.captures["declarator"][0], event.one("body")
        initializers = next((each for each in event.node.named_children if each.type == "field_initializer_list"), None)
        end = initializers or body
        self._add_callable(event.node, declarator, end.start_byte if end is not None else event.node.end_byte)
        self._frames.enter(Frame(event.node.end_byte, False, ""))

    def _on_declaration(self, event: Event) -> None:
        declarator = event.captures["declarator"][0]
        if function_declarator(declarator) is not None:
            self._add_callable(event.node, declarator, event.node.end_byte)
            return
        name = declared_name(declarator)
        if name is None or name.type in ("qualified_identifier", "operator_name"):
            return
        declared = event.node.child_by_field_name("type")
        type_ = declared_type(self._tree, declared, declarator)
        value = declarator.child_by_field_name("value") if declarator.type == "init_declarator" else None
        path = access_path(self._tree, value) if value is not None and not type_ else ""
        start = event.node.start_byte
        has_body = declared is not None and declared.child_by_field_name("body") is not None
        if has_body and declared is not None:
            head = type_ or one_line(self._tree.slice(declared.start_byte, declared.start_byte + 6))
            text = f"{head} {one_line(self._tree.text(declarator))}"
            if declared.child_by_field_name("name") is None and declared.type != "enum_specifier":
                path = SHAPE
                self._unnamed[declared.end_byte] = self._tree.text(name)
        else:
            text = value_text(self._tree, event.node)
        kind: SymbolKind = "field" if self._frames.container else "variable"
        self._add(event.node, self._tree.text(name), kind, text, type_, path, start=start)

    def _on_class(self, event: Event) -> None:
        name_node, body = event.one("name"), event.captures["body"][0]
        name = type_text(self._tree, name_node).partition("[")[0].rpartition(".")[2]
        if name:
            template = self._template
            start = self._start(event.node)
            generic = tuple(type_parameters(self._tree, template)) if start != event.node.start_byte else ()
            text, bases = head_text(self._tree, start, body.start_byte), base_names(self._tree, event.node)
            self._add(event.node, name, "class", text, bases=bases, start=start, generic=generic)
        elif outer := self._unnamed.get(event.node.end_byte):
            name = outer
        elif self._frames.container and _has_no_declarator(event.node):
            return  # its members are those of the class around it
        self._hidden[event.node.end_byte] = event.node.type == "class_specifier"
        self._frames.enter(Frame(event.node.end_byte, bool(name), name))

    def _on_enum(self, event: Event) -> None:
        name_node, body = event.one("name"), event.captures["body"][0]
        name = self._tree.text(name_node) if name_node is not None else ""
        if name:
            self._add(event.node, name, "class", head_text(self._tree, event.node.start_byte, body.start_byte))
        scoped = any(child.type in ("class", "struct") for child in event.node.children)
        outer = self._frames.container
        inner = f"{outer}.{name}" if outer else name
        for each in body.named_children:
            label = each.child_by_field_name("name") if each.type == "enumerator" else None
            if label is None:
                continue
            text = self._tree.text(label)
            if name:
                self._add(each, text, "field", text, name, container=inner)
            if not scoped:
                self._add(each, text, "field" if outer else "variable", f"enum {name} {{ {text} }}", name)

    def _on_typedef(self, event: Event) -> None:
        name, declared = declared_name(event.captures["declarator"][0]), event.captures["type"][0]
        if name is None:
            return
        alias, body = self._tree.text(name), declared.child_by_field_name("body")
        if body is not None and declared.child_by_field_name("name") is None:
            keyword = self._tree.text(declared).partition("{")[0].strip()
            self._add(event.node, alias, "class", f"{keyword} {alias}")
            if declared.type != "enum_specifier":
                self._unnamed[declared.end_byte] = alias
                return
            container = self._qualified(alias)
            for field in body.named_children:
                self._add_enumerator(field, alias, container)
            return
        text = head_text(self._tree, event.node.start_byte, event.node.end_byte)
        if body is not None:
            text = f"typedef {one_line(self._tree.text(declared).partition('{')[0])} {alias}"
        type_ = declared_type(self._tree, declared, event.captures["declarator"][0])
        self._add(event.node, alias, "type", text, type_)

    def _add_enumerator(self, field: Node, enumeration: str, container: str) -> None:
        """An enumerator of a type that only its typedef names."""
        label = field.child_by_field_name("name") if field.type == "enumerator" else None
        if label is not None:
            text = self._tree.text(label)
            self._add(field, text, "field", text, enumeration, container=container)

    def _on_template(self, event: Event) -> None:
        self._template = event.node

    def _on_access(self, event: Event) -> None:
        frame = self._frames.innermost
        if frame is not None:
            self._hidden[frame.end_byte] = self._tree.text(event.node) == "private"

    def _on_alias(self, event: Event) -> None:
        name = self._tree.text(event.captures["name"][0])
        type_, template = type_text(self._tree, event.captures["type"][0]), self._template
        start = self._start(event.node)
        generic = tuple(type_parameters(self._tree, template)) if start != event.node.start_byte else ()
        text = head_text(self._tree, start, event.node.end_byte)
        self._add(event.node, name, "type", text, type_, generic=generic)

    def _on_code(self, event: Event) -> None:
        """Code outside of functions: what it declares, no other file can name."""
        self._frames.enter(Frame(event.node.end_byte, False, ""))

    def _on_forward(self, event: Event) -> None:
        """A class that is only announced here: a header that bears its name may define it."""
        name = self._tree.text(event.captures["name"][0])
        if name not in self._announced:
            self._announced.add(name)
            self.imports.append(Import(f"class {name}", name, name, event.node.start_point[0] + 1))

    def _on_error(self, event: Event) -> None:
        if self.error_line == 1:
            self.error_line = event.node.start_point[0] + 1

    def _add_callable(self, node: Node, declarator: Node, end_byte: int) -> None:
        function, name = function_declarator(declarator), declared_name(declarator)
        if function is None or name is None:
            return
        scope = ""
        while name is not None and name.type == "qualified_identifier":
            part = type_text(self._tree, name.child_by_field_name("scope")).partition("[")[0].rpartition(".")[2]
            scope, name = part or scope, name.child_by_field_name("name")
        if name is None:
            return
        text = self._tree.text(name).partition("<")[0] if name.type != "operator_name" else self._tree.text(name)
        container = self._frames.container or (scope if scope[:1].isupper() or scope in self._classes else "")
        if scope and (container, text.strip()) in self._declared:
            return  # the class of this file has declared it
        self._declared.add((container, text.strip()))
        start = self._start(node)
        self._add(
            node,
            text.strip(),
            "method" if container else "function",
            head_text(self._tree, start, end_byte),
            type_text(self._tree, node.child_by_field_name("type")) or trailing_type(self._tree, function),
            container=container,
            parameters=tuple(parameters(self._tree, function)),
            start=start,
        )

    def _start(self, node: Node) -> int:
        """Where a definition begins: at its `template <...>`, if it has one."""
        template, self._template = self._template, None
        if template is not None and template.start_byte <= node.start_byte < template.end_byte:
            return template.start_byte
        return node.start_byte

    def _add(
        self,
        node: Node,
        name: str,
        kind: SymbolKind,
        text: str,
        type_: str = "",
        value: str = "",
        container: str | None = None,
        bases: tuple[str, ...] = (),
        parameters: tuple[tuple[str, str], ...] = (),
        start: int = -1,
        generic: tuple[tuple[str, str], ...] = (),
    ) -> None:
        frame = self._frames.innermost
        hidden = frame is not None and self._hidden.get(frame.end_byte, False)
        where = self._frames.container if container is None else container
        doc = doc_line(self._tree, node.start_byte if start < 0 else start)
        first, last = node.start_point[0] + 1, node.end_point[0] + 1
        if name:
            if kind == "class":
                self._classes.add(name)
            self.symbols.append(
                Symbol(
                    name,
                    kind,
                    where,
                    first,
                    last,
                    text,
                    doc,
                    not hidden,
                    type_,
                    value,
                    bases,
                    parameters,
                    type_parameters=generic,
                )
            )

    def _qualified(self, name: str) -> str:
        container = self._frames.container
        return f"{container}.{name}" if container else name

    # Not in `__init__`: a reader that held its own methods would wait for the search for cycles to be freed.
    _VISITORS: ClassVar[dict[str, Callable[["_Reader", Event], None]]] = {
        "include": _on_include,
        "macro": _on_macro,
        "function": _on_function,
        "declaration": _on_declaration,
        "field": _on_declaration,
        "class": _on_class,
        "enum": _on_enum,
        "typedef": _on_typedef,
        "template": _on_template,
        "access": _on_access,
        "alias": _on_alias,
        "code": _on_code,
        "forward": _on_forward,
        "error": _on_error,
    }


def _constructed(text: str) -> set[str]:
    """The classes whose constructor or destructor a file defines outside of them (`shop::~shop()`).

    Whether another name in small letters before `::` is a class or a namespace, only its own file says."""
    found = set()
    for match in _SCOPED_CALL.finditer(text):
        name, start = match[1], match.start()
        before = text[max(start - len(name) - 1, 0) : start]
        if before.endswith(name) and not _IN_WORD.match(before.removesuffix(name)):
            found.add(name)
    return found


def _has_no_declarator(node: Node) -> bool:
    """Whether a struct or union declares no field: `union { int a; float b; };`."""
    following = node.next_sibling
    return following is None or following.type == ";"


def _namespaces(text: str, defined: frozenset[str]) -> list[Import]:
    """The namespaces that the file names lead to all that it sees."""
    names = {*_NAMESPACE.findall(text), *(name[::-1] for name in _SCOPE_BACKWARDS.findall(text[::-1]))}
    names -= _LANGUAGE_OWN | defined
    return [Import("::", "", name, 0) for name in sorted(names)]
