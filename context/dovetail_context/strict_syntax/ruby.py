"""What Ruby rejects and its grammar accepts."""

from __future__ import annotations

from collections.abc import Mapping

from dovetail_context.strict_syntax.nodes import Rule, text_of, words
from dovetail_context.syntax import Node

_KEYWORD_ARGUMENTS = frozenset(("pair", "hash_splat_argument", "block_argument", "comment", "heredoc_body"))


def _has_place_after_keyword(node: Node, _parent: Node) -> bool:
    """Return whether an argument without a keyword follows one with a keyword."""
    kinds = [child.type for child in node.named_children]
    return "pair" in kinds and not _KEYWORD_ARGUMENTS.issuperset(kinds[kinds.index("pair") :])


def _names_twice(node: Node, _parent: Node) -> bool:
    """Return whether two parameters bear the same name."""
    parameters = (child.child_by_field_name("name") or child for child in node.named_children)
    names = [text_of(each) for each in parameters if each.type == "identifier"]
    names = [name for name in names if not name.startswith("_")]
    return len(names) > len(set(names))


def _takes_nothing(node: Node, _parent: Node) -> bool:
    """Return whether what is assigned never has a value: `name = next`."""
    right = node.child_by_field_name("right")
    return right is not None and right.type in ("next", "return", "break", "redo", "retry")


def _is_outside_of_methods(_node: Node, parent: Node) -> bool:
    """Return whether a statement is directly in the body of a class or module."""
    holder = parent.parent
    return parent.type == "body_statement" and holder is not None and holder.type in ("class", "module")


def _is_no_method(node: Node, _parent: Node) -> bool:
    """Return whether a variable is called with arguments: `@param id: 1`."""
    called = node.child_by_field_name("method")
    return called is not None and called.type.endswith("_variable")


def _refers_to_itself(node: Node, _parent: Node) -> bool:
    """Return whether the default of a parameter is the parameter."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    is_name = value is not None and value.type == "identifier"
    return name is not None and value is not None and is_name and text_of(name) == text_of(value)


RULES: Mapping[str, Rule] = {
    "argument_list": _has_place_after_keyword,
    "method_parameters": _names_twice,
    "block_parameters": _names_twice,
    "lambda_parameters": _names_twice,
    "assignment": _takes_nothing,
    "call": _is_no_method,
    "return": _is_outside_of_methods,
    "keyword_parameter": _refers_to_itself,
    "optional_parameter": _refers_to_itself,
}
# The words that are reserved everywhere, not those that are names in some places.
RESERVED = words(
    "alias and begin case class def do else elsif end ensure for if in module not or rescue then undef unless until"
    " when while"
)
