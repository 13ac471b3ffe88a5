"""What the local names of a TypeScript function refer to, read from the part of it before the cursor."""

from collections.abc import Mapping

from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.grammar import grammar
from dovetail_context.languages.typescript.jsdoc import jsdoc_type, read_jsdoc
from dovetail_context.languages.typescript.modules import required
from dovetail_context.languages.typescript.signatures import parameter_paths, pattern_paths
from dovetail_context.languages.typescript.types import CHECKED, constraints_of, type_text
from dovetail_context.records.access import base_name, put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = (
    "declared",
    "assigned",
    "loop",
    "catch",
    "instanceof",
    "single",
    "parameters",
    "callback",
    "callback",
    "guard",
)
# Methods that call back with an element of what they are called on, and the position of that parameter.
_CALLING_BACK = {
    **dict.fromkeys(
        ("map", "forEach", "filter", "find", "findLast", "findIndex", "some", "every", "flatMap", "sort", "toSorted"), 0
    ),
    "reduce": 1,
    "reduceRight": 1,
}


MAX_DEPTH = 6  # literals and parentheses around a function


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=lambda match: _place(match)):
        _BINDERS[_KINDS[pattern]](tree, captures, bindings)
    return {name: path for name, path in bindings.items() if name}


def _place(match: tuple[int, Match]) -> tuple[int, int]:
    """In text order; what a callback is given comes after its own parameters."""
    kind = _KINDS[match[0]]
    node = match[1][kind][0]
    if kind == "callback":
        own = node.child_by_field_name("parameters") or node
        return (own.start_byte + 1, match[0])
    return (node.start_byte, match[0])


def _declared(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree, _one(captures, "type"))
    if not type_ and (declaration := captures["declared"][0].parent) is not None:
        before = declaration.prev_named_sibling
        type_ = jsdoc_type(tree, before) if before is not None and before.type == "comment" else ""
    pattern, value = captures["name"][0], _one(captures, "value")
    imported = value.named_child(0) if value is not None and value.type == "await_expression" else None
    if imported is not None and required(tree, imported):  # an import of the file
        return
    awaited = _awaited_together(value) if pattern.type == "array_pattern" else None
    if awaited is not None and not type_:
        for child, each in zip(pattern.named_children, awaited.named_children, strict=False):
            path = access_path(tree, each)
            _bind(tree, child, f"{path}~" if path else "", bindings)
        return
    _bind(tree, pattern, f"<{type_}>" if type_ else access_path(tree, value), bindings)


def _awaited_together(value: Node | None) -> Node | None:
    """The array that is written out in `await Promise.all([...])`."""
    call = value.named_child(0) if value is not None and value.type == "await_expression" else None
    function = call.child_by_field_name("function") if call is not None else None
    listed = call.child_by_field_name("arguments") if call is not None else None
    first = listed.named_child(0) if listed is not None and listed.named_child_count else None
    is_all = function is not None and function.text == b"Promise.all"
    return first if is_all and first is not None and first.type == "array" else None


