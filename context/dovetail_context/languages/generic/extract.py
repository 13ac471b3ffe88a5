"""From a parsed file of a language with a tags query to its `FileRecord`.

The query says what the nodes are; this module knows scopes, signatures and the order of the text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b

from dovetail_context.languages.generic.events import Event, in_text_order
from dovetail_context.languages.generic.imports import read_import
from dovetail_context.languages.generic.notation import access_path
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.generic.signatures import class_head, field_text, function_head
from dovetail_context.languages.generic.types import type_text
from dovetail_context.languages.nesting import MAX_CONTAINERS
from dovetail_context.records.access import base_name, put_in
from dovetail_context.records.record import FileRecord, Import, Symbol, SymbolKind
from dovetail_context.syntax import Grammar, Node, SyntaxTree

# What a file declares to its resolver, after a word and a space (see `FileRecord.packages`).
DEFINES, EXTENDS = "defines ", "extends"
MAX_RETURNS = 4  # alternatives of what a function returns; more are no type
# Of one file. A file that defines more is data.
MAX_SYMBOLS = 20_000


def plain_record(name: str, path: str, text: str) -> FileRecord:
    """The record of a text of which nothing but its words is known."""
    return FileRecord(path=path, language=name, digest=digest_of(text), text=text)


def digest_of(text: str) -> str:
    """`FileRecord.digest` of a text."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def extract(profile: Profile, grammar: Grammar, path: str, text: str) -> FileRecord:
    """Read a file. Parts that do not parse are passed over; `problems` has the line of the first."""
    return replace(read(profile, grammar, text)[0], path=path)


@lru_cache(maxsize=4)
def read(profile: Profile, grammar: Grammar, text: str) -> tuple[FileRecord, list[Event], SyntaxTree]:
    """The record of a text, what the tags query finds in it, and its tree. The text of an open file, and the one with
    the statement at its cursor repaired, are asked for several times with each keystroke."""
    tree = grammar.parse(profile.prepared(text))
    events = in_text_order(grammar.matches(tree.root, "tags.scm"))
    return record_of(profile, "", text, tree, events), events, tree


def record_of(profile: Profile, path: str, text: str, tree: SyntaxTree, events: list[Event]) -> FileRecord:
    """The record of a text that has been parsed."""
    reader = Reader(profile, tree)
    for event in events:
        reader.take(event)
    symbols = tuple(reader.symbols())
    record = FileRecord(
        path=path,
        language=profile.name,
        digest=digest_of(text),
        text=text,
        symbols=symbols,
        imports=tuple(reader.imports),
        problems=(f"line {_error_line(tree)}: does not parse",) if tree.is_broken else (),
        packages=_declared(reader.package, symbols, reader.qualified, reader.extends),
    )
    return profile.refined(record, tree)


def _declared(package: str, symbols: tuple[Symbol, ...], qualified: dict[int, str], extends: bool) -> tuple[str, ...]:
    """The package, and the names of the file that others reach through it."""
    names = dict.fromkeys(
        DEFINES + qualified.get(number, f"{package}.{symbol.name}" if package else symbol.name)
        for number, symbol in enumerate(symbols)
        if not symbol.container
    )
    extends = extends or any(symbol.parameters[:1] and symbol.parameters[0][0] == EXTENSION for symbol in symbols)
    return (package, *((EXTENDS,) if extends else ()), *names)


def element_of(path: str, kind: str) -> str:
    """What a local name is bound to: a value, its elements, or either where a block gets one of them."""
    if not path or kind not in ("element", "each") or "|" in path:
        return path
    return f"{path}[]" if kind == "element" else f"{path}[]|{path}"


def bound_path(event: Event, read_path: Callable[[Node], str]) -> str:
    """What an event binds a local name to; `read_path` gives the access path of a node."""
    value, function = event.one("value"), event.one("taker")
    if function is not None:
        listed, called = event.one("arguments"), read_path(function)
        before = listed.named_child_count if listed is not None else 0
        return f"{called}{{{before}}}{{{_place(event.node)}}}" if called and "|" not in called else ""
    path = read_path(value) if value is not None else ""
    if event.kind not in ("part", "pair"):
        return element_of(path, event.kind)
    if not path or "|" in path:
        return ""
    place = _place(event.node)
    if event.kind == "part":
        return f"{path}[{place}]"
    of_map = f"|{path}[]" if place == 1 else ""
    return f"{path}[][{place}]{of_map}"


