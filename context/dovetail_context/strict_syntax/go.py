"""What Go rejects and its grammar accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dovetail_context.strict_syntax.nodes import Rule, is_there_twice, text_of, words
from dovetail_context.syntax import Node

_GO_DECLARATIONS = words(
    "import_declaration function_declaration method_declaration type_declaration var_declaration const_declaration"
    " comment"
)
_IMPORT_PATH = re.compile(r"[\"`][\w./~@+-]+[\"`]")


def _is_out_of_place(node: Node, parent: Node) -> bool:
    """Return whether a statement is outside of functions, or an import or package clause after a declaration."""
    if parent.type != "source_file" or not node.is_named:
        return False
    previous = node.prev_named_sibling
    while previous is not None and previous.type == "comment":
        previous = previous.prev_named_sibling
    if node.type == "package_clause":
        return previous is not None or is_there_twice(node, parent)
    if node.type == "import_declaration":
        return previous is not None and previous.type not in ("import_declaration", "package_clause")
    return node.type not in _GO_DECLARATIONS


def _is_no_path(node: Node, _parent: Node) -> bool:
    path = node.child_by_field_name("path")
    return path is not None and _IMPORT_PATH.fullmatch(text_of(path)) is None


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        words(
            "package_clause import_declaration expression_statement short_var_declaration assignment_statement"
            " inc_statement dec_statement send_statement if_statement for_statement return_statement go_statement"
            " defer_statement block expression_switch_statement type_switch_statement select_statement"
            " labeled_statement break_statement continue_statement goto_statement"
        ),
        _is_out_of_place,
    ),
    "import_spec": _is_no_path,
}
# The words that are reserved everywhere, not those that are names in some places.
RESERVED = words(
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package"
    " range return select struct switch type var"
)
