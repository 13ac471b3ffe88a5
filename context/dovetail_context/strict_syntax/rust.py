"""What Rust rejects and its grammar accepts."""

from __future__ import annotations

from collections.abc import Mapping

from dovetail_context.strict_syntax.nodes import Rule, at, following, text_of, words
from dovetail_context.syntax import Node

_ITEMS = ("source_file", "declaration_list")
_DOCUMENTED = words(
    "source_file declaration_list block field_declaration_list enum_variant_list match_block parameters"
    " ordered_field_declaration_list type_parameters field_initializer_list struct_pattern closure_parameters"
)


def _documents_nothing(node: Node, parent: Node) -> bool:
    """Return whether a comment for documentation, or an attribute, is followed by nothing that it may belong to."""
    if "comment" in node.type and not any(child.type == "outer_doc_comment_marker" for child in node.children):
        return False
    documented = following(node)
    while documented is not None and documented.type == "attribute_item":
        documented = following(documented)
    return documented is None or (node.type != "attribute_item" and parent.type not in _DOCUMENTED)


def _is_statement_among_items(node: Node, parent: Node) -> bool:
    inner = node.named_children[0] if node.named_child_count else None
    is_macro = inner is not None and inner.type == "macro_invocation"
    return parent.type in _ITEMS and not is_macro


def _lacks_semicolon(node: Node, parent: Node) -> bool:
    """Return whether a macro in round or square brackets is followed by a statement as though it were one."""
    arguments = node.named_children[-1] if node.named_child_count else None
    is_braced = arguments is None or arguments.type != "token_tree" or text_of(arguments).startswith("{")
    following = node.next_sibling
    while following is not None and "comment" in following.type:
        following = following.next_sibling
    return parent.type == "block" and not is_braced and following is not None and following.type not in ("}", ";")


def _is_self_late(node: Node, parent: Node) -> bool:
    """Return whether a parameter precedes `self`."""
    return parent.type == "parameters" and any(
        child.type == "self_parameter" and child.start_byte > node.start_byte for child in parent.children
    )


def _is_chained(node: Node, _parent: Node) -> bool:
    """Return whether an operator that does not associate follows itself: `a..b..c`, `a < b < c`."""
    first = node.child(0)
    if first is None or first.type != node.type:
        return False
    return node.type == "range_expression" or {_operator(node), _operator(first)} <= _COMPARISONS


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return text_of(operator) if operator is not None else ""


_COMPARISONS = {"<", ">", "<=", ">=", "==", "!="}

# A parameter that is only a name: the grammar takes it for a type, as in the language's first edition.
_FUNCTIONS = frozenset(("function_item", "function_signature_item"))
_PARAMETERS = frozenset(
    ("parameter", "self_parameter", "variadic_parameter", "attribute_item", "line_comment", "block_comment")
)


def _holds_untyped(node: Node, parent: Node) -> bool:
    is_of_function = parent.type in _FUNCTIONS
    return is_of_function and any(child.is_named and child.type not in _PARAMETERS for child in node.children)


def _lacks_body(_node: Node, parent: Node) -> bool:
    """Return whether a function of an implementation has no body."""
    return parent.type == "declaration_list" and parent.parent is not None and parent.parent.type == "impl_item"


RULES: Mapping[str, Rule] = {
    "line_comment": _documents_nothing,
    "block_comment": _documents_nothing,
    "attribute_item": _documents_nothing,
    "expression_statement": _is_statement_among_items,
    "let_declaration": at(*_ITEMS),
    "macro_invocation": _lacks_semicolon,
    "parameter": _is_self_late,
    "parameters": _holds_untyped,
    "function_signature_item": _lacks_body,
    "range_expression": _is_chained,
    "binary_expression": _is_chained,
}
# The words that are reserved everywhere, not those that are names in some places.
RESERVED = words(
    "as break const continue else enum extern false fn for if impl in let loop match mod move mut pub ref return"
    " static struct trait true type unsafe use where while"
)