def _place(node: Node) -> int:
    """Which of its parent's children a node is."""
    siblings = node.parent.named_children if node.parent is not None else []
    return next((place for place, each in enumerate(siblings) if each == node), 0)


# The name of the parameter that represents the object which a function is called on like a member of it.
EXTENSION = "this"


@dataclass(slots=True)
class _Open:
    """A scope that is open, or a definition whose symbol is not finished. `symbol` is its number, -1 for none.
    Definitions that begin before the byte `hidden_until` are not for others."""

    end: int
    container: str
    is_class: bool
    symbol: int = -1
    body: int = 0
    hidden_until: int = 0
    nest: str = ""
    parameters: list[tuple[str, str]] = field(default_factory=list)
    bindings: dict[str, str] = field(default_factory=dict)
    returns: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)


class Reader:
    """Takes events in text order and collects symbols and imports."""

    def __init__(self, profile: Profile, tree: SyntaxTree) -> None:
        self.package = ""
        self.imports: list[Import] = []
        self.qualified: dict[int, str] = {}
        self.extends = False  # whether members are added to a class of another file
        self._profile = profile
        self._tree = tree
        self._symbols: list[Symbol] = []
        self._members: set[tuple[str, str]] = set()
        self._hidden: set[tuple[str, str]] = set()  # containers and names of what is not for others
        self._open: list[_Open] = []

    def symbols(self) -> Iterator[Symbol]:
        """The symbols, once all events were taken."""
        self._close(len(self._tree.data) + 1)
        for symbol in self._symbols:
            is_hidden = (symbol.container, symbol.name) in self._hidden
            yield symbol._replace(exported=False) if is_hidden else symbol

    def take(self, event: Event) -> None:
        """Read one event."""
        self._close(event.node.start_byte)
        if len(self._symbols) >= MAX_SYMBOLS:
            return
        kind = event.kind
        if kind.startswith("import"):
            self.imports.extend(read_import(event, self._tree, self._profile))
        elif kind == "package":
            self.package = self._profile.module_name(self._text(event, "name"))
        elif kind in ("class", "scope"):
            self._class(event)
        elif kind in ("function", "static"):
            self._function(event)
        elif kind in ("field", "type", "member"):
            self._field(event)
        elif self._open:
            self._inner(event, self._open[-1])

    def _close(self, start: int) -> None:
        while self._open and self._open[-1].end <= start:
            done = self._open.pop()
            if done.symbol < 0:
                continue
            symbol = self._symbols[done.symbol]
            value = symbol.value or "|".join(dict.fromkeys(each for each in done.returns[:MAX_RETURNS] if each))
            self._symbols[done.symbol] = symbol._replace(
                parameters=tuple(done.parameters) or symbol.parameters,
                value="" if symbol.type else value,
                bases=(*symbol.bases, *done.bases),
            )

    @property
    def _container(self) -> str:
        return self._open[-1].container if self._open else ""

    @property
    def _in_function(self) -> bool:
        return any(not each.is_class for each in self._open)

    def _class(self, event: Event) -> None:
        written = self._profile.module_name(self._text(event, "name"))
        name = written.rpartition(".")[2]
        outer = self._open[-1].nest if self._open else self.package
        if not name or self._in_function or self._container.count(".") >= MAX_CONTAINERS - 1:
            return
        container = "" if self._profile.is_flat else self._container
        self.extends = self.extends or event.kind == "scope"
        number = -1
        if event.kind == "class":
            bases = tuple(type_text(self._tree.text(node)) for node in event.all("base"))
            number = self._add(event, "class", name, container, class_head(self._tree, event, self._profile), bases)
            if not container:
                self.qualified[number] = f"{outer}.{written}" if outer else written
        inner = f"{container}.{name}" if container else name
        body = event.one("body")
        self._open.append(
            _Open(
                event.node.end_byte,
                inner,
                True,
                number,
                body.start_byte if body is not None else event.node.end_byte,
                nest=f"{outer}.{written}" if outer else written,
            )
        )

    def _function(self, event: Event) -> None:
        name = self._profile.symbol_name(self._text(event, "name"))
        container = self._container
        body = event.one("body")
        opened = _Open(event.node.end_byte, container, False, body=body.start_byte if body is not None else 0)
        if name and not self._in_function:
            receiver = event.one("receiver")
            head = function_head(self._tree, event, self._profile)
            kind: SymbolKind = "method" if container else "function"
            type_ = type_text(self._text(event, "returns"))
            opened.symbol = self._add(event, kind, name, container, head, type_=type_)
            if receiver is not None and not container:
                opened.parameters.append((EXTENSION, type_text(self._tree.text(receiver))))
        if opened.symbol >= 0 or body is not None:
            self._open.append(opened)
        if (value := event.one("value")) is not None and opened.symbol >= 0:
            opened.returns.append(self._path(value, opened))

    def _field(self, event: Event) -> None:
        scope = self._open[-1] if self._open else None
        in_head = scope is not None and scope.container != "" and event.node.start_byte < scope.body
        if self._in_function and event.kind != "member" and not in_head:
            if self._open and event.kind == "field":
                self._inner(event, self._open[-1])
            return
        name, value = self._profile.symbol_name(self._text(event, "name")), event.one("value")
        container = self._container
        if not name or (event.kind == "member" and (not container or (container, name) in self._members)):
            return
        self._members.add((container, name))
        kind: SymbolKind = "type" if event.kind == "type" else "field" if container else "variable"
        type_ = type_text(self._text(event, "type"))
        path = self._path(value, self._open[-1] if self._open else None) if value is not None else ""
        if kind == "type":
            type_, path = type_text(self._tree.text(value)) if value is not None else "", ""
        head = field_text(self._tree, event, self._profile)
        number = self._add(event, kind, name, container, head, type_=type_, value="" if type_ else path)
        if event.kind == "member":
            self._symbols[number] = self._symbols[number]._replace(exported=False)

    def _inner(self, event: Event, scope: _Open) -> None:
        """What belongs to the definition around it."""
        name, kind = self._text(event, "name"), event.kind
        if kind == "parameter":
            if not scope.body or event.node.start_byte < scope.body:
                scope.parameters.append((name, type_text(self._text(event, "type"))))
                scope.bindings[name] = self._bound(event, scope)
        elif kind in ("local", "element", "each", "field", "part", "pair", "given"):
            scope.bindings[name] = self._bound(event, scope)
        elif kind == "return" and not scope.is_class and (value := event.one("value")) is not None:
            scope.returns.append(self._path(value, scope))
        elif kind == "mixin" and scope.is_class:
            scope.bases.extend(type_text(self._tree.text(node)) for node in event.all("base"))
        elif kind == "hidden" and scope.is_class:
            scope.hidden_until = scope.end
        elif kind == "hidden.here" and scope.is_class:
            scope.hidden_until = max(scope.hidden_until, event.node.end_byte)
            self._hidden.add((scope.container, self._profile.symbol_name(name)))

    def _bound(self, event: Event, scope: _Open) -> str:
        if type_ := type_text(self._text(event, "type")):
            return f"<{type_}>"
        return bound_path(event, lambda node: self._path(node, scope))

    def _path(self, value: Node, scope: _Open | None) -> str:
        """The access path of a value, with what is known of local names put in."""
        bindings = scope.bindings if scope is not None else {}
        path = access_path(self._tree.text(value), self._profile.notation, bindings)
        name = base_name(path)
        return put_in(path, name, bindings[name]) if name in bindings else path

    def _add(
        self,
        event: Event,
        kind: SymbolKind,
        name: str,
        container: str,
        signature: str,
        bases: tuple[str, ...] = (),
        type_: str = "",
        value: str = "",
    ) -> int:
        node = event.node
        in_hidden = bool(self._open) and node.start_byte < self._open[-1].hidden_until
        hidden = in_hidden or self._profile.is_hidden(name, signature)
        self._symbols.append(
            Symbol(
                name=name,
                kind=kind,
                container=container,
                start_line=node.start_point[0] + 1,
                end_line=max(node.start_point[0] + 1, node.end_point[0] + (node.end_point[1] > 0)),
                signature=signature,
                exported=not hidden,
                type=type_,
                value=value,
                bases=tuple(base for base in bases if base),
                static=event.kind == "static",
            )
        )
        return len(self._symbols) - 1

    def _text(self, event: Event, capture: str) -> str:
        node = event.one(capture)
        return self._tree.text(node) if node is not None else ""


def _error_line(tree: SyntaxTree) -> int:
    """The line of the first error that a descent from the root meets."""
    node = tree.root
    while not node.is_error and not node.is_missing:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            break
        node = inner
    return node.start_point[0] + 1
