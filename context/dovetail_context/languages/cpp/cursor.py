"""The surroundings of a cursor in C or C++ text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.languages.braces import (
    case_subject_end,
    completed,
    expression_start,
    mask,
    open_blocks,
    open_calls,
    receiver_end,
    statement_start,
)
from dovetail_context.languages.cpp.bindings import read_bindings
from dovetail_context.languages.cpp.expressions import access_path, type_text
from dovetail_context.languages.cpp.grammar import cpp_grammar
from dovetail_context.languages.cpp.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_BOUNDARY = re.compile(r"[;{}]|\b(?:public|private|protected)\s*:(?!:)")
_CLASS = re.compile(r"\b(?:class|struct|union)\s+(?:[A-Z][A-Z0-9_]+\s+)?(?:\w+\s*::\s*)*(\w+)[^;(){}=]*\Z")
_FUNCTION = re.compile(r"((?:\w+\s*(?:<[^<>]*>)?\s*::\s*)*~?\w+|operator\s*\S+)\s*\(")
_CONTROL = frozenset({"if", "for", "while", "switch", "catch", "return", "do", "else", "sizeof", "defined"})
_EXPECTED = re.compile(r"\s*((?:const\s+)?[\w:]+(?:<[^=;]*>)?)[\s*&]+\w+\s*=(?!=)")
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A block around the cursor; `name` may be qualified, `start` is the offset where its head begins."""

    kind: str
    name: str
    start: int


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    receiver = receiver_end(masked, name_start, SYNTAX)
    statement = statement_start(masked, offset, SYNTAX)
    scopes = list(_scopes(masked, offset))
    functions = [scope for scope in scopes if scope.kind == "function"]
    source = ""
    if functions:
        start = functions[0].start
        begin = start if statement - start <= MAX_FRAGMENT_CHARS else statement - MAX_FRAGMENT_CHARS
        source = completed(text, masked, begin, max(begin, name_start))
    outer, _, function = functions[0].name.rpartition("::") if functions else ("", "", "")
    containers = [scope.name for scope in scopes if scope.kind == "class"]
    if outer:
        containers.append(outer.rpartition("::")[2])
    expected = _EXPECTED.match(text, statement, offset)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_path_of(text, masked, receiver) if receiver >= 0 else "",
        typed=typed[0] if typed else "",
        callees=tuple(_callees(text, masked, offset)),
        container=".".join(containers),
        function=function,
        returns=_returns(source),
        expected=_type_of(expected[1]) if expected else "",
        subject=_subject(text, masked, offset),
        bindings=read_bindings(source) if source else {},
        mentions=tuple(mentions(masked.replace("::", " .").replace("->", " ."), offset, KEYWORDS)),
    )


def _scopes(masked: str, offset: int) -> Iterator[_Scope]:
    """The classes and functions around `offset`, outermost first."""
    for brace in open_blocks(masked, offset):
        boundary = max((found.end() for found in _BOUNDARY.finditer(masked, max(0, brace - 2000), brace)), default=0)
        head = masked[boundary:brace]
        start = boundary + len(head) - len(head.lstrip())
        if (found := _CLASS.search(head)) is not None:
            yield _Scope("class", found[1], start)
        elif (found := _FUNCTION.search(head)) is not None:
            name = re.sub(r"<[^<>]*>|\s", "", found[1])
            if name not in _CONTROL:
                yield _Scope("function", name, start)


def _returns(source: str) -> str:
    tree = cpp_grammar().parse(source)
    for node in tree.root.named_children:
        if node.type == "function_definition":
            return type_text(tree, node.child_by_field_name("type"))
    return ""


def _type_of(source: str) -> str:
    tree = cpp_grammar().parse(f"{source} x;")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    return type_text(tree, node.child_by_field_name("type")) if node is not None else ""


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    """Return the calls whose arguments enclose the cursor, innermost first."""
    for opening in open_calls(masked, offset, SYNTAX):
        path = _path_of(text, masked, opening)
        if path and path not in KEYWORDS:
            yield path


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if not source:
        return ""
    tree = cpp_grammar().parse(f"auto x = {source};")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    declarator = node.child_by_field_name("declarator") if node is not None else None
    return access_path(tree, declarator.child_by_field_name("value")) if declarator is not None else ""
