"""`FileRecord`: what is kept about one file. Values only, the same for all languages.

Two small notations keep records compact and free of any language's syntax:

- a *type* is written as Python writes it: `Money`, `money.Money`, `list[Money]`, `Money | None`; `?Money` is a Money
  or something derived from it, such as a result whose type the caller chooses (see `meaning/types.py`);
- an *access path* specifies where a value comes from: `repo.find().owner[]` is "call find of repo, take owner, take an
  element"; `<Money>` at its start is "an instance of the type Money", `~` is an awaited value, `f{0}` is what the first
  parameter of f (`f{key}` the one of that name) is declared to be, `a*list` is a list of what `a` is (`a*Callable` a
  function that returns it), `f@` is what a
  framework that calls f passes on (`f@fixture` if f is decorated so), `a|b` is one of two
  (see `meaning/infer.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from dovetail_context.records.text import split_lines

# The value of what is an object with members of its own and no class: `return { total, add() {} }`.
SHAPE = "{}"

SymbolKind = Literal["class", "function", "method", "property", "variable", "field", "type"]
KINDS: tuple[SymbolKind, ...] = get_args(SymbolKind)


class Symbol(NamedTuple):
    """A definition that other files can name. (A million lines have some hundred thousand, and a named tuple is made
    three times as fast as a frozen dataclass.)

    `container` is the dotted chain of enclosing classes ("" at module level). Lines are 1-based and inclusive,
    decorators and body included. `signature` is the text that the model sees, without indentation and body; it may
    have several lines. `type` is a variable's type or a function's return type; `value` is the access path that a
    variable is assigned from or a function without declared type returns. Both are empty where unknown. `static`
    members belong to their class, not to its instances. `type_parameters` are those of a generic class or alias, each
    with its bound ("" where it has none).
    """

    name: str
    kind: SymbolKind
    container: str
    start_line: int
    end_line: int
    signature: str
    doc: str = ""
    exported: bool = True
    type: str = ""
    value: str = ""
    bases: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    static: bool = False
    type_parameters: tuple[tuple[str, str], ...] = ()

    @property
    def has_members(self) -> bool:
        """Whether other symbols may name this one as their container."""
        return self.kind == "class" or self.value == SHAPE

    @property
    def qualified(self) -> str:
        """The dotted name inside the file."""
        return f"{self.container}.{self.name}" if self.container else self.name


SymbolsByName = Mapping[str, tuple[Symbol, ...]]
# The maximum number of definitions of one name in a class or file; the last ones count. Overloads are fewer.
MAX_SAME_NAME = 200


class Import(NamedTuple):
    """One name bound by an import.

    `alias` is the local name. `name` is "" for the module itself and "*" for all its names (which bind no alias); both
    are "" where an import only makes a module known, as the second half of Python's `import a.b` does.
    """

    module: str
    name: str
    alias: str
    line: int


class SymbolHeads(NamedTuple):
    """What can be asked of the symbols of a file before they are unpacked, in file order: the name of each, and a byte
    with the place of its kind in `KINDS` and the two flags."""

    names: tuple[str, ...] = ()
    traits: bytes = b""


KIND_BITS, IS_EXPORTED, IS_INSIDE, ALL_TRAITS = 7, 8, 16, 32
CLASS = KINDS.index("class")
_PLACES = {kind: place for place, kind in enumerate(KINDS)}


def traits_of(symbol: Symbol) -> int:
    """The byte of a symbol in `SymbolHeads.traits`."""
    return _PLACES[symbol.kind] | (IS_EXPORTED if symbol.exported else 0) | (IS_INSIDE if symbol.container else 0)


@dataclass(frozen=True)
class FileRecord:
    """What one file defines and imports.

    `exports` is None where the language's default rule holds; "*" among them means that the file also exports what star
    imports bring in. `packages` is what the import resolver must know of the file in languages where its path alone is
    not enough (Java, C#). It lists the packages or namespaces of the file and, after a word and a space, other data for
    the language's resolver. A `generated` file's symbols count like others, its text does not: nobody writes code like
    that.
    """

    path: str
    language: str
    digest: str
    text: str
    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: tuple[str, ...] | None = None
    problems: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    generated: bool = False

    @cached_property
    def by_container(self) -> dict[str, SymbolsByName]:
        """Symbols by container and name, in file order (several for overloads and conditional definitions)."""
        grouped: dict[str, list[Symbol]] = defaultdict(list)
        for symbol in self.symbols:
            grouped[symbol.container].append(symbol)
        return {container: by_name(symbols) for container, symbols in grouped.items()}

    @cached_property
    def heads(self) -> SymbolHeads:
        """The names and traits of all symbols."""
        return SymbolHeads(tuple(each.name for each in self.symbols), bytes(map(traits_of, self.symbols)))

    def symbol(self, place: int) -> Symbol:
        """The symbol at a place of `symbols`. The others need not be unpacked for it."""
        return self.symbols[place]

    @cached_property
    def imports_by_alias(self) -> dict[str, tuple[Import, ...]]:
        """Imports by the local name that they bind."""
        grouped: dict[str, list[Import]] = defaultdict(list)
        for imported in self.imports:
            grouped[imported.alias].append(imported)
        return {alias: tuple(same) for alias, same in grouped.items()}

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines without their ends."""
        return split_lines(self.text)

    def lines_between(self, start: int, end: int) -> list[str]:
        """The lines from `start` to `end` (1-based, inclusive), as far as there are such."""
        return self.lines[max(start, 1) - 1 : max(end, 0)]

    def members(self, container: str) -> SymbolsByName:
        """The symbols directly inside `container` ("" for the module), by name."""
        return self.by_container.get(container, {})


def by_name(symbols: Iterable[Symbol]) -> dict[str, tuple[Symbol, ...]]:
    """Symbols of one container, in file order under each name; of very many with one name the last."""
    found: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        found.setdefault(symbol.name, []).append(symbol)
    return {name: tuple(same[-MAX_SAME_NAME:]) for name, same in found.items()}
