"""The surroundings of a cursor in Java text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.cursor import BraceCursor, Scope, at_cursor
from dovetail_context.languages.braces.scan import expression_start, open_calls
from dovetail_context.languages.java.bindings import read_bindings
from dovetail_context.languages.java.expressions import access_path
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.java.scopes import enclosing
from dovetail_context.languages.java.types import type_text
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions

_TYPED = re.compile(r"[A-Za-z_$][\w$]*\Z")
_EXPECTED = re.compile(r"(?:final\s+)?([A-Za-z_][\w.]*(?:\s*<[^=;{}()]*>)?(?:\s*\[\s*\])*)\s+\w+\s*=(?!=)")
_CREATED = re.compile(r"(?:.*\W)?new\s+([\w.$]+)(?:\s*<.*>)?\s*\Z", re.DOTALL)
_DECLARES = re.compile(r"(?:^|[\s;{}])(?!(?:return|new|else|throw|assert|case|yield|do)\b)[\w>\]]+\s+\Z")


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    at = at_cursor(text, offset, SYNTAX, _TYPED, _path_of)
    scopes = enclosing(at.masked, at.statement)
    methods = [scope for scope in scopes if scope.kind == "method"]
    return CursorView(
        line=at.line,
        receiver=at.receiver,
        typed=at.typed if at.typed not in KEYWORDS else "",
        callees=tuple(_callees(at)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=methods[-1].name if methods else "",
        returns=_shown_type(methods[-1].type) if methods else "",
        expected=_expected(at.masked[at.statement : at.offset]),
        subject=at.subject,
        bindings=_bindings(at, scopes),
        mentions=tuple(mentions(at.masked, at.offset, KEYWORDS)),
    )


def _bindings(at: BraceCursor, scopes: list[Scope]) -> dict[str, str]:
    """Local names; `this` is one inside an anonymous class, which no declaration names."""
    methods = [scope for scope in scopes if scope.kind == "method"]
    found: dict[str, str] = {}
    if methods:
        found = read_bindings(f"class A {{ {at.fragment(methods[0].start, at.expression)} }}")
    if scopes and scopes[-1].kind == "method" and len(scopes) > 1 and scopes[-2].kind == "anonymous":
        found["this"] = f"<{type_text(scopes[-2].type)}>"
    return found


def _callees(at: BraceCursor) -> Iterator[str]:
    for opening in open_calls(at.masked, at.offset, SYNTAX):
        start = expression_start(at.masked, opening, SYNTAX)
        source = at.text[start:opening].strip()
        created = _CREATED.match(source)
        if created is not None:
            yield created[1]
        elif source.startswith("@"):
            yield source[1:]
        elif source and source not in KEYWORDS and not _DECLARES.search(at.masked, max(0, start - 60), start):
            path = at.path_before(opening)
            if path:
                yield {"this()": "", "super()": ""}.get(path, path) or path


def _path_of(source: str) -> str:
    """The access path of an expression."""
    if source in KEYWORDS:
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
