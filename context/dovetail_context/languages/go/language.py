"""Go as a `Language`: everything that the rest of the project needs to know about it, in one value."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.braces.repair import without_statement
from dovetail_context.languages.go.cursor import read_cursor
from dovetail_context.languages.go.extract import extract
from dovetail_context.languages.go.grammar import grammar
from dovetail_context.languages.go.lexical import DEFINES, SYNTAX
from dovetail_context.languages.go.resolve import BY_NAME, FILE_NAMES, GoResolver, read_go_mod, read_go_work
from dovetail_context.languages.language import CursorView, ImportResolver, TypeRules
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_RULES = TypeRules(
    elements={"slice": 0, "array": 0, "map": 1, "chan": 0, "tuple": 0, "Seq": 0, "Seq2": 1},
    receivers=frozenset({"self"}),
    ignored=frozenset({"error", "any", "string", "bool", "int", "byte"}),
    detached_methods="func (",
    functional=r" interface$",
    hidden_members=False,
    package_members=True,
    package_mark=BY_NAME,
)
_BRIEF = re.compile(r"(?:func (?:\([^()]*\) )?)?[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Go:
    """The Go language (see `languages/language.py` for what each member promises)."""

    name: str = "go"
    suffixes: tuple[str, ...] = (".go",)
    project_files: tuple[str, ...] = FILE_NAMES
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar()

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return read_go_work(text) if path.endswith("go.work") else read_go_mod(text)

    def resolver(self, paths: Collection[str], projects: Mapping[str, str]) -> ImportResolver:
        return GoResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return without_statement(text, offset, SYNTAX, DEFINES)

    def reduced(self, symbol: Symbol) -> str:
        is_open = symbol.kind == "class" and symbol.signature.endswith((" struct", " interface"))
        return symbol.signature + "{}" if is_open else symbol.signature

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        body = "\n".join("\t" + line for member in members for line in member.split("\n"))
        return f"{header.signature} {{\n{body}\n}}" if header.signature and body else body or self.reduced(header)

    def brief(self, symbol: Symbol) -> str:
        found = _BRIEF.match(symbol.signature)
        if symbol.kind not in ("function", "method") or found is None:
            return ""
        return f"{found[0]}(...)"


GO = Go()
