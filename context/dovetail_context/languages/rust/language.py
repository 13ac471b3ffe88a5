"""Rust as a `Language`: everything that the rest of the project needs to know about it, in one value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.braces.repair import without_statement
from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.languages.rust.cursor import read_cursor
from dovetail_context.languages.rust.extract import extract
from dovetail_context.languages.rust.grammar import grammar
from dovetail_context.languages.rust.lexical import DEFINES, SYNTAX
from dovetail_context.languages.rust.resolve import MACRO, RustResolver, read_cargo
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_FIRST = """
    Option Result Vec VecDeque HashSet BTreeSet IndexSet BinaryHeap slice array tuple Iterator IntoIterator
    DoubleEndedIterator ExactSizeIterator Peekable Mutex RwLock RefCell Cell OnceCell OnceLock LazyLock Lazy LazyCell
    MaybeUninit Weak Stream Receiver Poll AsRef Into
    """.split()  # noqa: SIM905
_SECOND = "HashMap BTreeMap IndexMap FxHashMap Entry".split()  # noqa: SIM905
_SAME = """
    as_ref as_mut as_deref as_deref_mut as_slice as_mut_slice clone cloned copied to_owned into into_iter iter iter_mut
    by_ref rev skip take skip_while take_while filter step_by peekable chain collect find max_by max_by_key min_by
    min_by_key last first last_mut first_mut get get_mut next next_back nth peek pop pop_front pop_back front back ok
    ok_or ok_or_else map_err context with_context lock read write try_lock values values_mut into_values drain entry
    or_else or filter_ok inspect sorted sorted_by upgrade borrow borrow_mut enumerate find_map transpose
    """.split()  # noqa: SIM905
_ELEMENT = """
    unwrap expect unwrap_or unwrap_or_else unwrap_or_default or_insert or_insert_with or_default into_inner
    get_or_init get_or_insert_with get_or_try_init insert swap_remove remove deref flatten
    """.split()  # noqa: SIM905

# Methods of derived and blanket traits, which a type has without its own file saying so.
_OF_TRAITS = frozenset(
    """
    clone into try_into to_string to_owned as_ref as_mut borrow borrow_mut eq ne cmp partial_cmp fmt hash default from
    try_from iter iter_mut into_iter next await deref unwrap expect serialize deserialize
    max min clamp lt le gt ge clone_from hash_slice source cause description type_id
    """.split()  # noqa: SIM905
)
_RULES = TypeRules(
    transparent=frozenset(
        ["Box", "Rc", "Arc", "Cow", "Pin", "Ref", "RefMut", "MutexGuard", "Future", "Cow", "ManuallyDrop", "Reverse"]
    ),
    own_type=frozenset({"Self"}),
    elements={**dict.fromkeys(_FIRST, 0), **dict.fromkeys(_SECOND, 1)},
    accessors={**dict.fromkeys(_SAME, ""), **dict.fromkeys(_ELEMENT, "[]")},
    receivers=frozenset({"self", "Self"}),
    ignored=frozenset({"str", "String", "bool", "usize", "_"}),
    universal_members=_OF_TRAITS,
    ambient_mark=MACRO,
    module_separator="::",
    guards=frozenset(["Mutex", "RwLock", "RefCell", "LazyLock", "LazyCell", "Lazy", "OnceLock", "OnceCell"]),
    element_members=("index", "Item"),
    iterator_members=("next",),
    macro_modules=r"\w!\s*[({\[](?:[^(){}]|\(\w+\))*\bNAME\b",
    additions=Additions(
        module=r"^(?:\w+::)*\w+!\s*[({\[]|^\s*macro_rules!",
        module_word="macro_export",
        marks=r"\bderive\s*\(([^)]*)\)|#!?\[\s*(?!derive\b)([\w:]+)",
        harmless=frozenset(
            """
            Debug Clone Copy PartialEq Eq PartialOrd Ord Hash Default Serialize Deserialize Error Display From Into
            cfg cfg_attr doc allow warn deny expect forbid repr non_exhaustive must_use serde inline deprecated error
            automatically_derived derive test
            """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
        ),
        # A macro that names it, or whose definition implements something for it.
        beside=r"^\w+!\s*[({\[][^;{}]*?\bNAME\b|^[ \t]+impl(?:<[^>\n]*>)?\s+NAME\b[^{]*\{[^$]{0,300}\$",
        blanket=(
            r"^\s*(?:unsafe\s+)?impl\s*<(?:\s*'\w+\s*,)*\s*(\w+)\b[^{;]*?>\s+[^{;]*?\s+for\s+"
            r"(?:&\s*(?:'\w+\s+)?(?:mut\s+)?)?\1\b"
        ),
    ),
)
_MEMBER_OUTSIDE = re.compile(
    r"(?:#\[[^\n]*\]\s*)*(?:pub(?:\([^()]*\))?\s+)?(?:default\s+|async\s+|const\s+|unsafe\s+|extern\s+)*(?:fn|const|type)\b"
)
_VARIANT = re.compile(r"(?:#\[[^\n]*\]\s*)*([A-Z]\w*)\s*([({])")
_BRIEF = re.compile(r"((?:\w+(?:\([^()]*\))? )*fn \w+)")


@dataclass(frozen=True, slots=True)
class Rust:
    """The Rust language (see `languages/language.py` for what each member promises)."""

    name: str = "rust"
    suffixes: tuple[str, ...] = (".rs",)
    project_files: tuple[str, ...] = ("Cargo.toml",)
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar()

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return read_cargo(text)

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return RustResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return without_statement(text, offset, SYNTAX, DEFINES)

    def reduced(self, symbol: Symbol) -> str:
        if symbol.signature.startswith("macro_rules!"):
            return symbol.signature + " {}"
        if symbol.kind == "class":
            return f"{symbol.signature};" if _keyword(symbol) == "struct" else f"{symbol.signature} {{}}"
        if symbol.container and not _MEMBER_OUTSIDE.match(symbol.signature):
            return symbol.signature + ","
        return symbol.signature + ";"

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        """A struct or enum with its fields, and an `impl` block with its functions."""
        kind = _keyword(header)
        if kind in ("trait", "mod"):
            return _block(header.signature, members) if members else self.reduced(header)
        inside = [member for member in members if not _MEMBER_OUTSIDE.match(member)]
        outside = [member for member in members if _MEMBER_OUTSIDE.match(member)]
        parts = []
        if inside:
            parts.append(_block(header.signature or f"enum {header.name}", inside))
        if outside:
            parts.append(_block(f"impl {header.name}", outside))
        return "\n".join(parts) or self.reduced(header)

    def brief(self, symbol: Symbol) -> str:
        found = _BRIEF.match(symbol.signature)
        if symbol.kind in ("function", "method") and found is not None:
            return f"{found[1]}(..);"
        variant = _VARIANT.match(symbol.signature) if symbol.container else None
        return (f"{variant[1]} {{ .. }}," if variant[2] == "{" else f"{variant[1]}(..),") if variant is not None else ""


def _keyword(header: Symbol) -> str:
    """Return the keyword for the kind of a class: struct, enum, union, trait, mod; "" for one in another file."""
    found = re.search(r"\b(struct|enum|union|trait|mod)\b", header.signature)
    return found[1] if found is not None else ""


def _block(head: str, members: Sequence[str]) -> str:
    body = "\n".join("    " + line for member in members for line in member.split("\n"))
    return f"{head} {{\n{body}\n}}"


RUST = Rust()
