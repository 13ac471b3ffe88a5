"""Go expressions as access paths and Go types in type notation (see `records/record.py`)."""

from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 120
MAX_TYPE_CHARS = 200
MAX_DEPTH = 12  # deeper chains and types are data, not code that somebody completes


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, 0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def type_text(tree: SyntaxTree, node: Node | None) -> str:
    """A type in type notation: pointers are what they point to, `[]T` is `slice[T]`, several results are a tuple."""
    text = _type(tree, node, 0)
    return text if len(text) <= MAX_TYPE_CHARS else ""


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind == "identifier":
        return tree.text(node)
    if kind == "selector_expression":
        inner = _access(tree, node.child_by_field_name("operand"), depth + 1)
        member = node.child_by_field_name("field")
        return f"{inner}.{tree.text(member)}" if inner and member is not None else ""
    if kind == "call_expression":
        return _call(tree, node, depth)
    if kind == "index_expression":
        inner = _access(tree, node.child_by_field_name("operand"), depth + 1)
        return inner + "[]" if inner else ""
    if kind in ("slice_expression", "unary_expression"):
        inner = _access(tree, node.child_by_field_name("operand"), depth + 1)
        return inner + "[]" if inner and tree.data[node.start_byte : node.start_byte + 2] == b"<-" else inner
    if kind in ("composite_literal", "type_assertion_expression", "type_conversion_expression"):
        return _instance(tree, node.child_by_field_name("type"))
    if kind == "parenthesized_expression" and node.named_child_count:
        return _access(tree, node.named_child(0), depth + 1)
    return ""


def _call(tree: SyntaxTree, node: Node, depth: int) -> str:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None:
        return ""
    first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    name = tree.text(function) if function.type == "identifier" else ""
    if name in ("new", "make"):
        if first is not None and first.type == "identifier":
            return f"<{tree.text(first)}>"
        return _instance(tree, first)
    if name in ("append", "min", "max"):
        return _access(tree, first, depth + 1)
    if function.type == "index_expression":  # type arguments: Map[int](x)
        function = function.child_by_field_name("operand")
    inner = _access(tree, function, depth + 1)
    return inner + "()" if inner else ""


def _instance(tree: SyntaxTree, type_: Node | None) -> str:
    text = type_text(tree, type_)
    return f"<{text}>" if text else ""


def _type(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("type_identifier", "qualified_type"):
        return tree.text(node)
    if kind in ("pointer_type", "parenthesized_type", "type_elem", "type_constraint"):
        return _type(tree, node.named_child(0) if node.named_child_count else None, depth + 1)
    if kind in _GENERIC:
        name, fields = _GENERIC[kind]
        arguments = [_type(tree, node.child_by_field_name(field), depth + 1) or "_" for field in fields]
        return f"{name}[{', '.join(arguments)}]"
    if kind == "generic_type":
        name = _type(tree, node.child_by_field_name("type"), depth + 1)
        given = node.child_by_field_name("type_arguments")
        arguments = [_type(tree, each, depth + 1) or "_" for each in given.named_children] if given is not None else []
        return f"{name}[{', '.join(arguments)}]" if name and arguments else name
    if kind == "function_type":
        listed = node.child_by_field_name("parameters")
        types = [_type(tree, each.child_by_field_name("type"), depth + 1) or "_" for each in _spread(listed)]
        result = _type(tree, node.child_by_field_name("result"), depth + 1)
        return f"Callable[[{', '.join(types)}]{', ' + result if result else ''}]"
    if kind == "parameter_list":
        results = [_type(tree, each.child_by_field_name("type"), depth + 1) or "_" for each in _spread(node)]
        return results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]" if results else ""
    return ""


_GENERIC = {
    "slice_type": ("slice", ("element",)),
    "implicit_length_array_type": ("slice", ("element",)),
    "array_type": ("array", ("element",)),
    "map_type": ("map", ("key", "value")),
    "channel_type": ("chan", ("value",)),
}


def _spread(results: Node | None) -> list[Node]:
    """The declarations of a result list, one for each value: `(a, b int)` are two."""
    found = []
    for each in results.named_children if results is not None else ():
        if each.type in ("parameter_declaration", "variadic_parameter_declaration"):
            found.extend([each] * max(1, len(each.children_by_field_name("name"))))
    return found
