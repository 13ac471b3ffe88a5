"""The surroundings of a cursor in Python text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from itertools import islice
from keyword import kwlist

from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import LINES_BEFORE, lines_away, mentions
from dovetail_context.languages.python.bindings import read_bindings, read_statement_bindings
from dovetail_context.languages.python.expressions import access_path, type_text
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.languages.python.lexical import closers, expression_start, mask, open_calls, statement_start
from dovetail_context.languages.python.repair import statement_end

_SCOPE = re.compile(r"([ \t]*)(?:async[ \t]+)?(class|def)[ \t]+([A-Za-z_]\w*)")
_TYPED = re.compile(r"[A-Za-z_]\w*\Z")
_RETURNS = re.compile(r"\)\s*->\s*(.+?)\s*:\s*$", re.DOTALL | re.MULTILINE)
_EXPECTED = re.compile(r"^\s*[\w.]+\s*:\s*([^=\n]+?)\s*=\s*[^=]?", re.MULTILINE)
_CASE = re.compile(r"[ \t]+case[ \t]+[\w.]*\Z")
_MATCH = re.compile(r"^(?P<indent>[ \t]*)match[ \t]+(?P<subject>[^\n:]+):[ \t]*$", re.MULTILINE)
_TAKEN_FROM = re.compile(r"[ \t]*from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+import\b[ \t]*\(?[\w\s,]*\Z")
MAX_CHARACTERS = 10_000  # above the cursor, looked through for a `match`
KEYWORDS = frozenset(kwlist)
MAX_CALLEES = 3  # calls around the cursor, innermost first; further ones hardly predict what comes next
MAX_STATEMENT_CHARS = 4_000  # behind the cursor, looked through for what the statement binds
HOLE = "_hole"  # the name that is being typed
_BINDS_INSIDE = re.compile(r"\b(?:for|lambda|isinstance)\b|:=")
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
        subject=_subject(text, masked, statement, offset),
        module=_module(masked[statement:offset]),
        bindings=_bindings(text, masked, max(fragment_start, statement - MAX_FRAGMENT_CHARS), statement, offset),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _bindings(text: str, masked: str, start: int, statement: int, offset: int) -> dict[str, str]:
    """What the local names mean: those bound above the statement, and those that the statement itself binds."""
    bindings = read_bindings(_dedented(text[start:statement]))
    if not _BINDS_INSIDE.search(masked, statement, min(len(masked), offset + MAX_STATEMENT_CHARS)):
        return bindings
    end = statement_end(masked, statement, offset)
    source = text[statement:offset] + HOLE + text[offset:end]
    unclosed = closers(masked[statement:offset] + masked[offset:end])
    stripped = source.lstrip()
    return read_statement_bindings(stripped + unclosed, offset - statement - len(source) + len(stripped), bindings)


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


def _subject(text: str, masked: str, statement: int, offset: int) -> str:
    """The access path of what `match` distinguishes, at the beginning of one of its cases."""
    if not _CASE.match(masked, statement, offset):
        return ""
    for match in reversed(list(_MATCH.finditer(masked, max(0, statement - MAX_CHARACTERS), statement))):
        if len(match["indent"]) < _indent(masked[statement:offset]):
            return _path_of(text, masked, match.end("subject"))
    return ""


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


def _module(statement: str) -> str:
    """The module from which an import statement takes the names that it lists."""
    found = _TAKEN_FROM.match(statement)
    return found[1].replace(" ", "").replace("\t", "") if found else ""


def _module_fragment(masked: str, statement: int) -> int:
    return lines_away(masked, statement, -LINES_BEFORE)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _dedented(source: str) -> str:
    indent = _indent(source)
    if not indent:
        return source
    return "\n".join(line[indent:] if not line[:indent].strip() else line.lstrip() for line in source.split("\n"))
