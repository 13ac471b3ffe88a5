"""The surroundings of a cursor: names and scopes from the tree of the repaired text, the statement from its text."""

import re
import sys
from collections.abc import Iterator

from dovetail_context.languages.braces.scan import (
    completed,
    expression_start,
    mask,
    open_blocks,
    open_calls,
    receiver_end,
    statement_start,
)
from dovetail_context.languages.generic.events import Event, in_text_order
from dovetail_context.languages.generic.extract import bound_path, element_of, read
from dovetail_context.languages.generic.names import named_type
from dovetail_context.languages.generic.notation import access_path
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.generic.repair import repaired
from dovetail_context.languages.generic.types import type_text
from dovetail_context.languages.language import CursorView, Mention
from dovetail_context.languages.mentions import mentions
from dovetail_context.records.access import base_name, put_in
from dovetail_context.records.record import Symbol
from dovetail_context.syntax import Grammar, Node, SyntaxTree

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_BLOCK = re.compile(r"\{[^{}\n]*(?:->|\bin\b)")  # of a block with parameters, the line that it begins in
_DECLARED = re.compile(r":\s*([^\W\d][\w.<>?, ]*?)\s*=(?![=>])")
_DEFINES = re.compile(r"\b(?:def|fun|func|function|fn|class|defp?|sub)\s+[\w.:!?]*\Z")
_GIVEN = re.compile(r"(\w+)\s*\((.*)\)\Z", re.DOTALL)  # `with(account)`
MAX_REACHED = 8  # objects whose members are reached without naming them
# A variable is a member or a local one by its place.
_BINDING = frozenset({"parameter", "local", "element", "each", "field", "part", "pair", "given"})


def read_cursor(profile: Profile, grammar: Grammar, text: str, offset: int) -> CursorView:
    """Read the surroundings of `offset` (code points)."""
    offset = max(0, min(offset, len(text)))
    syntax = profile.notation.syntax
    masked = mask(text, syntax)
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    start = typed.start() if typed else offset
    line = text.count("\n", 0, offset) + 1
    record, events, tree = read(profile, grammar, repaired(profile, text, offset))
    around = [each for each in record.symbols if each.start_line <= line <= _last_line(profile, each)]
    container, function = _enclosing(around)
    bindings = _bindings(profile, events, tree, function, line)
    block = next(iter(reversed(open_blocks(masked, start))), -1)
    if block >= 0 and not profile.is_ended_by_word and _BLOCK.match(masked, block, start):
        begin = statement_start(masked, block, syntax)
        inner, own = _of_statement(profile, grammar, completed(text, masked, begin, start))
        bindings = _bindings(profile, inner, own, None, sys.maxsize, bindings)
    if profile.implicit_parameter and profile.implicit_parameter not in bindings:
        bindings |= _implicit(profile, text, masked, offset, bindings)
    bindings |= _declared_in_comments(profile, text, function, line)
    if profile.receiver_blocks and (reached := _reached(profile, text, masked, start, bindings)):
        bindings["self"] = f"{reached}|{known}" if (known := bindings.get("self")) else reached
    end = receiver_end(masked, start, syntax)
    expected = _DECLARED.search(masked, statement_start(masked, offset, syntax), offset)
    return CursorView(
        line=line,
        receiver=_path(profile, text, masked, end, bindings) if end >= 0 else "",
        typed=typed[0] if typed and typed[0] not in profile.notation.keywords else "",
        callees=tuple(_callees(profile, text, masked, offset, bindings)),
        container=container,
        function=function.name if function is not None else "",
        returns=function.type if function is not None else "",
        expected=type_text(expected[1]) if expected else "",
        bindings=bindings,
        mentions=tuple(_mentions(profile, masked, offset, bindings)),
    )


def _last_line(profile: Profile, symbol: Symbol) -> int:
    """Where a symbol ends; a function whose body is apart goes on until the next one."""
    return sys.maxsize if profile.bodies_apart and symbol.kind in ("function", "method") else symbol.end_line


