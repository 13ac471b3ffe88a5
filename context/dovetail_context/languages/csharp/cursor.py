"""The surroundings of a cursor in C# text. The text is being typed: nothing here trusts it to parse."""

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
from dovetail_context.languages.csharp.bindings import read_bindings
from dovetail_context.languages.csharp.expressions import access_path
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.csharp.scopes import Scope, created_type, enclosing, scope_of
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
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing method that is parsed for bindings (about 1,000 lines)


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    statement = statement_start(masked, offset, SYNTAX)
    scopes = enclosing(masked, statement)
    if scopes and scopes[-1].kind == "class":  # `Money Total() => ...` opens no brace
        head, arrow, _ = masked[statement:offset].partition("=>")
        bodied = scope_of(head, statement, True) if arrow else None
        scopes += [bodied] if bodied is not None else []
    methods = [scope for scope in scopes if scope.kind == "method"]
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_receiver(text, masked, name_start),
        typed=typed[0] if typed and typed[0] not in KEYWORDS else "",
        callees=tuple(_callees(text, masked, offset)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=methods[-1].name if methods else "",
        returns=_shown_type(methods[-1].type) if methods else "",
        expected=_expected(masked[statement:offset]),
        subject=_subject(text, masked, offset),
        bindings=_bindings(text, masked, methods, bool(scopes), statement, expression_start(masked, offset, SYNTAX)),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _receiver(text: str, masked: str, name_start: int) -> str:
    """Return the expression before the dot; in an object initializer, the object whose members are set."""
    dot = receiver_end(masked, name_start, SYNTAX)
    if dot >= 0:
        return _path_of(text, masked, dot)
    created = created_type(masked, name_start)
    return f"<{type_text(created)}>" if created else ""


def _bindings(
    text: str, masked: str, methods: list[Scope], is_inside: bool, statement: int, cut: int
) -> dict[str, str]:
    """Local names before `cut`; those of a class, which `is_inside` reports without a method, are its members."""
    if methods:
        start = max(methods[0].start, statement - MAX_FRAGMENT_CHARS)
        return read_bindings(f"class A {{ {completed(text, masked, start, max(statement, cut))} }}")
    if is_inside:
        return {}
    start = lines_away(masked, statement, -LINES_BEFORE)  # the statements of a program
    return read_bindings(completed(text, masked, start, max(statement, cut)))


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    for opening in open_calls(masked, offset, SYNTAX):
        start = expression_start(masked, opening, SYNTAX)
        source = text[start:opening].strip()
        created = _CREATED.match(source)
        if created is not None:
            yield created[1]
        elif source and _ATTRIBUTE.search(masked, max(0, start - 40), start):
            yield source + "Attribute"
        elif source and source not in KEYWORDS and not _DECLARES.search(masked, max(0, start - 60), start):
            path = _path_of(text, masked, opening)
            if path:
                yield path


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    """The access path of the expression that ends at `end`."""
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if text[end : end + 1] in (".", "("):  # binds closer than `await`
        source = _AWAIT.sub("", source)
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
