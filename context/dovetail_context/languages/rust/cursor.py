"""The surroundings of a cursor in Rust text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.cursor import BraceCursor, Scope, at_cursor, block_heads
from dovetail_context.languages.braces.scan import HOLE, open_brackets
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


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    at = at_cursor(text, offset, SYNTAX, _TYPED, _path_of)
    scopes = list(_scopes(at.masked, at.offset))
    functions = [scope for scope in scopes if scope.kind == "fn"]
    source = ""
    if functions:
        # without a semicolon, what is being typed may also be the value of a block or of a match arm
        source = at.fragment(functions[-1].start, at.name_start).replace(f"{HOLE};", HOLE)
    expected = _EXPECTED.match(text, at.statement, at.offset)
    return CursorView(
        line=at.line,
        receiver=at.receiver,
        typed=at.typed,
        callees=tuple(_callees(at)),
        container=".".join(scope.name for scope in scopes if scope.kind == "class" and scope.name != "tests"),
        function=functions[-1].name if functions else "",
        returns=_unwrapped(_returns(source)) if functions else "",
        expected=_unwrapped(_type_of(expected[1])) if expected else "",
        subject=at.subject,
        bindings=read_bindings(source),
        mentions=tuple(mentions(at.masked.replace("::", " ."), at.offset, KEYWORDS)),
    )


def _scopes(masked: str, offset: int) -> Iterator[Scope]:
    """The named blocks around `offset`, outermost first."""
    for head, start in block_heads(masked, offset, _BOUNDARY):
        if (found := _FUNCTION.search(head)) is not None:
            yield Scope("fn", found[1], start)
        elif re.search(r"\bimpl\b", head):
            plain = head
            while (shorter := _GENERIC.sub("", plain)) != plain:
                plain = shorter
            if (found := _IMPL.search(plain)) is not None:
                yield Scope("class", found[1].replace(" ", "").rpartition("::")[2], start)
        elif (found := _CONTAINER.search(head)) is not None:
            yield Scope("class", found[1], start)


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


def _callees(at: BraceCursor) -> Iterator[str]:
    """Return the calls and struct literals that enclose the cursor, innermost first."""
    masked = at.masked
    for opening in open_brackets(masked, at.offset, SYNTAX):
        if masked[opening] == "(":
            path = at.path_before(opening)
            before = masked[max(0, opening - 120) : opening]
            if path and path not in KEYWORDS and not re.search(r"\bfn\s+\w+\s*\Z", before):
                yield path
        elif masked[opening] == "{":
            found = _LITERAL_TYPE.search(masked, max(0, opening - 200), opening)
            if found is not None:
                yield re.sub(r"\s+", "", found[0]).replace("::", ".")


def _path_of(source: str) -> str:
    """The access path of an expression."""
    tree = grammar().parse(f"const _: () = {source};")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    return access_path(tree, node.child_by_field_name("value")) if node is not None else ""