def _enclosing(around: list[Symbol]) -> tuple[str, Symbol | None]:
    """The dotted name of the class, and the function, around the cursor."""
    functions = [each for each in around if each.kind in ("function", "method")]
    function = max(functions, key=lambda each: each.start_line, default=None)
    classes = [each for each in around if each.kind == "class"]
    if function is not None:
        return function.container, function
    inner = max(classes, key=lambda each: each.start_line, default=None)
    return (inner.qualified, None) if inner is not None else ("", None)


def _bindings(
    profile: Profile,
    events: list[Event],
    tree: SyntaxTree,
    function: Symbol | None,
    line: int,
    earlier: dict[str, str] | None = None,
) -> dict[str, str]:
    """Local names before the cursor with their access paths; the last binding wins."""
    first = function.start_line if function is not None else 1
    found = dict(earlier or {})
    declared_types = dict(function.parameters) if function is not None else {}  # with what its doc comment says
    for event in events:
        at = event.node.start_point[0] + 1
        if at > line:
            break
        if at < first or event.kind not in _BINDING or event.one("name") is None:
            continue
        if function is None and event.kind in ("parameter", "field"):
            continue
        name = _text(tree, event, "name")
        type_ = type_text(_text(tree, event, "type"))
        if event.kind == "parameter" and name not in found:
            type_ = declared_types.get(name) or type_
        known = found.get(name, "") if event.kind == "given" else ""
        path = bound_path(event, lambda node: put_in(_access(profile, tree, node, found), name, ""))  # noqa: B023
        path = f"<{type_}>" if type_ else f"{path}|{known}" if path and known else path or known
        if path or event.kind == "parameter" or name not in found:
            found[name] = path
    if function is not None:
        for name, declared in function.parameters:
            if declared and not found.get(name):
                found[name] = f"<{declared}>"
    for name, path in list(found.items()) if profile.names_types else ():
        if not path.startswith("<"):
            found[name] = f"{path}|<{named_type(name)}>".lstrip("|")
    if function is not None and function.parameters[:1] and function.parameters[0][0] == "this":
        found["self"] = f"<{function.parameters[0][1]}>"
    return found


def _declared_in_comments(profile: Profile, text: str, function: Symbol | None, line: int) -> dict[str, str]:
    """The local names before the cursor whose types are written in comments."""
    if profile.declares is None:
        return {}
    lines = text.split("\n")[function.start_line - 1 if function is not None else 0 : line]
    found = ((match["name"], type_text(match["type"])) for match in profile.declares.finditer("\n".join(lines)))
    return {name: f"<{type_}>" for name, type_ in found if type_}


def _access(profile: Profile, tree: SyntaxTree, node: Node, found: dict[str, str]) -> str:
    return access_path(tree.text(node), profile.notation, found)


def _of_statement(profile: Profile, grammar: Grammar, source: str) -> tuple[list[Event], SyntaxTree]:
    """What the blocks that are open in the statement at the cursor bind."""
    tree = grammar.parse(profile.prepared(source))
    return in_text_order(grammar.matches(tree.root, "tags.scm")), tree


def _implicit(profile: Profile, text: str, masked: str, offset: int, bindings: dict[str, str]) -> dict[str, str]:
    """The parameter that a block has without naming it: an element of the object that the block is passed to, or that
    itself."""
    blocks = open_blocks(masked, offset)
    if not blocks or "->" in masked[blocks[-1] : offset].partition("\n")[0]:
        return {}
    receiver, dot, _ = _path(profile, text, masked, blocks[-1], bindings).rpartition(".")
    return {profile.implicit_parameter: element_of(receiver, "each")} if dot else {}


