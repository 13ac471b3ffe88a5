"""A profile as a `Language`: what all languages with a tags query have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from dovetail_context.languages.generic.cursor import read_cursor
from dovetail_context.languages.generic.extract import extract, plain_record
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.generic.repair import repaired
from dovetail_context.languages.generic.resolve import NameResolver
from dovetail_context.languages.language import CursorView, ImportResolver, TypeRules
from dovetail_context.languages.plain import plain_cursor
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar, load_grammar
from dovetail_context.workspace.manifest import ProjectText

# What opens and what closes the members of a class in an outline.
_BLOCKS: dict[str, tuple[str, list[str]]] = {
    "braces": (" {", ["}"]),
    "end": ("", ["end"]),
    "indent": (" where", []),
    "parentheses": (" (", [");"]),
}


@dataclass(frozen=True, slots=True)
class GenericLanguage:
    """A language of a profile (see `languages/language.py` for what each member promises).

    Without its grammar's wheel it is read as plain text: its files have words and windows, and no symbols.
    """

    profile: Profile

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def suffixes(self) -> tuple[str, ...]:
        return self.profile.suffixes

    @property
    def project_files(self) -> tuple[str, ...]:
        return ()

    @property
    def rules(self) -> TypeRules:
        return self.profile.rules

    @property
    def wheel(self) -> str:
        """The distribution that holds the grammar."""
        return self.profile.wheel.replace("_", "-")

    @property
    def is_parsed(self) -> bool:
        """Whether the grammar is installed."""
        return find_spec(self.profile.wheel) is not None

    def grammar(self, path: str) -> Grammar | None:
        try:
            return load_grammar(self.profile.wheel, self.profile.package, self.profile.function)
        except ModuleNotFoundError:
            return None

    def extract(self, path: str, text: str) -> FileRecord:
        grammar = self.grammar(path)
        return plain_record(self.name, path, text) if grammar is None else extract(self.profile, grammar, path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return ProjectText("")

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return NameResolver(self.profile, paths)

    def cursor(self, text: str, offset: int) -> CursorView:
        grammar = self.grammar("")
        return plain_cursor(text, offset) if grammar is None else read_cursor(self.profile, grammar, text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return text if self.grammar("") is None else repaired(self.profile, text, offset)

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        head = header.signature or f"{self.profile.reopens} {header.name}"
        lines = ["    " + line for member in members for line in member.split("\n")]
        opening, closing = _BLOCKS[self.profile.blocks]
        return "\n".join([head + opening, *lines, *closing])

    def reduced(self, symbol: Symbol) -> str:
        if symbol.kind != "class":
            return symbol.signature
        return symbol.signature + (" { ... }" if self.profile.blocks == "braces" else "")

    def brief(self, symbol: Symbol) -> str:
        if symbol.kind not in ("method", "function") or "(" not in symbol.signature or "()" in symbol.signature:
            return ""
        return f"{symbol.name}(...)"
