"""What TypeScript and JavaScript rejects and its grammar accepts."""

from __future__ import annotations

from collections.abc import Mapping

from dovetail_context.strict_syntax.nodes import Rule, around, text_of, words
from dovetail_context.syntax import Node


def _has_type_in_brackets(node: Node, _parent: Node) -> bool:
    return any(child.type == "type_annotation" for child in node.children)


def _has_colon(node: Node, _parent: Node) -> bool:
    first = node.child(0)
    return first is not None and first.type == ":"


def _begins_with_object(node: Node, _parent: Node) -> bool:
    inner = node.child(0)
    while inner is not None and inner.type != "object" and inner.child_count:
        inner = inner.child(0)
    return inner is not None and inner.type == "object"


def _is_nested(node: Node, parent: Node) -> bool:
    """Return whether an import or export is inside of a block that is no namespace."""
    if parent.type in ("program", "ERROR", "ambient_declaration"):
        return False
    holder = parent.parent
    return parent.type != "statement_block" or holder is None or holder.type not in ("module", "internal_module")


def _lacks_value(_node: Node, parent: Node) -> bool:
    """Return whether a constant that begins here has neither a value nor a type."""
    declared = (child for child in parent.children if child.type == "variable_declarator")
    fields = ("value", "type")
    return parent.type == "lexical_declaration" and any(
        all(each.child_by_field_name(field) is None for field in fields) for each in declared
    )


def _is_super_alone(_node: Node, parent: Node) -> bool:
    return parent.type not in ("member_expression", "subscript_expression", "call_expression")


def _closes_another(node: Node, _parent: Node) -> bool:
    """Return whether the tag that closes an element has another name than the one that opens it."""
    tags = (child for child in node.children if child.type in ("jsx_opening_element", "jsx_closing_element"))
    names = (tag.child_by_field_name("name") for tag in tags)
    return len({text_of(name) if name is not None else "" for name in names}) > 1


def _is_named_like_the_constructor(node: Node, _parent: Node) -> bool:
    """Return whether a field has the name that only the constructor may have."""
    name = node.child_by_field_name("name") or node.child_by_field_name("property")
    return name is not None and text_of(name) == "constructor"


def _is_assigned_to(node: Node, _parent: Node) -> bool:
    """Return whether a value is assigned to an expression that holds none: `a | b = c`."""
    right = node.child_by_field_name("right")
    return right is not None and right.type in ("assignment_expression", "augmented_assignment_expression")


def _lacks_body(node: Node, _parent: Node) -> bool:
    """Return whether a namespace has no body; a module of a package, whose name is quoted, needs none."""
    name = node.child_by_field_name("name")
    return node.child_by_field_name("body") is None and name is not None and name.type != "string"


_FUNCTIONS = words(
    "function_declaration function_expression generator_function generator_function_declaration arrow_function"
    " method_definition class_static_block"
)
_LOOPS = words("for_statement for_in_statement while_statement do_statement")
# What cannot be judged: a part of a file that does not parse may be inside of anything.
_BROKEN = words("ERROR")


def _has_nothing_to_leave(node: Node, _parent: Node) -> bool:
    """Return whether a `break` or `continue` without a label is in no loop of its function, and in no `switch`."""
    if node.child_by_field_name("label") is not None:
        return False
    left = _LOOPS | {"switch_statement"} if node.type == "break_statement" else _LOOPS
    nearest = next((each for each in around(node) if each.type in left | _FUNCTIONS | _BROKEN), None)
    return nearest is None or nearest.type in _FUNCTIONS


def _is_in_no_function(node: Node, _parent: Node) -> bool:
    return not any(each.type in _FUNCTIONS | _BROKEN for each in around(node))


def _waits_in_vain(node: Node, _parent: Node) -> bool:
    """Return whether an `await` is in a function that is not asynchronous."""
    nearest = next((each for each in around(node) if each.type in _FUNCTIONS | _BROKEN), None)
    if nearest is None or nearest.type in _BROKEN:
        return False
    return not any(child.type == "async" for child in nearest.children)


def _is_declared_twice(node: Node, parent: Node) -> bool:
    """Return whether a block declares a variable twice."""
    names = [
        text_of(name)
        for sibling in parent.children
        if sibling.type == "lexical_declaration"
        for each in sibling.named_children
        if (name := each.child_by_field_name("name")) is not None and name.type == "identifier"
    ]
    own = {text_of(name) for each in node.named_children if (name := each.child_by_field_name("name")) is not None}
    return any(names.count(name) > 1 for name in own)


RULES: Mapping[str, Rule] = {
    "break_statement": _has_nothing_to_leave,
    "continue_statement": _has_nothing_to_leave,
    "return_statement": _is_in_no_function,
    "await_expression": _waits_in_vain,
    "lexical_declaration": _is_declared_twice,
    "parenthesized_expression": _has_type_in_brackets,
    "constraint": _has_colon,
    "expression_statement": _begins_with_object,
    "import_statement": _is_nested,
    "export_statement": _is_nested,
    "const": _lacks_value,
    "jsx_element": _closes_another,
    "super": _is_super_alone,
    "binary_expression": _is_assigned_to,
    "internal_module": _lacks_body,
    "module": _lacks_body,
    "public_field_definition": _is_named_like_the_constructor,
}
# The words that are reserved everywhere, not those that are names in some places.
RESERVED = words(
    "break case catch class const continue debugger default delete do else enum export extends finally for"
    " function if instanceof new return switch throw try typeof var while with"
)
