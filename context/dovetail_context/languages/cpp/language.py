"""C and C++ as a `Language`: everything that the rest of the project needs to know about them, in one value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.braces.repair import without_statement
from dovetail_context.languages.cpp.cursor import read_cursor
from dovetail_context.languages.cpp.extract import extract
from dovetail_context.languages.cpp.grammar import grammar_for
from dovetail_context.languages.cpp.lexical import DEFINES, SYNTAX
from dovetail_context.languages.cpp.resolve import CppResolver, read_compile_commands
from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_FIRST = """
    vector list deque set multiset unordered_set array span initializer_list optional stack queue priority_queue
    forward_list tuple pair future expected basic_string_view
    """.split()  # noqa: SIM905
_SECOND = "map multimap unordered_map unordered_multimap".split()  # noqa: SIM905
_RULES = TypeRules(
    transparent=frozenset(
        [
            "unique_ptr",
            "shared_ptr",
            "weak_ptr",
            "reference_wrapper",
            "atomic",
            "scoped_refptr",
            "not_null",
            "const",
            "function",
            "move_only_function",
            "function_ref",
        ]
    ),
    pointer_types=frozenset(
        "unique_ptr shared_ptr weak_ptr reference_wrapper atomic scoped_refptr not_null".split()  # noqa: SIM905
    ),
    elements={**dict.fromkeys(_FIRST, 0), **dict.fromkeys(_SECOND, 1)},
    accessors={
        **dict.fromkeys(("front", "back", "at", "top", "value", "value_or", "begin", "end", "find", "data"), "[]"),
        **dict.fromkeys(("get", "lock", "rbegin", "release", "load"), ""),
    },
    guards=frozenset({"optional", "expected"}),
    itself=frozenset({"second"}),
    parts=(".tpp", ".tcc", ".txx", ".ipp", ".inl"),
    receivers=frozenset({"this"}),
    ignored=frozenset({"void", "int", "char", "bool", "string", "auto", "size_t"}),
    implicit_members=True,
    element_members=("operator[]",),
    iterator_members=(),
    pointers=True,
    announced="class ",
    declares_apart=True,
    headers=(".c",),
    constructor="",
    overloads=True,
    hidden_members=False,
    universal_members=frozenset({"operator"}),
    additions=Additions(
        module=r"^",  # a namespace goes on in any file
        macro=r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\([^()\n]*\))?[ \t]+((?:[^\n\\]|\\[^\n]|\\\n)+)",
        own=r"^[ \t]*(?:struct|class|union|enum(?:[ \t]+(?:class|struct))?)[ \t]+(\w+)[ \t]*;",
        beside=r"\b(?:struct|class)\s+(?:\w+::)*NAME\s*<",  # specializations have members of their own
        body=r"\boperator\s*->\s*\(|^[ \t]*#[ \t]*include\b"
        r"|(?:^|\{)[ \t]*[A-Z][A-Z0-9_]{2,}[ \t]*(?:\([^;\n]*\))?[ \t]*;?[ \t]*$"
        # A macro between the type and the name of a field, which the grammar takes for the name.
        r"|^[ \t]*(?!(?:const|static|mutable|unsigned|struct|enum|class|volatile|inline|constexpr|extern|typedef|using"
        r"|return|virtual|friend)\b)[\w:<>,]+[\s*&]+[A-Z][A-Z0-9_]{2,}[ \t]+\w+[ \t]*[;={]",
    ),
)
_SUFFIXES = tuple(
    """
    .cc .cpp .cxx .c++ .c .h .hh .hpp .hxx .h++ .inl .ipp .tcc .tpp .txx
    .cppm .ccm .cxxm .c++m .ixx .mpp .cu .cuh .ino
    """.split()  # noqa: SIM905
)
_NAME_END = re.compile(r"\(")


@dataclass(frozen=True, slots=True)
class Cpp:
    """C and C++ (see `languages/language.py` for what each member promises)."""

    name: str = "cpp"
    suffixes: tuple[str, ...] = _SUFFIXES
    project_files: tuple[str, ...] = ("compile_commands.json",)
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar_for(path)

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return read_compile_commands(text)

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return CppResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return without_statement(text, offset, SYNTAX, DEFINES)

    def reduced(self, symbol: Symbol) -> str:
        if symbol.signature.startswith("#"):
            return symbol.signature
        return symbol.signature + ("," if _is_enumerator(symbol) else ";")

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        """A class with its members; members defined outside of it bear its name themselves."""
        if not header.signature:
            return "\n".join(members)
        if not members:
            return self.reduced(header)
        body = "\n".join("  " + line for member in members for line in member.split("\n"))
        return f"{header.signature} {{\n{body}\n}};"

    def brief(self, symbol: Symbol) -> str:
        found = _NAME_END.search(symbol.signature)
        if symbol.kind not in ("function", "method") or found is None or symbol.signature.startswith("#"):
            return ""
        return f"{symbol.signature[: found.start()]}(...);"


def _is_enumerator(symbol: Symbol) -> bool:
    return symbol.kind == "field" and symbol.signature == symbol.name


CPP = Cpp()
