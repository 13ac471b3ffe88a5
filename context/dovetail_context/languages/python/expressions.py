"""Python expressions as access paths and Python annotations as types (the notations of `records/record.py`)."""

from collections.abc import Iterator

from dovetail_context.records.access import base_name
from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 120
MAX_TYPE_CHARS = 200

_LITERALS = {
    "string": "<str>",
    "concatenated_string": "<str>",
    "integer": "<int>",
    "float": "<float>",
    "true": "<bool>",
    "false": "<bool>",
    "dictionary": "<dict>",
    "tuple": "<tuple>",
    "comparison_operator": "<bool>",
    "not_operator": "<bool>",
}


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, depth=0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def unpacked_paths(tree: SyntaxTree, target: Node, value: Node | None) -> Iterator[tuple[Node, str]]:
    """The attributes that a target of an assignment holds, also inside brackets, each with the path of what it gets."""
    if target.type == "attribute":
        yield target, access_path(tree, value)
        return
    if target.type not in ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern"):
        return
    targets = target.named_children
    is_starred = any(each.type == "list_splat_pattern" for each in targets)
    pairwise = value is not None and value.type in ("expression_list", "tuple", "list") and not is_starred
    values = value.named_children if value is not None and pairwise and value.named_child_count == len(targets) else []
    for index, each in enumerate(targets):
        if values:
            yield from unpacked_paths(tree, each, values[index])
        else:
            path = access_path(tree, value) if target.type != "list_splat_pattern" and not is_starred else ""
            yield from ((node, f"{path}[{index}]" if path else "") for node, _ in unpacked_paths(tree, each, None))


def type_text(source: str) -> str:
    """An annotation in type notation, without quotes and line breaks; "" if it is too long to be of use."""
    if "Literal" not in source:
        source = source.replace('"', "").replace("'", "")
    source = " ".join(source.split())
    return source if len(source) <= MAX_TYPE_CHARS else ""


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > 12:  # deeper chains are data, not code that somebody completes
        return ""
    kind = node.type
    if kind == "identifier":
        return tree.text(node)
    if kind in _LITERALS:
        return _LITERALS[kind]
    field, suffix = _STEPS.get(kind, ("", ""))
    if field:
        inner = _access(tree, node.child_by_field_name(field), depth + 1)
        if not inner:
            return ""
        if kind == "attribute":
            member = node.child_by_field_name("attribute")
            return f"{inner}.{tree.text(member)}" if member is not None else ""
        if (
            kind == "call"
            and inner.endswith("[]")
            and (generic := _generic(tree, node.child_by_field_name("function")))
        ):
            return generic
        if kind == "subscript":
            index = node.child_by_field_name("subscript")
            number = tree.text(index) if index is not None and index.type == "integer" else ""
            return f"{inner}[{number if number.isdecimal() else ''}]"
        module, _, name = inner.rpartition(".")
        if kind == "call" and name in _KNOWN_CALLS and (not module or (name in _METHODS_TOO and module in _MODULES)):
            return _known_call(tree, node, name, depth)
        return inner + suffix
    if kind == "await" and node.named_child_count:
        inner = _access(tree, node.named_child(0), depth + 1)
        return inner + "~" if inner else ""
    if kind == "parenthesized_expression" and node.named_child_count == 1:
        return _access(tree, node.named_child(0), depth + 1)
    if kind == "boolean_operator":
        return _either(tree, (node.child_by_field_name("left"), node.child_by_field_name("right")), depth)
    if kind == "conditional_expression" and node.named_child_count == 3:
        return _either(tree, (node.named_child(0), node.named_child(2)), depth)
    if kind in _COMPREHENSIONS:
        return _comprehension(tree, node, depth)
    if kind in _SEQUENCES:
        return _sequence(tree, node, depth)
    return ""


# Literals that hold several of one kind.
_SEQUENCES = {"list": "list", "set": "set"}

