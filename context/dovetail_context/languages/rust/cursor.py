"""The surroundings of a cursor in Rust text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.languages.braces import (
    HOLE,
    case_subject_end,
    completed,
    expression_start,
    mask,
    open_blocks,
    open_brackets,
    receiver_end,
    statement_start,
)
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions
from dovetail_context.languages.rust.bindings import read_bindings
from dovetail_context.languages.rust.expressions import access_path, type_text
from dovetail_context.languages.rust.grammar import grammar
from dovetail_context.languages.rust.lexical import KEYWORDS, SYNTAX

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_BOUNDARY = re.compile(r"[;{}]")
_FUNCTION = re.compile(r"\bfn\s+(\w+)")
_CONTAINER = re.compile(r"\b(?:trait|mod|struct|enum)\s+(\w+)")
_IMPL = re.compile(r"\bimpl\b\s*(?:[!\w:\s]+\bfor\b)?\s*[&\s]*(?:mut\s+|dyn\s+)*((?:\w+\s*::\s*)*\w+)")
_GENERIC = re.compile(r"<[^<>]*>|'\w+")
_LITERAL_TYPE = re.compile(r"(?:\w+\s*::\s*)*[A-Z]\w*\s*\Z")
_EXPECTED = re.compile(r"\s*let\s+(?:mut\s+)?\w+\s*:\s*([^=;]+?)\s*=(?!=)")
# Types that wrap a function's result: the value that the function builds has the type of a type argument.
_WRAPPED = re.compile(r"(?:[\w.]*(?:Result|Option|Vec|Future|Iterator|Poll|Box|Arc|Rc))\[(.*)\]\Z")
MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A block around the cursor: the kind that its head declares, and the offset where the head begins."""

    kind: str
    name: str
    start: int


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    name_start = typed.start() if typed else offset
    receiver = receiver_end(masked, name_start, SYNTAX)
    statement = statement_start(masked, offset, SYNTAX)
    scopes = list(_scopes(masked, offset))
    functions = [scope for scope in scopes if scope.kind == "fn"]
    source = ""
    if functions:
        start = functions[-1].start
        begin = start if statement - start <= MAX_FRAGMENT_CHARS else statement - MAX_FRAGMENT_CHARS
        # without a semicolon, what is being typed may also be the value of a block or of a match arm
        source = completed(text, masked, begin, max(begin, name_start)).replace(f"{HOLE};", HOLE)
    expected = _EXPECTED.match(text, statement, offset)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=_path_of(text, masked, receiver) if receiver >= 0 else "",
        typed=typed[0] if typed else "",
        callees=tuple(_callees(text, masked, offset)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class" and scope.name != "tests"),
        function=functions[-1].name if functions else "",
        returns=_unwrapped(_returns(source)) if functions else "",
        expected=_unwrapped(_type_of(expected[1])) if expected else "",
        subject=_subject(text, masked, offset),
        bindings=read_bindings(source),
        mentions=tuple(mentions(masked.replace("::", " ."), offset, KEYWORDS)),
    )


def _scopes(masked: str, offset: int) -> Iterator[_Scope]:
    """The named blocks around `offset`, outermost first."""
    for brace in open_blocks(masked, offset):
        boundary = max((found.end() for found in _BOUNDARY.finditer(masked, max(0, brace - 2000), brace)), default=0)
        head = masked[boundary:brace]
        start = boundary + len(head) - len(head.lstrip())
        if (found := _FUNCTION.search(head)) is not None:
            yield _Scope("fn", found[1], start)
        elif re.search(r"\bimpl\b", head):
            plain = head
            while (shorter := _GENERIC.sub("", plain)) != plain:
                plain = shorter
            if (found := _IMPL.search(plain)) is not None:
                yield _Scope("class", found[1].replace(" ", "").rpartition("::")[2], start)
        elif (found := _CONTAINER.search(head)) is not None:
            yield _Scope("class", found[1], start)


def _returns(source: str) -> str:
    tree = grammar().parse(source)
    for node in tree.root.named_children:
        if node.type == "function_item":
            return type_text(tree, node.child_by_field_name("return_type"))
    return ""


def _type_of(source: str) -> str:
    tree = grammar().parse(f"type T = {source};")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    return type_text(tree, node.child_by_field_name("type")) if node is not None else ""


def _unwrapped(type_: str) -> str:
    """What is built where a value of `type_` is wanted: of `Result[Money, Error]`, Money and Error."""
    found = _WRAPPED.match(type_)
    if found is None:
        return type_
    return " | ".join(part.strip() for part in re.split(r",(?![^\[]*\])", found[1]))


def _callees(text: str, masked: str, offset: int) -> Iterator[str]:
    """Return the calls and struct literals that enclose the cursor, innermost first."""
    for opening in open_brackets(masked, offset, SYNTAX):
        if masked[opening] == "(":
            path = _path_of(text, masked, opening)
            before = masked[max(0, opening - 120) : opening]
            if path and path not in KEYWORDS and not re.search(r"\bfn\s+\w+\s*\Z", before):
                yield path
        elif masked[opening] == "{":
            found = _LITERAL_TYPE.search(masked, max(0, opening - 200), opening)
            if found is not None:
                yield re.sub(r"\s+", "", found[0]).replace("::", ".")


def _subject(text: str, masked: str, offset: int) -> str:
    """The access path of what the case at the cursor distinguishes."""
    end = case_subject_end(masked, offset)
    return _path_of(text, masked, end) if end >= 0 else ""


def _path_of(text: str, masked: str, end: int) -> str:
    source = text[expression_start(masked, end, SYNTAX) : end].strip()
    if not source:
        return ""
    tree = grammar().parse(f"const _: () = {source};")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    return access_path(tree, node.child_by_field_name("value")) if node is not None else ""
