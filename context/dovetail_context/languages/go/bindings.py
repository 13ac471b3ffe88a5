"""What the local names of a Go function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.braces.scan import HOLE
from dovetail_context.languages.go.expressions import access_path, type_text
from dovetail_context.languages.go.grammar import grammar
from dovetail_context.languages.go.signatures import declared
from dovetail_context.languages.nesting import in_text_order
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = ("assignment", "assignment", "receive", "variable", "loop", "case", "parameter", "parameter")
# Expressions whose second value only reports whether there is a first one.
_WITH_OK = frozenset({"index_expression", "type_assertion_expression", "unary_expression"})


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding in `source` (a declaration) wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for kind, _, captures in in_text_order(matches, _KINDS):
        _BINDERS[kind](tree, captures, bindings)
    bindings.pop("_", None)
    bindings.pop("", None)
    return bindings


def _assignment(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    names, values = captures["names"][0].named_children, captures["values"][0].named_children
    _bind_all(tree, names, values, bindings)


def _bind_all(tree: SyntaxTree, names: list[Node], values: list[Node], bindings: dict[str, str]) -> None:
    for index, name in enumerate(names):
        if name.type != "identifier":
            continue
        if len(values) == len(names):
            path = access_path(tree, values[index])
        elif len(values) == 1 and values[0].type in _WITH_OK:
            path = access_path(tree, values[0]) if not index else ""
        else:
            path = access_path(tree, values[0]) if len(values) == 1 else ""
            path = f"{path}[{index}]" if path else ""
        _bind(tree.text(name), path, bindings)


def _receive(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    name = captures["names"][0].named_child(0)
    if name is not None and name.type == "identifier":
        _bind(tree.text(name), access_path(tree, captures["value"][0]), bindings)


def _variable(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    node = captures["variable"][0]
    names, type_ = node.children_by_field_name("name"), type_text(tree, node.child_by_field_name("type"))
    value = node.child_by_field_name("value")
    if type_ or value is None:
        for name in names:
            bindings[tree.text(name)] = f"<{type_}>" if type_ else ""
    else:
        _bind_all(tree, names, value.named_children, bindings)


def _loop(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """The second name is an element; the first one is an index or key, except for channels and iterators."""
    path = access_path(tree, captures["value"][0])
    names = captures["names"][0].named_children
    for index, name in enumerate(names):
        if name.type == "identifier":  # an index has no members: one name alone is looked at as an element
            _bind(tree.text(name), f"{path}[]" if path and (index or len(names) == 1) else "", bindings)


def _case(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree, captures["type"][0])
    bindings[tree.text(captures["name"][0])] = f"<{type_}>" if type_ else ""


def _parameter(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    for name, type_ in declared(tree, captures["parameter"][0]):
        bindings[name] = f"<{type_}>" if type_ else ""


def _bind(name: str, path: str, bindings: dict[str, str]) -> None:
    """`x = x.next` speaks of the earlier x; what nothing is known of does not hide what was known of the same name."""
    if HOLE in path:  # it is bound by what is being typed
        return
    path = put_in(path, name, bindings.get(name, "")) if path else ""
    if path or name not in bindings:
        bindings[name] = path


_BINDERS = {
    "assignment": _assignment,
    "receive": _receive,
    "variable": _variable,
    "loop": _loop,
    "case": _case,
    "parameter": _parameter,
}
