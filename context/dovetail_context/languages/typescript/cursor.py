"""The surroundings of a cursor in TypeScript text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from itertools import islice

from dovetail_context.languages.braces import case_subject_end, closers, expression_start, open_calls, receiver_end
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import LINES_BEFORE, lines_away, mentions
from dovetail_context.languages.typescript.bindings import read_bindings
from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.grammar import grammar
from dovetail_context.languages.typescript.jsdoc import MAX_COMMENT_CHARS
from dovetail_context.languages.typescript.lexical import KEYWORDS, SYNTAX, mask, statement_start
from dovetail_context.languages.typescript.scopes import Scope, enclosing
from dovetail_context.languages.typescript.types import type_text

_TYPED = re.compile(r"[A-Za-z_$][\w$]*\Z")
_EXPECTED = re.compile(r"(?:export\s+)?(?:const|let|var)\s+[\w$]+\s*:(?P<type>[^;]*?)\s(?<![=!<>])=(?![=>])", re.DOTALL)
_FIELD = re.compile(
    r"(?:(?:public|private|protected|static|readonly|declare)\s+)*#?[\w$]+[?!]?\s*:(?P<type>[^;{}()]*?)\s=(?![=>])"
)
_ELEMENT = re.compile(r"<(?P<name>[A-Z][\w$]*(?:\.[\w$]+)*)\s[^<>;]*\Z")
_DECLARES = re.compile(r"\b(?:function\s*\*?|class|get|set|async)\s+\Z")
_ATTRIBUTE = re.compile(r"<[A-Z][\w$.]*\s[^<>;]*[\w$]=\{\s*(?:async\s*)?(?:\([^()]*\)|[\w$]+)\s*=>\Z")
MAX_CALLEES = 6  # calls further out hardly predict what comes next
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    statement = statement_start(masked, offset)
    scopes = enclosing(masked, statement)
    functions = [scope for scope in scopes if scope.kind != "class"]
    dot = receiver_end(masked, name_start, SYNTAX)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_path_of(text, masked, dot) if dot >= 0 else "",
        typed=typed[0] if typed and (dot >= 0 or typed[0] not in KEYWORDS) else "",
        callees=tuple(dict.fromkeys(_callees(text, masked, offset))),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=functions[-1].name if functions else "",
        returns=_declared(functions[-1].type) if functions else "",
        expected=_expected(text[statement:offset], masked[statement:offset]),
        subject=_subject(text, masked, offset),
        bindings=_bindings(text, masked, functions, statement, offset),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _bindings(text: str, masked: str, functions: list[Scope], statement: int, offset: int) -> dict[str, str]:
    """Local names: those of the open functions, and those that callbacks in the statement itself bind."""
    cut = _complete(masked, statement, offset)
    if not functions:
        start, prefix = lines_away(masked, statement, -LINES_BEFORE), ""
    elif statement - functions[0].start > MAX_FRAGMENT_CHARS:
        start, prefix = statement - MAX_FRAGMENT_CHARS, ""
    elif functions[0].kind == "arrow":  # its place implies the types of its parameters
        start, prefix = _value_start(masked, functions[0].start), ""
    else:
        start, prefix = functions[0].start, "function f"
    comment = _documentation(text, masked, start)
    ends = closers(masked[start:cut])
    if _ATTRIBUTE.search(masked, start, cut):  # an element whose attribute is being written
        ends = ends.replace("}", "} />", 1)
    return read_bindings(f"{comment}{prefix}{text[start:cut]}\n_{ends}")


def _value_start(masked: str, function: int) -> int:
    """Where the statement begins whose value a function is, or a part of it; in a class, where its member begins."""
    start = statement_start(masked, function)
    return start if function - start <= MAX_FRAGMENT_CHARS else function


def _documentation(text: str, masked: str, start: int) -> str:
    """The comment above a function that describes its parameters."""
    line = masked.rfind("\n", 0, start) + 1
    head = text[:start].rstrip() if not masked[line:start].strip() else text[:line].rstrip()
    begin = head.rfind("/**") if head.endswith("*/") else -1
    comment = head[begin:] if begin >= 0 and len(head) - begin <= MAX_COMMENT_CHARS else ""
    return f"{comment}\n" if "@param" in comment else ""


def _complete(masked: str, statement: int, offset: int) -> int:
    """The end of what may be parsed of the statement being typed: behind its last arrow, or nothing of it."""
    arrow = masked.rfind("=>", statement, offset)
    return arrow + 2 if arrow >= 0 else statement


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    element = _ELEMENT.search(masked, max(0, offset - 600), offset)
    if element is not None:
        yield element["name"]
    for opening in islice(open_calls(masked, offset, SYNTAX), MAX_CALLEES):
        start = expression_start(masked, opening, SYNTAX)
        source = text[start:opening].strip()
        if source in KEYWORDS or _DECLARES.search(masked, max(0, start - 20), start):
            continue
        path = "super" if source == "super" else _path_of(text, masked, opening)
        if path:
            yield path


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    """The access path of the expression that ends at `end`."""
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if not source or source in KEYWORDS:
        return ""
    tree = grammar().parse(f"({source});")
    statement = tree.root.named_child(0) if tree.root.named_child_count else None
    return access_path(
        tree, statement.named_child(0) if statement is not None and statement.named_child_count else None
    )


def _expected(statement: str, masked: str) -> str:
    found = _EXPECTED.match(masked) or _FIELD.match(masked)
    return _declared(statement[found.start("type") : found.end("type")]) if found else ""


def _declared(source: str) -> str:
    """A written type in type notation."""
    if not source or source.isspace():
        return ""
    tree = grammar().parse(f"let _: {source};")
    declaration = tree.root.named_child(0) if tree.root.named_child_count else None
    declarator = declaration.named_child(0) if declaration is not None and declaration.named_child_count else None
    return type_text(tree, declarator.child_by_field_name("type")) if declarator is not None else ""
