"""Python expressions as access paths and Python annotations as types (the notations of `index/record.py`)."""

import re

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
    "list": "<list>",
    "list_comprehension": "<list>",
    "dictionary": "<dict>",
    "dictionary_comprehension": "<dict>",
    "set": "<set>",
    "tuple": "<tuple>",
    "comparison_operator": "<bool>",
    "not_operator": "<bool>",
}
_SPACE = re.compile(r"\s+")
_CAST = re.compile(r"(?:typing\.|t\.)?cast\Z")


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """The access path of an expression, "" where it says nothing about its type."""
    path = _access(tree, node, depth=0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def type_text(source: str) -> str:
    """An annotation in type notation: quotes of forward references and line breaks gone, "" if too long to be of use."""
    if "Literal" not in source:
        source = source.replace('"', "").replace("'", "")
    source = _SPACE.sub(" ", source).strip()
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
            name = node.child_by_field_name("attribute")
            return f"{inner}.{tree.text(name)}" if name is not None else ""
        if kind == "call" and _CAST.match(inner):
            return _cast_target(tree, node)
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
    return ""


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


def _cast_target(tree: SyntaxTree, call: Node) -> str:
    arguments = call.child_by_field_name("arguments")
    if arguments is None or not arguments.named_child_count:
        return ""
    first = arguments.named_child(0)
    text = type_text(tree.text(first)) if first is not None else ""
    return f"<{text}>" if text else ""