# The kinds of nodes that add one step to the path of the node in the named field.
_STEPS = {
    "attribute": ("object", ""),
    "call": ("function", "()"),
    "subscript": ("value", "[]"),
    "named_expression": ("value", ""),
}


def _either(tree: SyntaxTree, nodes: tuple[Node | None, ...], depth: int) -> str:
    paths = [path for path in (_access(tree, node, depth + 1) for node in nodes) if path]
    return "|".join(dict.fromkeys(paths))


# Calls of the standard library that give what their argument is (or its elements): the position of that argument and
# what is added to its path.
_KNOWN_CALLS = {
    "list": (0, ""),
    "tuple": (0, ""),
    "set": (0, ""),
    "frozenset": (0, ""),
    "dict": (0, ""),
    "sorted": (0, ""),
    "reversed": (0, ""),
    "iter": (0, ""),
    "filter": (1, ""),
    "copy": (0, ""),
    "deepcopy": (0, ""),
    "wait_for": (0, ""),
    "shield": (0, ""),
    "next": (0, "[]"),
    "anext": (0, "[]"),
    "max": (0, "[]"),
    "min": (0, "[]"),
    "cast": (0, ""),
    "partial": (0, ""),
    "map": (0, "()*list"),
}
_METHODS_TOO = frozenset(
    {"cast", "deepcopy", "copy", "wait_for", "shield", "partial"}
)  # also reached through their modules
_MODULES = frozenset({"typing", "t", "copy", "asyncio", "anyio", "functools"})
_COMPREHENSIONS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "generator_expression": "Generator",
    "dictionary_comprehension": "dict",
}


def _known_call(tree: SyntaxTree, call: Node, name: str, depth: int) -> str:
    arguments = call.child_by_field_name("arguments")
    position, suffix = _KNOWN_CALLS[name]
    values = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
    if len(values) <= position or values[position].type == "keyword_argument":
        return f"{name}()"
    if name == "cast":
        target = type_text(tree.text(values[0]))
        return f"<{target}>" if target else ""
    path = _access(tree, values[position], depth + 1)
    return path + suffix if path else f"{name}()"


def _comprehension(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`[x.owner for x in xs if ...]` holds owners of the elements of `xs`; of others only the kind is known."""
    body, name = node.child_by_field_name("body"), _COMPREHENSIONS[node.type]
    if body is not None and body.type == "pair":
        body = body.child_by_field_name("value")
    clauses = [child for child in node.named_children if child.type == "for_in_clause"]
    path = _access(tree, body, depth + 1) if name != "dict" or len(clauses) == 1 else ""
    for clause in reversed(clauses):
        target, value = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if target is None or target.type != "identifier":
            return f"<{name}>"
        if base_name(path) == tree.text(target) and "|" not in path:
            source = _access(tree, value, depth + 1)
            path = f"{source}[]{path[len(tree.text(target)) :]}" if source and "|" not in source else ""
    if not path or "|" in path or name == "dict":
        return path.removesuffix("[]") if path.endswith("[]") and "|" not in path else f"<{name}>"
    return path.removesuffix("[]") if path.endswith("[]") else f"{path}*{name}"


def _sequence(tree: SyntaxTree, node: Node, depth: int) -> str:
    """A list or set of what its first element is, if that is more than plain data."""
    name = _SEQUENCES[node.type]
    first = next((child for child in node.named_children if child.type != "comment"), None)
    path = _access(tree, first, depth + 1)
    return f"<{name}>" if not path or "|" in path or path.startswith("<") else f"{path}*{name}"


def _generic(tree: SyntaxTree, function: Node | None) -> str:
    """`Repo[Account](...)` is an instance of the generic class with these arguments."""
    named = function.child_by_field_name("value") if function is not None and function.type == "subscript" else None
    if function is None or named is None or not tree.text(named).rpartition(".")[2][:1].isupper():
        return ""
    type_ = type_text(tree.text(function))
    return f"<{type_}>" if type_ else ""
