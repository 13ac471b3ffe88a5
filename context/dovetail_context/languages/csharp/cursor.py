"""The surroundings of a cursor in C# text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.cursor import BraceCursor, Scope, at_cursor
from dovetail_context.languages.braces.scan import expression_start, open_calls, receiver_end
from dovetail_context.languages.csharp.bindings import read_bindings
from dovetail_context.languages.csharp.expressions import access_path
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.csharp.scopes import created_type, enclosing, scope_of
from dovetail_context.languages.csharp.types import type_text
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import LINES_BEFORE, lines_away, mentions
from dovetail_context.syntax import Node

_TYPED = re.compile(r"[A-Za-z_]\w*\Z")
_EXPECTED = re.compile(r"([A-Za-z_][\w.]*(?:\s*<[^=;{}()]*>)?\??(?:\s*\[\s*\])*)\s+\w+\s*=(?![=>])")
_CREATED = re.compile(r"(?:.*\W)?new\s+([\w.]+)(?:\s*<.*>)?\s*\Z", re.DOTALL)
_AWAIT = re.compile(r"\Aawait\s+")
_DECLARES = re.compile(r"(?:^|[\s;{}])(?!(?:return|new|else|throw|await|case|in|is|yield|do|when)\b)[\w>\]?]+\s+\Z")
_ATTRIBUTE = re.compile(r"\[\s*(?:\w+\s*:\s*)?\Z")


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    at = at_cursor(text, offset, SYNTAX, _TYPED, _path_of)
    scopes = enclosing(at.masked, at.statement)
    if scopes and scopes[-1].kind == "class":  # `Money Total() => ...` opens no brace
        head, arrow, _ = at.masked[at.statement : at.offset].partition("=>")
        bodied = scope_of(head, at.statement, True) if arrow else None
        scopes += [bodied] if bodied is not None else []
    methods = [scope for scope in scopes if scope.kind == "method"]
    return CursorView(
        line=at.line,
        receiver=_receiver(at),
        typed=at.typed if at.typed not in KEYWORDS else "",
        callees=tuple(_callees(at)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=methods[-1].name if methods else "",
        returns=_shown_type(methods[-1].type) if methods else "",
        expected=_expected(at.masked[at.statement : at.offset]),
        subject=at.subject,
        bindings=_bindings(at, methods, bool(scopes)),
        mentions=tuple(mentions(at.masked, at.offset, KEYWORDS)),
    )


def _receiver(at: BraceCursor) -> str:
    """Return the expression before the dot; in an object initializer, the object whose members are set."""
    dot = receiver_end(at.masked, at.name_start, SYNTAX)
    if dot >= 0:
        return _path_before(at, dot)
    created = created_type(at.masked, at.name_start)
    return f"<{type_text(created)}>" if created else ""


def _bindings(at: BraceCursor, methods: list[Scope], is_inside: bool) -> dict[str, str]:
    """Local names; those of a class, which `is_inside` reports without a method, are its members."""
    if methods:
        return read_bindings(f"class A {{ {at.fragment(methods[0].start, at.expression)} }}")
    if is_inside:
        return {}
    start = lines_away(at.masked, at.statement, -LINES_BEFORE)  # the statements of a program
    return read_bindings(at.fragment(start, at.expression))


def _callees(at: BraceCursor) -> Iterator[str]:
    for opening in open_calls(at.masked, at.offset, SYNTAX):
        start = expression_start(at.masked, opening, SYNTAX)
        source = at.text[start:opening].strip()
        created = _CREATED.match(source)
        if created is not None:
            yield created[1]
        elif source and _ATTRIBUTE.search(at.masked, max(0, start - 40), start):
            yield source + "Attribute"
        elif source and source not in KEYWORDS and not _DECLARES.search(at.masked, max(0, start - 60), start):
            path = _path_before(at, opening)
            if path:
                yield path


def _path_before(at: BraceCursor, end: int) -> str:
    """The access path of the expression that ends at `end`: a dot or a call binds closer than `await`."""
    source = at.source_before(end)
    return _path_of(_AWAIT.sub("", source) if at.text[end : end + 1] in (".", "(") else source)


def _path_of(source: str) -> str:
    """The access path of an expression."""
    if not source or source in KEYWORDS - {"this", "base"}:
        return ""
    if source == "base":  # which is no expression by itself
        return "super()"
    tree = grammar().parse(f"class A {{ object a = ({source}\n); }}")
    node = next((each for each in _values(tree.root)), None)
    return access_path(tree, node)


def _values(node: Node) -> Iterator[Node]:
    """The values of the declarations in a tree."""
    if node.type == "variable_declarator" and node.named_child_count > 1:
        yield node.named_children[1]
        return
    for child in node.named_children:
        yield from _values(child)


def _expected(statement: str) -> str:
    found = _EXPECTED.match(statement)
    return _shown_type(found[1]) if found else ""


def _shown_type(source: str) -> str:
    type_ = type_text(source)
    return "" if type_ in ("var", "void", "await", "return") else type_
