"""C and C++ expressions as access paths and their types in type notation (see `records/record.py`).

Pointers and references are what they point to; `->` and `::` are written as a dot; of `std::vector` the name is kept.
"""

from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 120
MAX_TYPE_CHARS = 200
MAX_DEPTH = 14  # deeper chains and types are data, not code that somebody completes

_CASTS = frozenset({"static_cast", "dynamic_cast", "reinterpret_cast", "const_cast", "down_cast", "any_cast", "get_if"})
_MAKERS = frozenset({"make_unique", "make_shared", "allocate_shared"})
_THROUGH = frozenset({"move", "forward", "ref", "cref", "as_const", "to_address"})


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, 0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def type_text(tree: SyntaxTree, node: Node | None) -> str:
    """A type in type notation, "" for `auto` and what has no name."""
    text = _type(tree, node, 0)
    return text if len(text) <= MAX_TYPE_CHARS else ""


def declared_name(node: Node | None) -> Node | None:
    """The node that names what a declarator declares, beneath pointers, references, arrays and parameters."""
    for _ in range(MAX_DEPTH):
        if node is None or node.type in _NAMES:
            return node
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next((child for child in node.named_children if child.type in _DECLARATORS), None)
        node = inner
    return None


def function_declarator(node: Node | None) -> Node | None:
    """The declarator with the parameters, if a function is declared and not a pointer to one."""
    for _ in range(MAX_DEPTH):
        if node is None or node.type in _NAMES or node.type == "parenthesized_declarator":
            return None
        if node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            return node if inner is not None and inner.type != "parenthesized_declarator" else None
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next((child for child in node.named_children if child.type in _DECLARATORS), None)
        node = inner
    return None


def declared_type(tree: SyntaxTree, type_: Node | None, declarator: Node | None) -> str:
    """The type of what is declared: that of the declaration, or a function type for a pointer to a function."""
    found = type_text(tree, type_)
    if found.endswith("]"):  # of others, a pointer to the first is as good as the array
        found = "array[" * (dimensions := _dimensions(declarator)) + found + "]" * dimensions
    text = _of_function(tree, declarator, found, 0)
    return text if len(text) <= MAX_TYPE_CHARS else ""


def _dimensions(declarator: Node | None) -> int:
    """Of how many dimensions the array is that a declarator declares, 0 if it is none."""
    count = 0
    for _ in range(MAX_DEPTH):
        if declarator is None or declarator.type in _NAMES:
            break
        count += declarator.type == "array_declarator"
        declarator = declarator.child_by_field_name("declarator")
    return count


def trailing_type(tree: SyntaxTree, declarator: Node) -> str:
    """The result that a function declares behind its parameters: `auto find() -> Result`."""
    found = next((child for child in declarator.named_children if child.type == "trailing_return_type"), None)
    return type_text(tree, found.named_child(0)) if found is not None and found.named_child_count else ""


def _of_function(tree: SyntaxTree, declarator: Node | None, result: str, depth: int) -> str:
    """`Callable[[Conn], Receipt]` for `Receipt (*)(Conn *)` and `Receipt(Conn *)`; else `result`."""
    node = declarator
    for _ in range(MAX_DEPTH):
        if node is None or node.type in _NAMES:
            return result
        if node.type in ("function_declarator", "abstract_function_declarator"):
            break
        inner = node.child_by_field_name("declarator")
        node = inner or next((each for each in node.named_children if each.type.endswith("declarator")), None)
    if node is None or node.type not in ("function_declarator", "abstract_function_declarator"):
        return result
    inner = node.child_by_field_name("declarator")
    if inner is not None and inner.type in _NAMES:
        return result
    listed = node.child_by_field_name("parameters")
    types = [
        _type(tree, each.child_by_field_name("type"), depth + 1) or "_"
        for each in (listed.named_children if listed is not None else ())
        if each.type == "parameter_declaration"
    ]
    return f"Callable[[{', '.join(types)}]{', ' + result if result else ''}]"


_NAMES = frozenset(
    [
        "identifier",
        "field_identifier",
        "type_identifier",
        "qualified_identifier",
        "destructor_name",
        "operator_name",
        "template_function",
        "operator_cast",
        "template_method",
    ]
)
_DECLARATORS = _NAMES | frozenset(
    [
        "pointer_declarator",
        "reference_declarator",
        "array_declarator",
        "function_declarator",
        "parenthesized_declarator",
        "init_declarator",
        "attributed_declarator",
    ]
)


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("identifier", "this", "namespace_identifier", "type_identifier"):
        return tree.text(node)
    if kind in ("qualified_identifier", "template_type", "template_function", "dependent_name"):
        return _type(tree, node, depth).partition("[")[0]
    if kind == "field_expression":
        inner, member = (
            _access(tree, node.child_by_field_name("argument"), depth + 1),
            node.child_by_field_name("field"),
        )
        if not inner or member is None:
            return ""
        return f"{inner}.{tree.text(member).partition('<')[0]}"
    if kind == "call_expression":
        return _call(tree, node, depth)
    if kind == "subscript_expression":
        inner = _access(tree, node.child_by_field_name("argument"), depth + 1)
        return inner + "[]" if inner else ""
    if kind in ("pointer_expression", "unary_expression"):
        return _access(tree, node.child_by_field_name("argument"), depth + 1)
    if kind in ("new_expression", "cast_expression", "compound_literal_expression"):
        text = _type(tree, node.child_by_field_name("type"), depth + 1)
        return f"<{text}>" if text else ""
    if kind in ("parenthesized_expression", "co_await_expression") and node.named_child_count:
        return _access(tree, node.named_child(0), depth + 1)
    if kind == "conditional_expression":
        return _access(tree, node.child_by_field_name("consequence"), depth + 1)
    return ""


def _call(tree: SyntaxTree, node: Node, depth: int) -> str:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    whole = _type(tree, function, depth + 1)
    name, _, given = whole.partition("[")
    last = name.rpartition(".")[2]
    if given and last in _CASTS | _MAKERS:
        return f"<{given[:-1]}>"
    first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    if last in _THROUGH and first is not None:
        return _access(tree, first, depth + 1)
    inner = _access(tree, function, depth + 1)
    return inner + "()" if inner else ""


def _type(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("type_identifier", "identifier", "namespace_identifier", "primitive_type", "field_identifier"):
        return tree.text(node)
    if kind in ("qualified_identifier", "qualified_type_identifier"):
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        outer, inner = _type(tree, scope, depth + 1).partition("[")[0], _type(tree, name, depth + 1)
        return f"{outer}.{inner}" if outer and inner and outer != "std" else inner
    if kind in ("template_type", "template_function", "template_method"):
        name_, given = _type(tree, node.child_by_field_name("name"), depth + 1), node.child_by_field_name("arguments")
        arguments = [
            _type(tree, each, depth + 1) or "_" for each in (given.named_children if given is not None else ())
        ]
        return f"{name_}[{', '.join(arguments)}]" if name_ and arguments else name_
    if kind == "type_descriptor":
        inner = _type(tree, node.child_by_field_name("type"), depth + 1)
        return _of_function(tree, node.child_by_field_name("declarator"), inner, depth)
    if kind in ("struct_specifier", "class_specifier", "union_specifier", "enum_specifier"):
        return _type(tree, node.child_by_field_name("name"), depth + 1)
    if kind == "dependent_type" and node.named_child_count:
        return _type(tree, node.named_child(0), depth + 1)
    return ""
