"""The surroundings of a cursor in TypeScript text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from itertools import islice

from dovetail_context.languages.braces.cursor import MAX_FRAGMENT_CHARS, MAX_WORD_CHARS, BraceCursor
from dovetail_context.languages.braces.scan import closers, expression_start, open_calls, receiver_end
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
_FUNCTION = re.compile(r"\bfunction\s*\*?\s*[\w$]+\s*\Z")
_ATTRIBUTE = re.compile(r"<[A-Z][\w$.]*\s[^<>;]*[\w$]=\{\s*(?:async\s*)?(?:\([^()]*\)|[\w$]+)\s*=>\Z")
# Around the cursor in `import { a, | } from "m"`, `export { | } from "m"` and `const { | } = require("m")`.
_LISTS = re.compile(
    r"(?:^|[;}\n])[ \t]*(?:(?:import|export)\s+(?:type\s*)?(?:[\w$]+\s*,\s*)?|(?:const|let|var)\s+)"
    r"\{(?:\s*[\w$]+(?:(?:\s+|\s*:\s*)[\w$]+)*\s*,)*\s*(?:type\s+)?[\w$]*\Z"
)
_FROM = re.compile(
    r"[\w$]*[\w$\s,:]*\}\s*(?:from\s*|=\s*(?:await\s+)?(?:require|import)\s*\(\s*)(?P<quote>[\"'])\s*(?P=quote)"
)
# Before the cursor in `require("m").|` and `(await import("m")).|`.
_REQUIRED = re.compile(
    r"(?:\brequire|\bawait\s+import)\s*\(\s*(?P<quote>[\"'])\s*(?P=quote)\s*\)\s*\)?\s*\??\.\s*[\w$]*\Z"
)
MAX_REQUIRED_CHARS = 300
MAX_LIST_CHARS = 4_000  # before the cursor and behind it
MAX_LIST_HEAD_CHARS = 100  # before its brace
MAX_CALLEES = 6  # calls further out hardly predict what comes next


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text)
    typed = _TYPED.search(text, max(0, offset - MAX_WORD_CHARS), offset)
    statement = statement_start(masked, offset)
    at = BraceCursor(text, masked, offset, typed[0] if typed else "", statement, SYNTAX, _path_of)
    scopes = enclosing(masked, statement)
    functions = [scope for scope in scopes if scope.kind != "class"]
    is_member = receiver_end(masked, at.name_start, SYNTAX) >= 0
    return CursorView(
        line=at.line,
        receiver=at.receiver,
        typed=at.typed if is_member or at.typed not in KEYWORDS else "",
        callees=tuple(dict.fromkeys(_callees(at))),
        container=".".join(scope.name for scope in scopes if scope.kind == "class"),
        function=functions[-1].name if functions else "",
        returns=_declared(functions[-1].type) if functions else "",
        expected=_expected(text[statement:offset], masked[statement:offset]),
        subject=at.subject,
        module=_module(text, masked, offset),
        bindings=_bindings(text, masked, scopes, statement, offset),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _module(text: str, masked: str, offset: int) -> str:
    """The module from which a statement takes or passes on the names that it lists, or behind whose dot one is."""
    required = _REQUIRED.search(masked, max(0, offset - MAX_REQUIRED_CHARS), offset)
    if required is not None:
        return text[required.end("quote") : masked.index(required["quote"], required.end("quote"))]
    opening = masked.rfind("{", max(0, offset - MAX_LIST_CHARS), offset)
    if opening < 0 or _LISTS.search(masked, max(0, opening - MAX_LIST_HEAD_CHARS), offset) is None:
        return ""
    found = _FROM.match(masked, offset, offset + MAX_LIST_CHARS)
    return text[found.end("quote") : found.end() - 1] if found is not None else ""


def _bindings(text: str, masked: str, scopes: list[Scope], statement: int, offset: int) -> dict[str, str]:
    """Local names: those of the open functions, and those that callbacks in the statement itself bind."""
    functions = [scope for scope in scopes if scope.kind != "class"]
    cut = _complete(masked, statement, offset)
    if not functions:
        start, prefix = lines_away(masked, statement, -LINES_BEFORE), ""
    elif statement - functions[0].start > MAX_FRAGMENT_CHARS:
        start, prefix = statement - MAX_FRAGMENT_CHARS, ""
    elif functions[0].kind == "arrow" or _is_value(
        masked, scopes, functions[0]
    ):  # its place implies the types of its parameters
        start, prefix = _value_start(masked, functions[0].start), ""
    else:
        start, prefix = functions[0].start, "function f"
    comment = _documentation(text, masked, start)
    ends = closers(masked[start:cut])
    if _ATTRIBUTE.search(masked, start, cut):  # an element whose attribute is being written
        ends = ends.replace("}", "} />", 1)
    return read_bindings(f"{comment}{prefix}{text[start:cut]}\n_{ends}")


def _is_value(masked: str, scopes: list[Scope], function: Scope) -> bool:
    """Whether a function has no name, or is written as the method of an object: without a keyword and a class."""
    is_declared = _FUNCTION.search(masked, max(0, function.start - 200), function.start) is not None
    return not is_declared and not any(scope.kind == "class" for scope in scopes[: scopes.index(function)])


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


def _callees(at: BraceCursor) -> Iterator[str]:
    masked, offset = at.masked, at.offset
    element = _ELEMENT.search(masked, max(0, offset - 600), offset)
    if element is not None:
        yield element["name"]
    for opening in islice(open_calls(masked, offset, SYNTAX), MAX_CALLEES):
        start = expression_start(masked, opening, SYNTAX)
        source = at.text[start:opening].strip()
        if source in KEYWORDS or _DECLARES.search(masked, max(0, start - 20), start):
            continue
        path = "super" if source == "super" else at.path_before(opening)
        if path:
            yield path


def _path_of(source: str) -> str:
    """The access path of an expression."""
    if source in KEYWORDS:
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