def _assigned(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """A later assignment sets the type of a name, unless its declaration did."""
    name = tree.text(captures["name"][0])
    if not bindings.get(name, "").startswith("<"):
        path = access_path(tree, captures["value"][0])
        if path:
            _bind(tree, captures["name"][0], path, bindings)


def _loop(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    path = access_path(tree, captures["value"][0])
    pattern = captures["name"][0]
    if pattern.type == "array_pattern":
        _bind_pair(tree, pattern, path, bindings)
    else:
        _bind(tree, pattern, path + "[]" if path and tree.text(captures["operator"][0]) == "of" else "", bindings)


def _bind_pair(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str]) -> None:
    """Bind what `[a, b]` takes out of an element of `path`: of a map, that is a key and a value."""
    of_map = path.removesuffix(".entries()")
    for index, child in enumerate(pattern.named_children):
        parts = [f"{path}[][{index}]"] if path == of_map else []
        parts += [f"{of_map}[]"] if index == 1 else []
        _bind(tree, child, "|".join(parts) if path and "|" not in path else "", bindings)


def _catch(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    bindings[tree.text(captures["name"][0])] = ""


def _instanceof(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """After a test the name is most likely of the tested type; what it was before stays possible."""
    name, tested = tree.text(captures["name"][0]), access_path(tree, captures["value"][0])
    earlier = bindings.get(name, "")
    if tested:
        bindings[name] = f"<{tested}>|{earlier}" if earlier else f"<{tested}>"


def _guard(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    name, function = tree.text(captures["name"][0]), access_path(tree, captures["guard"][0])
    earlier = bindings.get(name, "")
    if function and "|" not in function:
        bindings[name] = f"{function}{{{CHECKED}}}|{earlier}" if earlier else f"{function}{{{CHECKED}}}"


def _single(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    bindings[tree.text(captures["name"][0])] = ""


def _parameters(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    node = captures["parameters"][0]
    function = node.parent
    own = function.child_by_field_name("type_parameters") if function is not None else None
    bindings.update(parameter_paths(tree, node, constraints_of(tree, own)))
    for name, type_ in _documented(tree, function).items():
        if type_ and bindings.get(name) == "":
            bindings[name] = f"<{type_}>"


def _documented(tree: SyntaxTree, function: Node | None) -> Mapping[str, str]:
    """The types of parameters that a comment above the function gives."""
    node = function
    while node is not None and node.prev_named_sibling is None and node.start_byte == (node.parent or node).start_byte:
        node = node.parent
    while node is not None and node.type in ("arrow_function", "function_expression", "variable_declarator"):
        node = node.parent
    if node is not None and node.parent is not None and node.parent.type == "export_statement":
        node = node.parent
    before = node.prev_named_sibling if node is not None else None
    return read_jsdoc(tree, before).parameters if before is not None and before.type == "comment" else {}


def _callback(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """Parameters without a type are what the function's place says: the function that takes it, a declared type."""
    callback = captures["callback"][0]
    single, listed = callback.child_by_field_name("parameter"), callback.child_by_field_name("parameters")
    given = [single] if single is not None else listed.named_children if listed is not None else []
    untyped = [each.child_by_field_name("type") is None for each in given]
    if not any(untyped):
        return
    place = _place_of(tree, callback, 0)
    for index, parameter in enumerate(given):
        passed, pattern = _of_method(tree, callback, index), parameter.child_by_field_name("pattern") or parameter
        path = "|".join(filter(None, (passed, f"{place}{{{index}}}" if place else "")))
        if passed.endswith(".entries()[]") and pattern.type == "array_pattern":
            _bind_pair(tree, pattern, passed.removesuffix("[]"), bindings)
        elif path and untyped[index]:
            _bind(tree, pattern, path, bindings)


def _of_method(tree: SyntaxTree, callback: Node, index: int) -> str:
    """What a method of a container or of a promise passes to the function that it takes first."""
    call = _call_of(callback)
    function = call.child_by_field_name("function") if call is not None else None
    if call is None or function is None or function.type != "member_expression":
        return ""
    member, owner = function.child_by_field_name("property"), function.child_by_field_name("object")
    method, receiver = tree.text(member) if member is not None else "", access_path(tree, owner)
    if not receiver or "|" in receiver or _CALLING_BACK.get(method, 0) != index:
        return ""
    return receiver + "~" if method == "then" else receiver + "[]" if method in _CALLING_BACK else ""


def _call_of(argument: Node) -> Node | None:
    listed = argument.parent
    call = listed.parent if listed is not None and listed.type == "arguments" else None
    return call if call is not None and call.type in ("call_expression", "new_expression") else None


def _place_of(tree: SyntaxTree, value: Node, depth: int) -> str:
    """The access path of what a written value is for: a parameter, a property, a variable with a declared type."""
    outer, call = value.parent, _call_of(value)
    if outer is None or depth > MAX_DEPTH:
        return ""
    if value.type == "method_definition":
        key = value.child_by_field_name("name")
        inside = _place_of(tree, outer, depth + 1)
        return f"{inside}.{tree.text(key)}" if inside and key is not None and tree.text(key).isidentifier() else ""
    if call is not None:
        called = access_path(tree, call.child_by_field_name("function") or call.child_by_field_name("constructor"))
        values = [child for child in outer.named_children if child.type != "comment"]
        position = next((index for index, child in enumerate(values) if child == value), 0)
        return f"{called}{{{position}}}" if called and "|" not in called else ""
    if outer.type in ("parenthesized_expression", "jsx_expression"):
        return _place_of(tree, outer, depth + 1)
    if outer.type == "pair":
        key, literal = outer.child_by_field_name("key"), outer.parent
        inside = _place_of(tree, literal, depth + 1) if literal is not None else ""
        return f"{inside}.{tree.text(key)}" if inside and key is not None and tree.text(key).isidentifier() else ""
    if outer.type == "jsx_attribute":
        return _place_of_attribute(tree, outer)
    if outer.type in ("variable_declarator", "public_field_definition", "satisfies_expression", "as_expression"):
        declared = outer.child_by_field_name("type") or (outer.named_children[-1] if "expr" in outer.type else None)
        type_ = type_text(tree, declared)
        return f"<{type_}>" if type_ else ""
    if outer.type == "assignment_expression" and outer.child_by_field_name("right") == value:
        return access_path(tree, outer.child_by_field_name("left"))
    return ""


def _place_of_attribute(tree: SyntaxTree, attribute: Node) -> str:
    element, name = attribute.parent, attribute.named_child(0)
    component = element.child_by_field_name("name") if element is not None else None
    if component is None or name is None or not tree.text(component)[:1].isupper():
        return ""
    return f"{tree.text(component)}{{0}}.{tree.text(name)}"


_BINDERS = {
    "declared": _declared,
    "assigned": _assigned,
    "loop": _loop,
    "catch": _catch,
    "instanceof": _instanceof,
    "single": _single,
    "parameters": _parameters,
    "callback": _callback,
    "guard": _guard,
}


def _bind(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str]) -> None:
    """Bind the names of a pattern; `x = x.next` speaks of the earlier x, so paths never lead back to themselves."""
    if base_name(path) == "require":  # an import of the file, which the name leads to anyway
        return
    for name, bound in list(pattern_paths(tree, pattern, path)):
        bindings[name] = put_in(bound, name, bindings.get(name, "")) if bound else ""


def _one(captures: Match, name: str) -> Node | None:
    nodes = captures.get(name)
    return nodes[0] if nodes else None
