"""What Java rejects and its grammar accepts."""

from __future__ import annotations

from collections.abc import Mapping

from dovetail_context.strict_syntax.nodes import Rule, any_of, at, following, is_there_twice, text_of, words
from dovetail_context.syntax import Node

_JAVA_STATEMENTS = frozenset(
    ("assignment_expression", "update_expression", "method_invocation", "object_creation_expression")
)


def _is_no_statement(node: Node, parent: Node) -> bool:
    """Return whether an expression alone is a statement: `name;`, `a == b;`."""
    if parent.type == "switch_rule":
        return False  # its value
    inner = node.named_children[0] if node.named_child_count else None
    return inner is not None and inner.type not in _JAVA_STATEMENTS and inner.type != "switch_expression"


_JAVA_MODIFIERS = frozenset(
    ("public", "protected", "private", "static", "abstract", "transient", "volatile", "default")
)


def _repeats(node: Node, _parent: Node) -> bool:
    """Return whether a modifier is there twice: `private static final static`."""
    written = [child.type for child in node.children if not child.is_named]
    return len(written) > len(set(written))


def _is_late(node: Node, parent: Node) -> bool:
    """Return whether an import or a package clause is inside of a block, or after a declaration."""
    before = ("import_declaration", "package_declaration") if node.type == "import_declaration" else ()
    previous = node.prev_named_sibling
    while previous is not None and "comment" in previous.type:
        previous = previous.prev_named_sibling
    return parent.type != "program" or (previous is not None and previous.type not in before)


def _precedes_imports(node: Node, parent: Node) -> bool:
    found = following(node)
    return parent.type == "program" and found is not None and found.type == "import_declaration"


def _is_modified_like_a_field(node: Node, _parent: Node) -> bool:
    """Return whether a local variable has a modifier that only a member may have."""
    modifiers = next((child for child in node.children if child.type == "modifiers"), None)
    return modifiers is not None and not _JAVA_MODIFIERS.isdisjoint(text_of(child) for child in modifiers.children)


RULES: Mapping[str, Rule] = {
    "expression_statement": any_of(_is_no_statement, at("program")),
    "local_variable_declaration": any_of(_is_modified_like_a_field, at("program")),
    "modifiers": _repeats,
    "import_declaration": _is_late,
    "package_declaration": any_of(_is_late, is_there_twice),
    **dict.fromkeys(
        words(
            "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration"
        ),
        _precedes_imports,
    ),
    **dict.fromkeys(
        words(
            "method_declaration assert_statement if_statement for_statement enhanced_for_statement"
            " while_statement do_statement return_statement throw_statement try_statement switch_expression block"
            " try_with_resources_statement synchronized_statement labeled_statement break_statement"
            " continue_statement yield_statement explicit_constructor_invocation"
        ),
        at("program"),
    ),
}
# The words that are reserved everywhere, not those that are names in some places.
RESERVED = words(
    "abstract assert break case catch class const continue default do else enum extends final finally for goto if"
    " implements import instanceof interface new package private protected public return static switch synchronized"
    " throw throws transient try volatile while"
)
