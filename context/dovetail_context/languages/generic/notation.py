"""How a language writes what is no code and what belongs to a member chain, and such chains as access paths. Pure.

An access path comes from the text of an expression, not from its tree: the same reader serves a finished expression
and one that is being typed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from dovetail_context.languages.braces.scan import BraceSyntax, mask

MAX_ACCESS_CHARS = 160  # longer paths come from chained or generated code and are never looked up
MAX_EXPRESSION_CHARS = 2000  # an expression longer than this is data
MAX_DEPTH = 8  # of brackets around the beginning of an expression

_NUMBER = re.compile(r"\d[\w.]*")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SPACE = re.compile(r"\s*")
_BLOCK = re.compile(r"[ \t]*\{")


@dataclass(frozen=True, slots=True)
class Notation:
    """How expressions are written.

    `syntax` describes strings, comments and statements. `name` matches a name; `self_names` are the names of the object
    itself, `parent_names` those of it as its base class; `connectors` are what joins an object and its member, the
    longest first. `creates` is the word before a class that makes an instance of it, `maker` the member of a class that
    does the same (`Foo.new`). `own_member` begins a name that is a member of the object itself (`@name` of Ruby).
    `keywords` are no names. `calls_bare`: a name in lower case is a call even without parentheses. `default` are
    operators whose left side gives the value. `literals` are the types of texts in quotes.
    """

    syntax: BraceSyntax
    keywords: frozenset[str]
    name: re.Pattern[str] = re.compile(r"[^\W\d][\w]*")
    self_names: frozenset[str] = frozenset({"this", "self"})
    parent_names: frozenset[str] = frozenset({"super"})
    connectors: tuple[str, ...] = (".",)
    creates: str = ""
    maker: str = ""
    own_member: str = ""
    calls_bare: bool = False
    default: tuple[str, ...] = ()
    literals: tuple[tuple[str, str], ...] = field(default=(('"', "String"), ("'", "String")))


def access_path(source: str, notation: Notation, local: Collection[str] = ()) -> str:
    """Return the access path of an expression; "" if it does not reveal its type. `local` are names of variables."""
    if len(source) > MAX_EXPRESSION_CHARS:
        return ""
    masked = mask(source, notation.syntax)
    path = _Chain(masked, source, notation, local).read(0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


class _Chain:
    """Reads one expression from left to right; gives up with "" at anything that is no chain of members."""

    def __init__(self, masked: str, source: str, notation: Notation, local: Collection[str]) -> None:
        self._masked = masked
        self._source = source
        self._notation = notation
        self._local = local
        self._at = 0

    def read(self, depth: int) -> str:
        """The path of the text as far as it is one expression."""
        self._skip_space()
        path = self._head(depth)
        if not path:
            return ""
        path = self._steps(path)
        self._skip_space()
        rest = self._masked[self._at :]
        return path if not rest or rest.startswith((*self._notation.default, ")", ";", ",")) else ""

    def _head(self, depth: int) -> str:
        notation = self._notation
        character = self._masked[self._at : self._at + 1]
        if character == "(" and depth < MAX_DEPTH:
            end = self._closing()
            inner = _Chain(
                self._masked[self._at + 1 : end], self._source[self._at + 1 : end], notation, self._local
            ).read(depth + 1)
            self._at = end + 1
            return inner
        for quote, type_ in notation.literals:
            if character == quote:
                end = self._masked.find(quote, self._at + 1)
                self._at = len(self._masked) if end < 0 else end + 1
                return f"<{type_}>"
        if notation.own_member and self._masked.startswith(notation.own_member, self._at):
            self._at += len(notation.own_member)
            return f"self.{name}" if (name := self._name()) else ""
        name = self._name()
        if name == notation.creates and name:
            self._skip_space()
            made = self._qualified()
            self._arguments()
            return f"<{made}>" if made else ""
        if name in notation.self_names:
            return "self"
        if name in notation.parent_names:
            return "super()"
        if not name or name in notation.keywords:
            return ""
        if self._arguments():
            return name + "()"
        bare = notation.calls_bare and name[0].islower() and name not in self._local
        return name + "()" if bare else name

    def _steps(self, path: str) -> str:
        notation = self._notation
        while True:
            before = self._at
            self._skip_space()
            connector = self._connector()
            if connector:
                self._at += len(connector)
                self._skip_space()
                name = self._name()
                if not name:
                    return "" if self._at < len(self._masked) else path
                is_made = name == notation.maker and not path.endswith(")")
                has_arguments = self._arguments()
                if is_made:
                    path = f"<{path}>"
                elif connector == "::" and notation.calls_bare and name[0].isupper():
                    path = name  # nested constants are recorded by their own names
                else:
                    bare = notation.calls_bare and name[0].islower()
                    path = f"{path}.{name}" + ("()" if has_arguments or bare else "")
            elif self._masked.startswith("[", self._at) and before == self._at:
                self._at = self._closing() + 1
                path += "[]"
            elif self._masked[self._at : self._at + 1] in ("!", "?") and before == self._at:
                self._at += 1
            else:
                return path

    def _arguments(self) -> bool:
        """Go past the arguments of a call, with a block behind them; false if there are none."""
        found = False
        if self._masked.startswith("(", self._at):
            self._at = self._closing() + 1
            found = True
        if _BLOCK.match(self._masked, self._at):
            self._at = self._masked.index("{", self._at)
            self._at = self._closing() + 1
            found = True
        return found

    def _qualified(self) -> str:
        """The last part of a qualified name, its type arguments left out."""
        last = ""
        while name := self._name():
            last = name
            if self._masked.startswith("<", self._at):
                end = self._masked.find(">", self._at)
                self._at = len(self._masked) if end < 0 else end + 1
            connector = next(
                (each for each in self._notation.connectors if self._masked.startswith(each, self._at)), ""
            )
            if not connector or connector in ("->", "?->"):
                break
            self._at += len(connector)
        return last

    def _connector(self) -> str:
        return next((each for each in self._notation.connectors if self._masked.startswith(each, self._at)), "")

    def _name(self) -> str:
        match = self._notation.name.match(self._masked, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0].rpartition("\\")[2]

    def _closing(self) -> int:
        """Where the bracket at the current place closes; the end of the text if it does not."""
        opening, depth = self._masked[self._at], 0
        for place in range(self._at, len(self._masked)):
            character = self._masked[place]
            depth += (character == opening) - (character == _CLOSING[opening])
            if not depth:
                return place
        return len(self._masked)

    def _skip_space(self) -> None:
        match = _SPACE.match(self._masked, self._at)
        self._at = match.end() if match else self._at
