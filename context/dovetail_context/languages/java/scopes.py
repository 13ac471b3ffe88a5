"""The classes and methods around a place in Java text, read from their open braces."""

import re

from dovetail_context.languages.braces.cursor import Scope
from dovetail_context.languages.braces.scan import open_blocks, statement_start
from dovetail_context.languages.java.lexical import SYNTAX

_CLASS = re.compile(r"(?:^|[\s)])(?:class|interface|enum|record)\s+([A-Za-z_]\w*)")
_ANONYMOUS = re.compile(r"\bnew\s+([A-Za-z_][\w.]*(?:\s*<[^(){};]*>)?)\s*\([^{};]*\Z")
_METHOD = re.compile(
    r"(?:(?P<type>[\w$.]+(?:\s*<[^(){};]*>)?(?:\s*\[\s*\])*)\s+)?(?P<name>[A-Za-z_$][\w$]*)\s*\([^{};]*\)"
    r"\s*(?:throws[\w\s.,$]*)?\Z"
)
_ANNOTATION = re.compile(r"@(?!interface\b)[\w.]+(?:\s*\((?:[^()]|\([^()]*\))*\))?\s*")
_NO_METHODS = frozenset("if for while switch catch synchronized try do else return new throw".split())  # noqa: SIM905
_MODIFIERS = frozenset("public private protected static final abstract default synchronized".split())  # noqa: SIM905


def enclosing(masked: str, offset: int) -> list[Scope]:
    """The classes and methods around `offset`, outermost first. Blocks and lambdas are none.

    The body of `new Base() {` has the kind "anonymous" and the type that it extends.
    """
    scopes: list[Scope] = []
    for brace in open_blocks(masked, offset):
        start = statement_start(masked, brace, SYNTAX)
        head = masked[start:brace]
        found = _class_of(head, start) or _anonymous(head, start)
        if found is None and scopes and scopes[-1].kind != "method":
            found = _method(head, start)
        if found is not None:
            scopes.append(found)
    return scopes


def _class_of(head: str, start: int) -> Scope | None:
    named = _CLASS.search(head)
    return Scope("class", named[1], start) if named is not None else None


def _anonymous(head: str, start: int) -> Scope | None:
    created = _ANONYMOUS.search(head)
    if created is None or head[created.start() :].count("(") != head[created.start() :].count(")"):
        return None
    return Scope("anonymous", "", start, created[1])


def _method(head: str, start: int) -> Scope | None:
    found = _METHOD.search(_ANNOTATION.sub("", head).rstrip())
    if found is None or found["name"] in _NO_METHODS:
        return None
    type_ = found["type"] or ""
    return Scope("method", found["name"], start, "" if type_ in _MODIFIERS else type_)
