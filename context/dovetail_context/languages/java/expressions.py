"""Java expressions as access paths (the notation of `records/record.py`)."""

from dovetail_context.languages.java.types import type_text
from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 160
MAX_DEPTH = 20  # builder chains are long, but nobody completes at the end of longer ones

_LITERALS = {
    "string_literal": "<String>",
    "decimal_integer_literal": "<int>",
    "hex_integer_literal": "<int>",
    "decimal_floating_point_literal": "<double>",
    "character_literal": "<char>",
    "true": "<boolean>",
    "false": "<boolean>",
    "instanceof_expression": "<boolean>",
    "this": "this",
    "super": "super()",
}

# Calls of the standard library that give what their first argument is, and what is added to its path.
_KNOWN_CALLS = {
    "Optional.of": "",
    "Optional.ofNullable": "",
    "Objects.requireNonNull": "",
    "requireNonNull": "",
    "Collections.unmodifiableList": "",
    "Collections.unmodifiableSet": "",
    "Collections.unmodifiableMap": "",
    "Collections.unmodifiableCollection": "",
    "List.copyOf": "",
    "Set.copyOf": "",
    "Map.copyOf": "",
    "Arrays.stream": "",
    "Arrays.asList": "",
    "Collections.max": "[]",
    "Collections.min": "[]",
}


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, depth=0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind == "identifier":
        return tree.text(node)
    if kind == "method_invocation":
        return _call(tree, node, depth)
    if kind == "field_access":
        return _field(tree, node, depth)
    if kind in _LITERALS:
        return _LITERALS[kind]
    if kind in ("object_creation_expression", "cast_expression"):
        return _of_type(tree, node.child_by_field_name("type"))
    if kind == "array_creation_expression":
        element = _of_type(tree, node.child_by_field_name("type"))
        return f"<Array[{element[1:-1]}]>" if element else ""
    if kind == "class_literal" and node.named_child_count:
        of = _of_type(tree, node.named_child(0))
        return f"<Class[{of[1:-1]}]>" if of else ""
    if kind == "parenthesized_expression" and node.named_child_count:
        return _access(tree, node.named_child(0), depth + 1)
    if kind == "array_access":
        inner = _access(tree, node.child_by_field_name("array"), depth + 1)
        return inner + "[]" if inner else ""
    if kind == "assignment_expression":
        return _access(tree, node.child_by_field_name("right"), depth + 1)
    if kind == "ternary_expression":
        sides = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
        return "|".join(dict.fromkeys(path for side in sides if (path := _access(tree, side, depth + 1))))
    if kind in ("scoped_identifier", "scoped_type_identifier", "type_identifier"):
        return type_text(tree.text(node))
    return ""


def _call(tree: SyntaxTree, node: Node, depth: int) -> str:
    target, name = node.child_by_field_name("object"), node.child_by_field_name("name")
    if name is None:
        return ""
    called = tree.text(name)
    if target is not None:
        inner = _access(tree, target, depth + 1)
        if not inner:
            return ""
        called = f"{inner}.{called}"
    if called in _KNOWN_CALLS:
        arguments = node.child_by_field_name("arguments")
        first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
        path = _access(tree, first, depth + 1)
        if path:
            return path + _KNOWN_CALLS[called]
    return called + "()"


def _field(tree: SyntaxTree, node: Node, depth: int) -> str:
    target, field = node.child_by_field_name("object"), node.child_by_field_name("field")
    inner = _access(tree, target, depth + 1)
    if not inner or field is None:
        return ""
    return f"<{inner}>" if field.type == "this" else f"{inner}.{tree.text(field)}"


def _of_type(tree: SyntaxTree, node: Node | None) -> str:
    type_ = type_text(tree.text(node)) if node is not None else ""
    return f"<{type_}>" if type_ else ""
