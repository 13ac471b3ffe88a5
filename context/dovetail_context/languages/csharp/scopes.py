"""The types and members around a place in C# text, read from their open braces."""

import re

from dovetail_context.languages.braces.cursor import Scope
from dovetail_context.languages.braces.scan import open_blocks, statement_start
from dovetail_context.languages.csharp.lexical import SYNTAX

_CLASS = re.compile(r"(?:^|[\s)\]])(?:class|interface|struct|enum|record(?:\s+(?:struct|class))?)\s+([A-Za-z_]\w*)")
_TYPE = r"[\w.]+(?:\s*<[^(){};]*?>)?\??(?:\s*\[[\s,]*\]\??)*|\([^(){};]*\)"
_METHOD = re.compile(
    rf"(?:(?P<type>{_TYPE})\s+)?(?P<name>[A-Za-z_]\w*)\s*(?:<[\w\s,]*>)?\s*\([^{{}};]*?\)"
    r"\s*(?::\s*(?:base|this)\s*\([^{};]*\)|where\b[^{};]*)?\s*(?:=>[^{};]*)?\Z"
)
_PROPERTY = re.compile(rf"(?P<type>{_TYPE})\s+(?P<name>[A-Za-z_]\w*)\s*(?:=>[^{{}};]*)?\Z")
_ATTRIBUTE = re.compile(r"^\s*(?:\[[^\[\]]*\]\s*)+")
_CREATED = re.compile(r"\bnew\s+([A-Za-z_][\w.]*(?:\s*<[^(){};]*>)?)\s*(?:\([^{};]*\))?\s*\Z")
_NO_METHODS = frozenset(
    "if for foreach while switch catch lock using fixed try do else return new throw get set init when".split()  # noqa: SIM905
)
_MODIFIERS = frozenset(
    "public private protected internal static abstract virtual override sealed async unsafe extern partial".split()  # noqa: SIM905
)


def enclosing(masked: str, offset: int) -> list[Scope]:
    """The types (kind "class") and members ("method") around `offset`, outermost first. Others are none."""
    scopes: list[Scope] = []
    for brace in open_blocks(masked, offset):
        start = statement_start(masked, brace, SYNTAX)
        found = scope_of(masked[start:brace], start, bool(scopes) and scopes[-1].kind == "class")
        if found is not None:
            scopes.append(found)
    return scopes


def scope_of(head: str, start: int, in_class: bool) -> Scope | None:
    """Return what a head opens; only classes contain members."""
    named = _CLASS.search(head)
    if named is not None:
        return Scope("class", named[1], start)
    if not in_class:
        return None
    plain = _ATTRIBUTE.sub("", head).strip()
    found = _METHOD.search(plain) or _PROPERTY.search(plain)
    if found is None or found["name"] in _NO_METHODS or found["type"] in ("new", "return", "await"):
        return None
    type_ = found["type"] or ""
    return Scope("method", found["name"], start, "" if type_ in _MODIFIERS else type_)


def created_type(masked: str, offset: int) -> str:
    """The type whose members are being set at `offset` in `new Type { ... }`; "" elsewhere."""
    braces = open_blocks(masked, offset)
    if not braces or masked[braces[-1] + 1 : offset].count("(") != masked[braces[-1] + 1 : offset].count(")"):
        return ""
    found = _CREATED.search(masked, max(0, braces[-1] - 300), braces[-1])
    before = masked[braces[-1] : offset].rstrip()
    return found[1] if found is not None and before.endswith(("{", ",")) else ""
