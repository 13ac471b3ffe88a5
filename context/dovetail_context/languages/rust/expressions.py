"""Rust expressions as access paths and Rust types in type notation (see `records/record.py`).

Both write `::` as a dot. `Option` and `Result` are containers: `?` and `Some(x)` take their element.
"""

from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 120
MAX_TYPE_CHARS = 200
MAX_DEPTH = 14  # deeper chains and types are data, not code that somebody completes

# Calls that return their argument, by their last two names: the wrapper has no influence on members.
_WRAPPERS = frozenset({"Box.new", "Rc.new", "Arc.new", "Cow.from", "Box.pin", "Pin.new", "mem.take", "Cow.Borrowed"})


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, 0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def type_text(tree: SyntaxTree, node: Node | None) -> str:
    """A type in type notation: references are what they refer to, `dyn T` and `impl T` are `T`."""
    text = _type(tree, node, 0)
    return text if len(text) <= MAX_TYPE_CHARS else ""


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("identifier", "self", "crate", "super", "type_identifier"):
        return tree.text(node)
    if kind in ("scoped_identifier", "scoped_type_identifier", "generic_type", "bracketed_type"):
        return _type(tree, node, depth).partition("[")[0]
    if kind == "field_expression":
        inner, member = _access(tree, node.child_by_field_name("value"), depth + 1), node.child_by_field_name("field")
        if not inner or member is None:
            return ""
        return f"{inner}[{tree.text(member)}]" if member.type == "integer_literal" else f"{inner}.{tree.text(member)}"
    if kind == "call_expression":
        return _call(tree, node, depth)
    if kind == "generic_function":
        return _access(tree, node.child_by_field_name("function"), depth + 1)
    if kind == "index_expression" and node.named_child_count == 2:
        inner, index = _access(tree, node.named_child(0), depth + 1), node.named_child(1)
        return inner if index is not None and index.type == "range_expression" else inner + "[]" if inner else ""
    if kind in ("type_cast_expression", "struct_expression"):
        text = _type(tree, node.child_by_field_name("type" if kind == "type_cast_expression" else "name"), depth + 1)
        return f"<{text}>" if text else ""
    if kind == "match_expression":
        return _matched(tree, node, depth)
    if kind in _SUFFIXES and node.named_child_count:
        inner = _access(tree, node.named_child(node.named_child_count - 1), depth + 1)
        return inner + _SUFFIXES[kind] if inner else ""
    return ""


# The kinds of nodes that add one step to the path of what they hold.
_SUFFIXES = {
    "try_expression": "[]",
    "await_expression": "~",
    "reference_expression": "",
    "unary_expression": "",
    "parenthesized_expression": "",
}


def _call(tree: SyntaxTree, node: Node, depth: int) -> str:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    inner = _access(tree, function, depth + 1)
    first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    if ".".join(inner.split(".")[-2:]) in _WRAPPERS and first is not None:
        return _access(tree, first, depth + 1)
    if inner in ("Some", "Ok") and first is not None:
        return ""  # an element would be taken of it; its type is not worth a notation
    return inner + "()" if inner else ""


def _matched(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`match found { Some(x) => x, None => return }` takes the element of what is matched."""
    body = node.child_by_field_name("body")
    for arm in body.named_children if body is not None else ():
        pattern, value = arm.child_by_field_name("pattern"), arm.child_by_field_name("value")
        inner = pattern.named_child(0) if pattern is not None and pattern.named_child_count else None
        if inner is None or value is None or inner.type != "tuple_struct_pattern" or inner.named_child_count != 2:
            continue
        variant, bound = inner.named_child(0), inner.named_child(1)
        if variant is None or bound is None or tree.text(variant) not in ("Some", "Ok"):
            continue
        if value.type == "identifier" and tree.text(value) == tree.text(bound):
            path = _access(tree, node.child_by_field_name("value"), depth + 1)
            return path + "[]" if path else ""
    return ""


def _type(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("type_identifier", "identifier", "primitive_type", "self", "super", "crate"):
        return tree.text(node)
    if kind in ("scoped_type_identifier", "scoped_identifier"):
        name, path = node.child_by_field_name("name"), node.child_by_field_name("path")
        outer = _type(tree, path, depth + 1).partition("[")[0]
        if name is None or (path is not None and not outer):
            return ""
        return f"{outer}.{tree.text(name)}" if outer else tree.text(name)
    if kind == "generic_type":
        name_, given = (
            _type(tree, node.child_by_field_name("type"), depth + 1),
            node.child_by_field_name("type_arguments"),
        )
        arguments = [_type(tree, each, depth + 1) or "_" for each in _arguments(given)]
        return f"{name_}[{', '.join(arguments)}]" if name_ and arguments else name_
    if kind in ("reference_type", "type_binding"):  # a raw pointer has members of its own alone
        return _type(tree, node.child_by_field_name("type"), depth + 1)
    if kind in ("dynamic_type", "abstract_type"):
        return _type(tree, node.child_by_field_name("trait"), depth + 1)
    if kind in ("bounded_type", "bracketed_type", "trait_bounds", "qualified_type"):
        found = (_type(tree, child, depth + 1) for child in node.named_children if child.type != "lifetime")
        return next((text for text in found if text), "")
    if kind == "function_type":
        return _function(tree, node, depth)
    if kind == "array_type":
        return f"slice[{_type(tree, node.child_by_field_name('element'), depth + 1) or '_'}]"
    if kind == "tuple_type":
        return f"tuple[{', '.join(_type(tree, child, depth + 1) or '_' for child in node.named_children)}]"
    return ""


def _function(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`Fn(&Account) -> Receipt` is `Callable[[Account], Receipt]`."""
    listed, result = node.child_by_field_name("parameters"), node.child_by_field_name("return_type")
    types = [
        _type(tree, child.child_by_field_name("type") if child.type == "parameter" else child, depth + 1) or "_"
        for child in (listed.named_children if listed is not None else ())
    ]
    returned = _type(tree, result, depth + 1)
    return f"Callable[[{', '.join(types)}]{', ' + returned if returned else ''}]"


def _arguments(given: Node | None) -> list[Node]:
    return [] if given is None else [child for child in given.named_children if child.type != "lifetime"]
