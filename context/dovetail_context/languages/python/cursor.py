"""The surroundings of a cursor in Python text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from itertools import islice

from dovetail_context.languages.language import CursorView, Mention
from dovetail_context.languages.python.bindings import read_bindings
from dovetail_context.languages.python.expressions import access_path, type_text
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.languages.python.lexical import expression_start, mask, open_calls, statement_start

_SCOPE = re.compile(r"([ \t]*)(?:async[ \t]+)?(class|def)[ \t]+([A-Za-z_]\w*)")
_TYPED = re.compile(r"[A-Za-z_]\w*\Z")
_CHAIN = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\(?")
_RETURNS = re.compile(r"\)\s*->\s*(.+?)\s*:\s*$", re.DOTALL | re.MULTILINE)
_EXPECTED = re.compile(r"^\s*[\w.]+\s*:\s*([^=\n]+?)\s*=\s*[^=]?", re.MULTILINE)
LINES_BEFORE = 40  # how far names count as near; a screen above the cursor
LINES_AFTER = 15
MAX_CHARACTERS = 10_000  # of them on each side; longer lines are data
MAX_CALLEES = 3  # calls around the cursor, innermost first; further ones hardly predict what comes next
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    statement = statement_start(masked, offset)
    scopes = _enclosing(masked, statement, offset)
    functions = [scope for scope in scopes if scope.kind == "def"]
    fragment_start = functions[0].start if functions else _module_fragment(masked, statement)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_receiver(text, masked, name_start),
        typed=typed[0] if typed else "",
        callees=tuple(islice(_callees(text, masked, offset), MAX_CALLEES)),
        container=".".join(_containers(scopes)),
        function=functions[-1].name if functions else "",
        returns=_returns(text, functions[-1].start, offset) if functions else "",
        expected=_expected(text[statement:offset]),
        bindings=read_bindings(_dedented(text[max(fragment_start, statement - MAX_FRAGMENT_CHARS) : statement])),
        mentions=tuple(_mentions(masked, offset)),
    )


class _Scope:
    """A class or function around the cursor; `start` is the offset of its line."""

    def __init__(self, kind: str, name: str, start: int) -> None:
        self.kind, self.name, self.start = kind, name, start


def _enclosing(masked: str, statement: int, offset: int) -> list[_Scope]:
    """The classes and functions around the statement, outermost first, by indentation."""
    line = masked[statement : masked.find("\n", statement) if "\n" in masked[statement:] else len(masked)]
    indent = _indent(line) if line.strip() else max(0, offset - statement)
    scopes: list[_Scope] = []
    end = statement
    while end > 0 and indent > 0:
        start = masked.rfind("\n", 0, end - 1) + 1
        line = masked[start : end - 1]
        if line.strip() and not line.lstrip().startswith(")") and _indent(line) < indent:
            found = _SCOPE.match(line)
            indent = _indent(line)
            if found is not None:
                scopes.insert(0, _Scope(found[2], found[3], start))
        end = start
    return scopes


def _containers(scopes: list[_Scope]) -> Iterator[str]:
    for scope in scopes:
        if scope.kind == "class":
            yield scope.name


def _receiver(text: str, masked: str, name_start: int) -> str:
    before = len(text[:name_start].rstrip())
    if not before or text[before - 1] != "." or text[before - 2 : before - 1].isdigit():
        return ""
    return _path_of(text, masked, before - 1)


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    for opening in open_calls(masked, offset):
        path = _path_of(text, masked, opening)
        start = expression_start(masked, opening)
        if path and not re.search(r"\b(?:def|class)\s+\Z", masked[max(0, start - 10) : start]):
            yield path


def _path_of(text: str, masked: str, end: int) -> str:
    start = expression_start(masked, end)
    source = text[start:end].strip()
    if not source:
        return ""
    tree = grammar().parse(f"({source})")  # parentheses, so that line breaks do not end the expression
    statement = tree.root.named_child(0) if tree.root.named_child_count else None
    return access_path(
        tree, statement.named_child(0) if statement is not None and statement.named_child_count else None
    )


def _returns(text: str, function_start: int, offset: int) -> str:
    found = _RETURNS.search(text, function_start, offset)
    return type_text(found[1]) if found else ""


def _expected(statement: str) -> str:
    found = _EXPECTED.match(statement)
    return type_text(found[1]) if found else ""


def _mentions(masked: str, offset: int) -> Iterator[Mention]:
    """Access paths near the cursor, nearest first; of equal ones only the nearest."""
    found: dict[str, int] = {}
    start = max(_lines_away(masked, offset, -LINES_BEFORE), offset - MAX_CHARACTERS)
    end = min(_lines_away(masked, offset, LINES_AFTER), offset + MAX_CHARACTERS)
    for match in _CHAIN.finditer(masked, start, end):
        at = match.start()
        distance = masked.count("\n", offset, at) if at >= offset else -masked.count("\n", at, offset)
        path = match[0] + ")" if match[0].endswith("(") else match[0]
        if path not in found or abs(distance) < abs(found[path]):
            found[path] = distance
    for path, distance in sorted(found.items(), key=lambda item: (abs(item[1]), item[1] > 0, item[0])):
        yield Mention(path, distance)


def _lines_away(text: str, offset: int, lines: int) -> int:
    position = offset
    for _ in range(abs(lines)):
        found = text.rfind("\n", 0, position) if lines < 0 else text.find("\n", position)
        if found < 0:
            return 0 if lines < 0 else len(text)
        position = found if lines < 0 else found + 1
    return position


def _module_fragment(masked: str, statement: int) -> int:
    return _lines_away(masked, statement, -LINES_BEFORE)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _dedented(source: str) -> str:
    indent = _indent(source)
    if not indent:
        return source
    return "\n".join(line[indent:] if not line[:indent].strip() else line.lstrip() for line in source.split("\n"))
