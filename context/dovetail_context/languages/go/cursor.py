"""The surroundings of a cursor in Go text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.cursor import BraceCursor, at_cursor
from dovetail_context.languages.braces.scan import open_brackets
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


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    at = at_cursor(text, offset, SYNTAX, _TYPED, _path_of)
    source = at.fragment(_declaration_start(at.masked, at.offset), at.name_start)
    container, function, returns = _header(source) if source.startswith("func") else ("", "", "")
    expected = _EXPECTED.match(text, at.statement, at.offset)
    return CursorView(
        line=at.line,
        receiver=at.receiver,
        typed=at.typed,
        callees=tuple(_callees(at)),
        container=container,
        function=function,
        returns=returns,
        expected=expected[1] if expected else "",
        subject=at.subject,
        bindings=read_bindings(source),
        mentions=tuple(mentions(at.masked, at.offset, KEYWORDS)),
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


def _callees(at: BraceCursor) -> Iterator[str]:
    """Return the calls and composite literals that enclose the cursor, innermost first."""
    masked = at.masked
    for opening in open_brackets(masked, at.offset, SYNTAX):
        if masked[opening] == "(" and not _DECLARES.search(masked, max(0, opening - 200), opening):
            path = at.path_before(opening)
            if path and path not in KEYWORDS:
                yield path
        elif masked[opening] == "{":
            end = len(masked[:opening].rstrip())
            name = _LITERAL_TYPE.search(masked, max(0, end - 200), end)
            name = name or _ELEMENT_TYPE.search(masked, max(0, end - 400), end)
            if name is not None:
                yield (name[1] if name.re is _ELEMENT_TYPE else name[0])


def _path_of(source: str) -> str:
    """The access path of an expression."""
    tree = grammar().parse(f"package p\nvar _ = {source}\n")
    declaration = tree.root.named_children[-1] if tree.root.named_child_count else None
    spec = declaration.named_child(0) if declaration is not None and declaration.named_child_count else None
    values = spec.child_by_field_name("value") if spec is not None else None
    return access_path(tree, values.named_child(0) if values is not None and values.named_child_count else None)
