"""What the local names of a C# method refer to, read from the part of it before the cursor."""

from dovetail_context.languages.csharp.expressions import access_path
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.types import type_text
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, SyntaxTree

_KINDS = (
    "variable",
    "loop",
    "parameter",
    "rest",
    "parameter",
    "narrowed",
    "parameter",
    "parameter",
    "lambda",
    "out",
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
    name = tree.text(captures["name"][0])
    value = access_path(tree, captures["value"][0]) if "value" in captures else ""
    value = put_in(value, name, bindings.get(name, "")) if value else ""
    if kind == "assigned":
        if bindings.get(name) == "":  # declared without an informative type
            bindings[name] = value
    elif kind in ("loop", "lambda", "out"):
        bindings[name] = declared or (value + "[]" if value else "")
    elif not declared and "value" in captures and captures["value"][0].type == "implicit_object_creation_expression":
        bindings[name] = ""
    else:
        bindings[name] = declared or value
