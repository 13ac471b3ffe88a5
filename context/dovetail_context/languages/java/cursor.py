"""The surroundings of a cursor in Java text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces import (
    case_subject_end,
    completed,
    expression_start,
    mask,
    open_calls,
    receiver_end,
    statement_start,
)
from dovetail_context.languages.java.bindings import read_bindings
from dovetail_context.languages.java.expressions import access_path
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.java.scopes import Scope, enclosing
from dovetail_context.languages.java.types import type_text
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions

_TYPED = re.compile(r"[A-Za-z_$][\w$]*\Z")
_EXPECTED = re.compile(r"(?:final\s+)?([A-Za-z_][\w.]*(?:\s*<[^=;{}()]*>)?(?:\s*\[\s*\])*)\s+\w+\s*=(?!=)")
_CREATED = re.compile(r"(?:.*\W)?new\s+([\w.$]+)(?:\s*<.*>)?\s*\Z", re.DOTALL)
_DECLARES = re.compile(r"(?:^|[\s;{}])(?!(?:return|new|else|throw|assert|case|yield|do)\b)[\w>\]]+\s+\Z")
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing method that is parsed for bindings (about 1,000 lines)


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    statement = statement_start(masked, offset, SYNTAX)
    scopes = enclosing(masked, statement)
    methods = [scope for scope in scopes if scope.kind == "method"]
    dot = receiver_end(masked, name_start, SYNTAX)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_path_of(text, masked, dot) if dot >= 0 else "",
        typed=typed[0] if typed and typed[0] not in KEYWORDS else "",
        callees=tuple(_callees(text, masked, offset)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=methods[-1].name if methods else "",
        returns=_shown_type(methods[-1].type) if methods else "",
        expected=_expected(masked[statement:offset]),
        subject=_subject(text, masked, offset),
        bindings=_bindings(text, masked, scopes, statement, expression_start(masked, offset, SYNTAX)),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _bindings(text: str, masked: str, scopes: list[Scope], statement: int, cut: int) -> dict[str, str]:
    """Local names before `cut`; `this` is one inside an anonymous class, which no declaration names."""
    methods = [scope for scope in scopes if scope.kind == "method"]
    found: dict[str, str] = {}
    if methods:
        start = max(methods[0].start, statement - MAX_FRAGMENT_CHARS)
        found = read_bindings(f"class A {{ {completed(text, masked, start, max(statement, cut))} }}")
    if scopes and scopes[-1].kind == "method" and len(scopes) > 1 and scopes[-2].kind == "anonymous":
        found["this"] = f"<{type_text(scopes[-2].type)}>"
    return found


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    for opening in open_calls(masked, offset, SYNTAX):
        start = expression_start(masked, opening, SYNTAX)
        source = text[start:opening].strip()
        created = _CREATED.match(source)
        if created is not None:
            yield created[1]
        elif source.startswith("@"):
            yield source[1:]
        elif source and source not in KEYWORDS and not _DECLARES.search(masked, max(0, start - 60), start):
            path = _path_of(text, masked, opening)
            if path:
                yield {"this()": "", "super()": ""}.get(path, path) or path


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    """The access path of the expression that ends at `end`."""
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if not source or source in KEYWORDS:
        return ""
    tree = grammar().parse(f"({source}\n);")
    statement = tree.root.named_child(0) if tree.root.named_child_count else None
    return access_path(
        tree, statement.named_child(0) if statement is not None and statement.named_child_count else None
    )


def _expected(statement: str) -> str:
    found = _EXPECTED.match(statement)
    return _shown_type(found[1]) if found else ""


def _shown_type(source: str) -> str:
    type_ = type_text(source)
    return "" if type_ in ("var", "void", "final") else type_