def _reached(profile: Profile, text: str, masked: str, offset: int, bindings: dict[str, str]) -> str:
    """The objects whose members the blocks around a place reach without naming them, those of the innermost first."""
    found: list[str] = []
    for brace in open_blocks(masked, offset):
        begin = expression_start(masked, brace, profile.notation.syntax)
        source = text[begin:brace].strip()
        head = masked[statement_start(masked, brace, profile.notation.syntax) : brace]
        if not source or (profile.opens is not None and profile.opens.search(head)):
            continue
        given = _GIVEN.match(source)
        path = access_path(given[2] if given else source, profile.notation, bindings)
        owner, dot, name = path.removesuffix("()").rpartition(".")
        if given and given[1] in profile.receiver_blocks:
            inner = [path]
        elif dot and name in profile.receiver_blocks:
            inner = [owner]
        else:
            path = access_path(source, profile.notation, bindings).removesuffix("()")
            outer = [] if "." in path else [f"{each}.{path}" for each in found]
            inner = [f"{each}{{_}}{{self}}" for each in (*outer, path) if each]
        known = (_put_in(each, bindings) for each in inner if each)
        found = [*filter(None, known), *found][:MAX_REACHED]
    return "|".join(dict.fromkeys(found))


def _put_in(path: str, bindings: dict[str, str]) -> str:
    """A path with what is known of a local name at its beginning."""
    name = base_name(path)
    return put_in(path, name, bindings[name]) if name in bindings else path


def _callees(profile: Profile, text: str, masked: str, offset: int, bindings: dict[str, str]) -> Iterator[str]:
    for opening in open_calls(masked, offset, profile.notation.syntax):
        start = expression_start(masked, opening, profile.notation.syntax)
        source = text[start:opening].strip()
        if not source or source in profile.notation.keywords or _DEFINES.search(masked, max(0, start - 60), opening):
            continue
        path = _path(profile, text, masked, opening, bindings)
        if path:
            yield path.removesuffix("()") if not path.startswith("<") else path.strip("<>")


def _path(profile: Profile, text: str, masked: str, end: int, bindings: dict[str, str]) -> str:
    """The access path of the expression that ends at `end`."""
    start = expression_start(masked, end, profile.notation.syntax)
    own = profile.notation.own_member
    if own and masked.startswith(own, start - len(own)):
        start -= len(own)
    return access_path(text[start:end].strip(), profile.notation, bindings)


def _mentions(profile: Profile, masked: str, offset: int, bindings: dict[str, str]) -> Iterator[Mention]:
    """Chains near the cursor, in the form of access paths."""
    text = masked
    for connector in profile.notation.connectors:
        if connector != ".":
            text = text.replace(connector, "." + " " * (len(connector) - 1))
    if profile.notation.own_member:
        text = text.replace(profile.notation.own_member, " ")
    for mention in mentions(text, offset, profile.notation.keywords):
        parts = mention.access.split(".")
        if parts[0].removesuffix("()") in profile.notation.self_names:
            parts[0] = "self"
        if len(parts) > 1 and profile.is_flat and parts[0][:1].isupper() and parts[1][:1].isupper():
            yield Mention(parts[0], mention.distance)  # a namespace
        while len(parts) > 1 and profile.is_flat and parts[0][:1].isupper() and parts[1][:1].isupper():
            parts = parts[1:]
        if profile.notation.maker and len(parts) > 1 and parts[1].removesuffix("()") == profile.notation.maker:
            parts = [f"<{parts[0]}>", *parts[2:]]
        if not profile.notation.calls_bare:
            yield Mention(".".join(parts), mention.distance)
            continue
        called = [
            part
            if part.endswith("()")
            or not part[:1].islower()
            or part[:1] == "<"
            or (not place and (part in bindings or part == "self"))
            else part + "()"
            for place, part in enumerate(parts)
        ]
        yield Mention(".".join(called), mention.distance)
        if called[-1].endswith("()"):
            yield Mention(".".join((*called[:-1], called[-1].removesuffix("()"))), mention.distance)


def _text(tree: SyntaxTree, event: Event, capture: str) -> str:
    node = event.one(capture)
    return tree.text(node) if node is not None else ""
