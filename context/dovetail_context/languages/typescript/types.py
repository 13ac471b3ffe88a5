"""TypeScript's types in the type notation of `records/record.py`."""

from dovetail_context.records.access import as_guess
from dovetail_context.syntax import Node, SyntaxTree

MAX_TYPE_CHARS = 200
CHECKED = "is"  # how records name, among the parameters of a function, what it checks its argument for
ELEMENT = "ElementOf"  # `Order["lines"][number]` is ElementOf[Order.lines]
MAX_DEPTH = 10  # deeper types are programs of their own

# Types that represent their first child.
_WRAPPERS = frozenset(
    {
        "type_annotation",
        "parenthesized_type",
        "readonly_type",
        "optional_type",
        "rest_type",
        "constraint",
        "default_type",
        "omitting_type_annotation",
        "opting_type_annotation",
    }
)
# Types with members that have no name: a value has those, too.
_WRITTEN_OUT = frozenset(("object_type", "conditional_type", "mapped_type", "index_type_query"))
# Bare names of type parameters carry no information; their constraints replace them.
Constraints = dict[str, str]


def type_text(tree: SyntaxTree, node: Node | None, constraints: Constraints | None = None) -> str:
    """Return a type (or an annotation with its colon) in type notation, or "" if nothing in it can be followed."""
    found = _type(tree, node, constraints or {}, 0)
    return found if len(found) <= MAX_TYPE_CHARS else ""


def returned_type(tree: SyntaxTree, node: Node | None, constraints: Constraints | None = None) -> str:
    """What calling a value of this type gives: the result of a function type, "" for other types."""
    while node is not None and node.type in ("type_annotation", "parenthesized_type", "union_type"):
        node = next((child for child in node.named_children if child.type != "comment"), None)
    if node is not None and node.type == "function_type":
        return type_text(tree, node.child_by_field_name("return_type"), constraints)
    if node is not None and node.type == "object_type":
        for member in node.named_children:
            if member.type == "call_signature":
                return type_text(tree, member.child_by_field_name("return_type"), constraints)
    return ""


def checked_type(tree: SyntaxTree, node: Node | None) -> str:
    """What a function that returns `value is T` checks its argument for, "" for other results."""
    while node is not None and node.type in ("type_predicate_annotation", "asserts_annotation", "asserts"):
        node = node.named_child(0) if node.named_child_count else None
    return (
        type_text(tree, node.child_by_field_name("type")) if node is not None and node.type == "type_predicate" else ""
    )


def is_function_type(node: Node | None) -> bool:
    """Whether a type (or an annotation with its colon) is that of a function, written out."""
    while node is not None and node.type in ("type_annotation", "parenthesized_type"):
        node = node.named_child(0) if node.named_child_count else None
    if node is None:
        return False
    return node.type == "function_type" or (
        node.type == "object_type" and any(member.type == "call_signature" for member in node.named_children)
    )


def parts_of(node: Node) -> list[Node]:
    """The parts of unions and intersections, which the grammar nests one in the other; of other types themselves."""
    found, pending = [], [node]
    while pending:
        current = pending.pop()
        if current.type in ("union_type", "intersection_type", "parenthesized_type"):
            pending.extend(reversed(current.named_children))
        else:
            found.append(current)
    return found


def constraints_of(tree: SyntaxTree, parameters: Node | None) -> Constraints:
    """What the type parameters of a definition are known to be, by their names."""
    found: Constraints = {}
    for parameter in parameters.named_children if parameters is not None else ():
        name = parameter.child_by_field_name("name")
        if name is not None:
            bound = parameter.child_by_field_name("constraint") or parameter.child_by_field_name("value")
            found[tree.text(name)] = type_text(tree, bound, found)
    return found


