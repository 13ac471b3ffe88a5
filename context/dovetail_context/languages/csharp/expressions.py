"""C# expressions as access paths (the notation of `records/record.py`)."""

from dovetail_context.languages.csharp.types import type_text
from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 160
MAX_DEPTH = 20  # builder chains are long, but nobody completes at the end of longer ones

_LITERALS = {
    "string_literal": "<string>",
    "verbatim_string_literal": "<string>",
    "raw_string_literal": "<string>",
    "interpolated_string_expression": "<string>",
    "integer_literal": "<int>",
    "real_literal": "<double>",
    "character_literal": "<char>",
    "boolean_literal": "<bool>",
    "is_pattern_expression": "<bool>",
    "typeof_expression": "<Type>",
    "this": "this",
    "base": "super()",
}


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, depth=0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("identifier", "implicit_parameter"):
        return tree.text(node)
    if kind in _LITERALS:
        return _LITERALS[kind]
    field, suffix = _STEPS.get(kind, ("", ""))
    if field:
        inner = _access(tree, node.child_by_field_name(field), depth + 1)
        return inner + suffix if inner else ""
    if kind in ("member_access_expression", "conditional_access_expression"):
        return _member(tree, node, depth)
    if kind in ("object_creation_expression", "cast_expression", "default_expression", "array_creation_expression"):
        return _of_type(tree, node.child_by_field_name("type"))
    if kind == "as_expression":
        return _of_type(tree, node.child_by_field_name("right"))
    if kind == "generic_name" and node.named_child_count:
        return tree.text(node).partition("<")[0].strip()
    if kind in ("parenthesized_expression", "await_expression", "postfix_unary_expression", "checked_expression"):
        inner = _access(tree, node.named_child(0) if node.named_child_count else None, depth + 1)
        return inner + "~" if inner and kind == "await_expression" else inner
    if kind == "conditional_expression":
        return _either(tree, ("consequence", "alternative"), node, depth)
    if kind == "binary_expression":
        operator = node.child_by_field_name("operator")
        return _either(tree, ("left", "right"), node, depth) if operator is not None and operator.type == "??" else ""
    return ""


# The kinds of nodes that add one step to the path of the node in the named field.
_STEPS = {
    "invocation_expression": ("function", "()"),
    "element_access_expression": ("expression", "[]"),
    "assignment_expression": ("right", ""),
    "with_expression": ("expression", ""),
}


def _member(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`a.b`, and `a?.b` whose second half is a tree of its own."""
    if node.type == "conditional_access_expression":
        inner = _access(tree, node.child_by_field_name("condition"), depth + 1)
        rest = node.named_child(1) if node.named_child_count > 1 else None
        tail = _bound(tree, rest, depth + 1)
        return f"{inner}{tail}" if inner and tail else ""
    inner = _access(tree, node.child_by_field_name("expression"), depth + 1)
    name = node.child_by_field_name("name")
    if not inner or name is None:
        return ""
    return f"{inner}.{tree.text(name).partition('<')[0].strip()}"


def _bound(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    """Return the part after the question mark: `.b`, `.b()`, `[0]`."""
    if node is None or depth > MAX_DEPTH:
        return ""
    if node.type == "member_binding_expression":
        name = node.child_by_field_name("name")
        return f".{tree.text(name).partition('<')[0].strip()}" if name is not None else ""
    if node.type == "element_binding_expression":
        return "[]"
    if node.type == "member_access_expression":
        inner = _bound(tree, node.child_by_field_name("expression"), depth + 1)
        name = node.child_by_field_name("name")
        return f"{inner}.{tree.text(name).partition('<')[0].strip()}" if inner and name is not None else ""
    if node.type in _STEPS:
        field, suffix = _STEPS[node.type]
        inner = _bound(tree, node.child_by_field_name(field), depth + 1)
        return inner + suffix if inner else ""
    return ""


def _either(tree: SyntaxTree, fields: tuple[str, str], node: Node, depth: int) -> str:
    paths = (_access(tree, node.child_by_field_name(field), depth + 1) for field in fields)
    return "|".join(dict.fromkeys(path for path in paths if path))


def _of_type(tree: SyntaxTree, node: Node | None) -> str:
    type_ = type_text(tree.text(node)) if node is not None else ""
    return f"<{type_}>" if type_ else ""
