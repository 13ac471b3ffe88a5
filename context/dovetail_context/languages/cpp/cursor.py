"""The surroundings of a cursor in C or C++ text. The text is being typed: nothing here trusts it to parse."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.cursor import BraceCursor, Scope, at_cursor, block_heads
from dovetail_context.languages.braces.scan import open_calls
from dovetail_context.languages.cpp.bindings import read_bindings
from dovetail_context.languages.cpp.expressions import access_path, type_text
from dovetail_context.languages.cpp.grammar import cpp_grammar
from dovetail_context.languages.cpp.lexical import KEYWORDS, SYNTAX
from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_BOUNDARY = re.compile(r"[;{}]|\b(?:public|private|protected)\s*:(?!:)")
_CLASS = re.compile(r"\b(?:class|struct|union)\s+(?:[A-Z][A-Z0-9_]+\s+)?(?:\w+\s*::\s*)*(\w+)[^;(){}=]*\Z")
_FUNCTION = re.compile(r"((?:\w+\s*(?:<[^<>]*>)?\s*::\s*)*~?\w+|operator\s*\S+)\s*\(")
# The head of a constructor, up to the colon before its initializers.
_CONSTRUCTOR = re.compile(
    r"\b(?P<name>(?:\w+\s*(?:<[^<>]*>)?\s*::\s*)*\w+)\s*\((?:[^(){};]|\([^(){};]*\))*\)\s*(?:noexcept\s*)?(?P<colon>:)(?!:)"
)
_BRACKET = re.compile(r"[(){};]")
_MAX_INITIALIZERS = 4000  # characters
_CONTROL = frozenset({"if", "for", "while", "switch", "catch", "return", "do", "else", "sizeof", "defined"})
_EXPECTED = re.compile(r"\s*((?:const\s+)?[\w:]+(?:<[^=;]*>)?)[\s*&]+\w+\s*=(?!=)")


def read_cursor(text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    at = at_cursor(text, offset, SYNTAX, _TYPED, _path_of)
    scopes = list(_scopes(at.masked, at.offset))
    functions = [scope for scope in scopes if scope.kind == "function"]
    source = at.fragment(functions[0].start, at.name_start) if functions else ""
    if not functions and (constructor := _constructor(at.masked, at.offset)) is not None:
        functions = [Scope("function", re.sub(r"<[^<>]*>|\s", "", constructor["name"]), constructor.start())]
        source = text[constructor.start() : constructor.start("colon")] + "{}"
    outer, _, function = functions[0].name.rpartition("::") if functions else ("", "", "")
    containers = [scope.name for scope in scopes if scope.kind == "class"]
    if outer:
        containers.append(outer.rpartition("::")[2])
    expected = _EXPECTED.match(text, at.statement, at.offset)
    return CursorView(
        line=at.line,
        receiver=at.receiver,
        typed=at.typed,
        callees=tuple(_callees(at)),
        container=".".join(containers),
        function=function,
        returns=_returns(source),
        expected=_type_of(expected[1]) if expected else "",
        subject=at.subject,
        bindings=read_bindings(source) if source else {},
        mentions=tuple(mentions(at.masked.replace("::", " .").replace("->", " ."), at.offset, KEYWORDS)),
    )


def _scopes(masked: str, offset: int) -> Iterator[Scope]:
    """The classes and functions around `offset`, outermost first."""
    for head, start in block_heads(masked, offset, _BOUNDARY):
        if (found := _CLASS.search(head)) is not None:
            yield Scope("class", found[1], start)
        elif (found := _FUNCTION.search(head)) is not None:
            name = re.sub(r"<[^<>]*>|\s", "", found[1])
            if name not in _CONTROL:
                yield Scope("function", name, start)


def _constructor(masked: str, offset: int) -> re.Match[str] | None:
    """The head of the constructor among whose initializers a place is."""
    heads = list(_CONSTRUCTOR.finditer(masked, max(0, offset - _MAX_INITIALIZERS), offset))
    return next((head for head in reversed(heads) if _goes_on(masked[head.end() : offset])), None)


def _goes_on(initializers: str) -> bool:
    """Whether the initializers of a constructor are not over: neither its body nor a statement has begun."""
    depth = 0
    for bracket in _BRACKET.finditer(initializers):
        mark = bracket[0]
        if mark == ";" or (not depth and mark == "{" and initializers[: bracket.start()].rstrip().endswith((")", "}"))):
            return False
        depth += 1 if mark in "({" else -1
        if depth < 0:
            return False
    return True


def _returns(source: str) -> str:
    tree = cpp_grammar().parse(source)
    for node in tree.root.named_children:
        if node.type == "function_definition":
            return type_text(tree, node.child_by_field_name("type"))
    return ""


def _type_of(source: str) -> str:
    tree = cpp_grammar().parse(f"{source} x;")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    return type_text(tree, node.child_by_field_name("type")) if node is not None else ""


def _callees(at: BraceCursor) -> Iterator[str]:
    """Return the calls whose arguments enclose the cursor, innermost first."""
    for opening in open_calls(at.masked, at.offset, SYNTAX):
        path = at.path_before(opening)
        if path and path not in KEYWORDS:
            yield path


def _path_of(source: str) -> str:
    """The access path of an expression."""
    tree = cpp_grammar().parse(f"auto x = {source};")
    node = tree.root.named_child(0) if tree.root.named_child_count else None
    declarator = node.child_by_field_name("declarator") if node is not None else None
    return access_path(tree, declarator.child_by_field_name("value")) if declarator is not None else ""