def _type(tree: SyntaxTree, node: Node | None, constraints: Constraints, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("type_identifier", "identifier"):
        name = tree.text(node)
        return constraints.get(name, name)
    if kind in ("predefined_type", "this_type"):
        return tree.text(node)
    if kind == "index_type_query":  # `keyof T`: one of the names of T's members
        return as_guess(_type(tree, node.named_child(0), constraints, depth + 1)) if node.named_child_count else ""
    if kind in ("nested_type_identifier", "nested_identifier"):
        return "".join(tree.text(node).split())
    if kind in _WRAPPERS:
        return _type(tree, node.named_child(0), constraints, depth + 1) if node.named_child_count else ""
    if kind == "array_type":
        element = _type(tree, node.named_child(0), constraints, depth + 1)
        return f"Array[{element}]" if element else "Array"
    if kind == "tuple_type":
        elements = [_type(tree, child, constraints, depth + 1) or "unknown" for child in node.named_children]
        return f"tuple[{', '.join(elements)}]"
    if kind in ("union_type", "intersection_type"):
        parts = [_type(tree, child, constraints, depth + 1) for child in parts_of(node)]
        found = " | ".join(dict.fromkeys(part for part in parts if part))
        is_written_out = any(each.type in _WRITTEN_OUT for each in parts_of(node))
        return as_guess(found) if is_written_out or kind == "intersection_type" else found
    if kind in ("function_type", "constructor_type"):
        return _function(tree, node, constraints, depth)
    if kind == "object_type":
        called = next((member for member in node.named_children if member.type == "call_signature"), None)
        return _function(tree, called, constraints, depth) if called is not None else ""
    if kind == "generic_type":
        return _generic(tree, node, constraints, depth)
    if kind == "type_query":
        return _query(tree, node)
    if kind == "lookup_type":
        return _lookup(tree, node, constraints, depth)
    if kind == "conditional_type":
        return " | ".join(
            part
            for field in ("consequence", "alternative")
            if (part := _type(tree, node.child_by_field_name(field), constraints, depth + 1))
        )
    if kind in ("literal_type", "template_literal_type"):
        return _literal(node)
    if kind in ("type_predicate_annotation", "type_predicate"):
        return "boolean"
    return ""


def _function(tree: SyntaxTree, node: Node, constraints: Constraints, depth: int) -> str:
    """`(who: Account) => void` is `Callable[[Account], void]`."""
    listed = node.child_by_field_name("parameters")
    types = [
        _type(tree, child.child_by_field_name("type"), constraints, depth + 1) or "unknown"
        for child in (listed.named_children if listed is not None else ())
        if child.type in ("required_parameter", "optional_parameter")
    ]
    result = node.child_by_field_name("return_type") or node.child_by_field_name("type")
    return f"Callable[[{', '.join(types)}], {_type(tree, result, constraints, depth + 1) or 'unknown'}]"


def function_type(node: Node | None) -> Node | None:
    """The function type that a type (or an annotation with its colon) writes out, None if it is none."""
    while node is not None and node.type in ("type_annotation", "parenthesized_type", "union_type"):
        node = next((child for child in node.named_children if child.type != "comment"), None)
    if node is not None and node.type == "object_type":
        return next((member for member in node.named_children if member.type == "call_signature"), None)
    return node if node is not None and node.type == "function_type" else None


def written_members(node: Node | None) -> Node | None:
    """The object type that a type writes out, also as the result of a promise; None if it has a name."""
    while node is not None and node.type in ("type_annotation", "parenthesized_type", "generic_type", "union_type"):
        if node.type == "generic_type":
            arguments = node.child_by_field_name("type_arguments")
            name = node.child_by_field_name("name")
            if arguments is None or name is None or name.text not in (b"Promise", b"Readonly", b"Partial"):
                return None
            node = arguments
            node = node.named_child(0) if node.named_child_count else None
        else:
            node = next((child for child in node.named_children if child.type != "comment"), None)
    return node if node is not None and node.type == "object_type" else None


def _generic(tree: SyntaxTree, node: Node, constraints: Constraints, depth: int) -> str:
    name = node.child_by_field_name("name")
    arguments = node.child_by_field_name("type_arguments")
    if name is None:
        return ""
    written = "".join(tree.text(name).split())
    texts = [
        _type(tree, child, constraints, depth + 1) or "unknown"
        for child in (arguments.named_children if arguments is not None else ())
        if child.type != "comment"
    ]
    return f"{written}[{', '.join(texts)}]" if texts else written


def _query(tree: SyntaxTree, node: Node) -> str:
    """`typeof value` is a type whose members are those of the value."""
    named = node.named_child(0) if node.named_child_count else None
    if named is None or named.type not in ("identifier", "member_expression", "nested_identifier"):
        return ""
    return f"typeof[{''.join(tree.text(named).split())}]"


def _lookup(tree: SyntaxTree, node: Node, constraints: Constraints, depth: int) -> str:
    """`Order["owner"]` is written as the member it names; an index that is no text is an element."""
    if node.named_child_count < 2:
        return ""
    owner = _type(tree, node.named_child(0), constraints, depth + 1)
    index = tree.text(node.named_children[1]).strip("\"'")
    if index == "number" and owner:
        return f"{ELEMENT}[{owner}]"
    return f"{owner}.{index}" if owner and index.isidentifier() and "[" not in owner and " " not in owner else ""


def _literal(node: Node) -> str:
    kind = node.named_children[0].type if node.named_child_count else "string"
    return {"string": "string", "number": "number", "true": "boolean", "false": "boolean"}.get(kind, "")
