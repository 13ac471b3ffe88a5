"""What the local names of a TypeScript function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.grammar import grammar
from dovetail_context.languages.typescript.signatures import parameter_paths, pattern_paths
from dovetail_context.languages.typescript.types import constraints_of, type_text
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = (
    "declared",
    "assigned",
    "loop",
    "catch",
    "instanceof",
    "single",
    "parameters",
    "callback_call",
)
# Methods that call back with an element of what they are called on, and the position of that parameter.
_CALLING_BACK = {
    **dict.fromkeys(
        ("map", "forEach", "filter", "find", "findLast", "findIndex", "some", "every", "flatMap", "sort", "toSorted"), 0
    ),
    "reduce": 1,
    "reduceRight": 1,
}


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=lambda match: _place(match)):
        _BINDERS[_KINDS[pattern]](tree, captures, bindings)
    return {name: path for name, path in bindings.items() if name}


def _place(match: tuple[int, Match]) -> tuple[int, int]:
    """In text order; a call with a callback comes after the callback's own parameters."""
    kind = _KINDS[match[0]]
    node = match[1]["callback" if kind == "callback_call" else kind][0]
    return (node.start_byte + (kind == "callback_call"), match[0])


def _declared(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree, _one(captures, "type"))
    path = f"<{type_}>" if type_ else access_path(tree, _one(captures, "value"))
    _bind(tree, captures["name"][0], path, bindings)


def _assigned(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """A later assignment sets the type of a name, unless its declaration did."""
    name = tree.text(captures["name"][0])
    if not bindings.get(name, "").startswith("<"):
        path = access_path(tree, captures["value"][0])
        if path:
            _bind(tree, captures["name"][0], path, bindings)


def _loop(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    path = access_path(tree, captures["value"][0])
    element = path + "[]" if path and tree.text(captures["operator"][0]) == "of" else ""
    pattern = captures["name"][0]
    if path.endswith(".entries()") and pattern.type == "array_pattern":
        for index, child in enumerate(pattern.named_children):
            _bind(tree, child, f"{path.removesuffix('.entries()')}[]" if index else "", bindings)
    else:
        _bind(tree, pattern, element, bindings)


def _catch(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    bindings[tree.text(captures["name"][0])] = ""


def _instanceof(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """After a test the name is most likely of the tested type; what it was before stays possible."""
    name, tested = tree.text(captures["name"][0]), access_path(tree, captures["value"][0])
    earlier = bindings.get(name, "")
    if tested:
        bindings[name] = f"<{tested}>|{earlier}" if earlier else f"<{tested}>"


def _single(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    bindings[tree.text(captures["name"][0])] = ""


def _parameters(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    node = captures["parameters"][0]
    function = node.parent
    own = function.child_by_field_name("type_parameters") if function is not None else None
    bindings.update(parameter_paths(tree, node, constraints_of(tree, own)))


def _callback_call(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    method, receiver = tree.text(captures["method"][0]), access_path(tree, captures["receiver"][0])
    callback = captures["callback"][0]
    single, listed = callback.child_by_field_name("parameter"), callback.child_by_field_name("parameters")
    given = [single] if single is not None else listed.named_children if listed is not None else []
    position = _CALLING_BACK.get(method, 0)
    if not receiver or len(given) <= position or method not in (*_CALLING_BACK, "then"):
        return
    parameter = given[position]
    if parameter.child_by_field_name("type") is None:
        pattern = parameter.child_by_field_name("pattern") or parameter
        _bind(tree, pattern, receiver + ("~" if method == "then" else "[]"), bindings)


_BINDERS = {
    "declared": _declared,
    "assigned": _assigned,
    "loop": _loop,
    "catch": _catch,
    "instanceof": _instanceof,
    "single": _single,
    "parameters": _parameters,
    "callback_call": _callback_call,
}


def _bind(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str]) -> None:
    """Bind the names of a pattern; `x = x.next` speaks of the earlier x, so paths never lead back to themselves."""
    for name, bound in list(pattern_paths(tree, pattern, path)):
        bindings[name] = put_in(bound, name, bindings.get(name, "")) if bound else ""


def _one(captures: Match, name: str) -> Node | None:
    nodes = captures.get(name)
    return nodes[0] if nodes else None
