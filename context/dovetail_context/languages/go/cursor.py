"""The surroundings of a cursor in Go text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces import (
    case_subject_end,
    completed,
    expression_start,
    mask,
    open_brackets,
    receiver_end,
    statement_start,
)
from dovetail_context.languages.go.bindings import read_bindings
from dovetail_context.languages.go.expressions import access_path, type_text
from dovetail_context.languages.go.grammar import grammar
from dovetail_context.languages.go.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.go.signatures import receiver_type
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions
from dovetail_context.syntax import Node, SyntaxTree

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_DECLARATION = re.compile(r"^(?:func|type|var|const|import)\b", re.MULTILINE)
_LITERAL_TYPE = re.compile(r"(?:[^\W\d]\w*\.)?[^\W\d]\w*\Z")
_ELEMENT_TYPE = re.compile(r"(?:\]|\bmap\[[^\]\n]*\])\*?((?:[^\W\d]\w*\.)?[^\W\d]\w*)\{[^{}]*\Z")
_DECLARES = re.compile(r"\bfunc\s*(?:\([^()]*\)\s*)?(?:[^\W\d]\w*)?\s*\Z")
_EXPECTED = re.compile(r"\s*var\s+\w+\s+\*?([\w.]+)\s*=(?!=)")
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    receiver = receiver_end(masked, name_start, SYNTAX)
    statement = statement_start(masked, offset, SYNTAX)
    declaration = _declaration_start(masked, offset)
    begin = declaration if statement - declaration <= MAX_FRAGMENT_CHARS else statement - MAX_FRAGMENT_CHARS
    source = completed(text, masked, begin, max(begin, name_start))
    container, function, returns = _header(source) if source.startswith("func") else ("", "", "")
    expected = _EXPECTED.match(text, statement, offset)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_path_of(text, masked, receiver) if receiver >= 0 else "",
        typed=typed[0] if typed else "",
        callees=tuple(_callees(text, masked, offset)),
        container=container,
        function=function,
        returns=returns,
        expected=expected[1] if expected else "",
        subject=_subject(text, masked, offset),
        bindings=read_bindings(source),
        mentions=tuple(mentions(masked, offset, KEYWORDS)),
    )


def _declaration_start(masked: str, offset: int) -> int:
    """Where the declaration around `offset` begins: in Go it begins a line without indentation."""
    found = [match.start() for match in _DECLARATION.finditer(masked, 0, offset)]
    return found[-1] if found else 0


def _header(source: str) -> tuple[str, str, str]:
    """The receiver's type, the name and the result type of the function that `source` begins with."""
    tree = grammar().parse(source)
    for node in tree.root.named_children:
        if node.type in ("function_declaration", "method_declaration"):
            receiver, name = node.child_by_field_name("receiver"), node.child_by_field_name("name")
            return (
                receiver_type(tree, receiver) if receiver is not None else "",
                tree.text(name) if name is not None else "",
                _results(tree, node.child_by_field_name("result")),
            )
    return "", "", ""


def _results(tree: SyntaxTree, result: Node | None) -> str:
    """What a function returns, of several values as alternatives."""
    text = type_text(tree, result)
    if not text.startswith("tuple["):
        return text
    return text.removeprefix("tuple[").removesuffix("]").replace(", ", " | ")


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    """Return the calls and composite literals that enclose the cursor, innermost first."""
    for opening in open_brackets(masked, offset, SYNTAX):
        if masked[opening] == "(" and not _DECLARES.search(masked, max(0, opening - 200), opening):
            path = _path_of(text, masked, opening)
            if path and path not in KEYWORDS:
                yield path
        elif masked[opening] == "{":
            end = len(masked[:opening].rstrip())
            name = _LITERAL_TYPE.search(masked, max(0, end - 200), end)
            name = name or _ELEMENT_TYPE.search(masked, max(0, end - 400), end)
            if name is not None:
                yield (name[1] if name.re is _ELEMENT_TYPE else name[0])


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if not source:
        return ""
    tree = grammar().parse(f"package p\nvar _ = {source}\n")
    declaration = tree.root.named_children[-1] if tree.root.named_child_count else None
    spec = declaration.named_child(0) if declaration is not None and declaration.named_child_count else None
    values = spec.child_by_field_name("value") if spec is not None else None
    return access_path(tree, values.named_child(0) if values is not None and values.named_child_count else None)
