"""What the local names of a Java method refer to, read from the part of it before the cursor."""

from dovetail_context.languages.java.expressions import access_path
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.types import type_text
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, SyntaxTree

_KINDS = (
    "variable",
    "variable",
    "loop",
    "parameter",
    "rest",
    "parameter",
    "narrowed",
    "parameter",
    "parameter",
    "parameter",
    "lambda",
    "assigned",
)


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=lambda match: match[1][_KINDS[match[0]]][0].start_byte):
        _bind(tree, _KINDS[pattern], captures, bindings)
    return bindings


def _bind(tree: SyntaxTree, kind: str, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree.text(captures["type"][0])) if "type" in captures else ""
    declared = f"<{type_}>" if type_ and type_ != "var" else ""
    if kind == "narrowed":  # after a test the name is most likely of the tested type; what it was stays possible
        name = tree.text(captures["tested"][0])
        earlier = bindings.get(name, "")
        bindings[name] = f"{declared}|{earlier}" if earlier else declared
        return
    names = [tree.text(node) for node in captures["name"]]
    value = access_path(tree, captures["value"][0]) if "value" in captures else ""
    for position, name in enumerate(names):
        if kind == "assigned":
            if bindings.get(name) == "":  # declared without an informative type
                bindings[name] = put_in(value, name, "") if value else ""
        elif kind == "rest":
            bindings[name] = f"<Array[{type_}]>"
        elif kind == "lambda":
            bindings[name] = f"{put_in(value, name, bindings.get(name, ''))}[]" if value and not position else ""
        elif kind == "loop":
            bindings[name] = declared or (put_in(value, name, bindings.get(name, "")) + "[]" if value else "")
        else:
            bindings[name] = declared or put_in(value, name, bindings.get(name, ""))
