"""Syntax that a grammar accepts and the language's own parser rejects: statements outside of functions, reserved words
as names, a comment for documentation that documents nothing.

The grammars are lenient, because they also serve half-typed text. Each rule here looks at one node and what holds it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping

from dovetail_context.syntax import Node

Rule = Callable[[Node, Node], bool]
"""Takes a node and its parent. Returns whether the language's parser rejects the node there."""

# The maximum number of nodes to look at: those of some hundred lines.
_MAX_NODES = 4000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def rejected(language: str, root: Node, first: int, last: int) -> frozenset[str]:
    """Return what the language's parser rejects among the nodes that overlap the bytes [first:last]: node types and
    reserved words."""
    rules, reserved = _RULES.get(language, {}), _RESERVED.get(language, frozenset())
    if not rules and not reserved:
        return frozenset()
    found = set()
    for node, parent in _overlapping(root, first, last):
        if node.type in _NAMES and parent.type not in _SPECIAL and (name := _text(node)) in reserved:
            found.add(name)
        rule = rules.get(node.type)
        if rule is not None and rule(node, parent):
            found.add(node.type)
    return frozenset(found)


def _overlapping(root: Node, first: int, last: int) -> Iterator[tuple[Node, Node]]:
    """Yield the nodes that overlap a range, each with its parent. What a macro contains has no syntax of its own."""
    waiting, seen = [root], 0
    while waiting and seen < _MAX_NODES:
        parent = waiting.pop()
        children = parent.children
        for child in children[bisect_right(children, first, key=_end) :]:
            if child.start_byte >= last:
                break
            seen += 1
            yield child, parent
            if child.type != "token_tree":
                waiting.append(child)


def _end(node: Node) -> int:
    return node.end_byte


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _following(node: Node) -> Node | None:
    """Return the next sibling that is no comment and no sign."""
    following = node.next_named_sibling
    while following is not None and "comment" in following.type:
        following = following.next_named_sibling
    return following


def _at(*parents: str) -> Rule:
    """Return a rule that rejects a node directly in one of these."""
    return lambda _node, parent: parent.type in parents


def _any(*rules: Rule) -> Rule:
    return lambda node, parent: any(rule(node, parent) for rule in rules)


# Rust

_ITEMS = ("source_file", "declaration_list")
_DOCUMENTED = _words(
    "source_file declaration_list block field_declaration_list enum_variant_list match_block parameters"
    " ordered_field_declaration_list type_parameters field_initializer_list struct_pattern closure_parameters"
)


def _documents_nothing(node: Node, parent: Node) -> bool:
    """Return whether a comment for documentation, or an attribute, is followed by nothing that it may belong to."""
    if "comment" in node.type and not any(child.type == "outer_doc_comment_marker" for child in node.children):
        return False
    following = _following(node)
    while following is not None and following.type == "attribute_item":
        following = _following(following)
    return following is None or (node.type != "attribute_item" and parent.type not in _DOCUMENTED)


def _is_statement_among_items(node: Node, parent: Node) -> bool:
    inner = node.named_children[0] if node.named_child_count else None
    is_macro = inner is not None and inner.type == "macro_invocation"
    return parent.type in _ITEMS and not is_macro


def _lacks_semicolon(node: Node, parent: Node) -> bool:
    """Return whether a macro in round or square brackets is followed by a statement as though it were one."""
    arguments = node.named_children[-1] if node.named_child_count else None
    is_braced = arguments is None or arguments.type != "token_tree" or _text(arguments).startswith("{")
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
    return _text(operator) if operator is not None else ""


_COMPARISONS = {"<", ">", "<=", ">=", "==", "!="}

# A parameter that is only a name: the grammar takes it for a type, as in the language's first edition.
_FUNCTIONS = frozenset(("function_item", "function_signature_item"))
_PARAMETERS = frozenset(
    ("parameter", "self_parameter", "variadic_parameter", "attribute_item", "line_comment", "block_comment")
)


def _holds_untyped(node: Node, parent: Node) -> bool:
    is_of_function = parent.type in _FUNCTIONS
    return is_of_function and any(child.is_named and child.type not in _PARAMETERS for child in node.children)


# Go

_GO_DECLARATIONS = _words(
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
        return previous is not None
    if node.type == "import_declaration":
        return previous is not None and previous.type not in ("import_declaration", "package_clause")
    return node.type not in _GO_DECLARATIONS


def _is_no_path(node: Node, _parent: Node) -> bool:
    path = node.child_by_field_name("path")
    return path is not None and _IMPORT_PATH.fullmatch(_text(path)) is None


# Java

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


def _is_late_in_java(node: Node, parent: Node) -> bool:
    """Return whether an import or a package clause is inside of a block, or after a declaration."""
    before = ("import_declaration", "package_declaration") if node.type == "import_declaration" else ()
    previous = node.prev_named_sibling
    while previous is not None and "comment" in previous.type:
        previous = previous.prev_named_sibling
    return parent.type != "program" or (previous is not None and previous.type not in before)


def _precedes_imports(node: Node, parent: Node) -> bool:
    following = _following(node)
    return parent.type == "program" and following is not None and following.type == "import_declaration"


def _is_modified_like_a_field(node: Node, _parent: Node) -> bool:
    """Return whether a local variable has a modifier that only a member may have."""
    modifiers = next((child for child in node.children if child.type == "modifiers"), None)
    return modifiers is not None and not _JAVA_MODIFIERS.isdisjoint(_text(child) for child in modifiers.children)


# TypeScript and JavaScript


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
    return len({_text(name) if name is not None else "" for name in names}) > 1


# Ruby

_KEYWORD_ARGUMENTS = frozenset(("pair", "hash_splat_argument", "block_argument", "comment", "heredoc_body"))


def _has_place_after_keyword(node: Node, _parent: Node) -> bool:
    """Return whether an argument without a keyword follows one with a keyword."""
    kinds = [child.type for child in node.named_children]
    return "pair" in kinds and not _KEYWORD_ARGUMENTS.issuperset(kinds[kinds.index("pair") :])


def _names_twice(node: Node, _parent: Node) -> bool:
    """Return whether two parameters bear the same name."""
    parameters = (child.child_by_field_name("name") or child for child in node.named_children)
    names = [_text(each) for each in parameters if each.type == "identifier"]
    names = [name for name in names if not name.startswith("_")]
    return len(names) > len(set(names))


def _takes_nothing(node: Node, _parent: Node) -> bool:
    """Return whether what is assigned never has a value: `name = next`."""
    right = node.child_by_field_name("right")
    return right is not None and right.type in ("next", "return", "break", "redo", "retry")


def strays(language: str, root: Node) -> frozenset[str]:
    """Return the words that close what is not open: Ruby's grammar takes an `end` too many for a name."""
    names = (_text(child) for child in root.children if language == "ruby" and child.type == "identifier")
    return frozenset(names) & {"end"}


_RULES: Mapping[str, Mapping[str, Rule]] = {
    "rust": {
        "line_comment": _documents_nothing,
        "block_comment": _documents_nothing,
        "attribute_item": _documents_nothing,
        "expression_statement": _is_statement_among_items,
        "let_declaration": _at(*_ITEMS),
        "macro_invocation": _lacks_semicolon,
        "parameter": _is_self_late,
        "parameters": _holds_untyped,
        "range_expression": _is_chained,
        "binary_expression": _is_chained,
    },
    "go": {
        **dict.fromkeys(
            _words(
                "package_clause import_declaration expression_statement short_var_declaration assignment_statement"
                " inc_statement dec_statement send_statement if_statement for_statement return_statement go_statement"
                " defer_statement block expression_switch_statement type_switch_statement select_statement"
                " labeled_statement break_statement continue_statement goto_statement"
            ),
            _is_out_of_place,
        ),
        "import_spec": _is_no_path,
    },
    "java": {
        "expression_statement": _any(_is_no_statement, _at("program")),
        "local_variable_declaration": _any(_is_modified_like_a_field, _at("program")),
        "import_declaration": _is_late_in_java,
        "package_declaration": _is_late_in_java,
        **dict.fromkeys(
            _words(
                "class_declaration interface_declaration enum_declaration record_declaration"
                " annotation_type_declaration"
            ),
            _precedes_imports,
        ),
        **dict.fromkeys(
            _words(
                "method_declaration assert_statement if_statement for_statement enhanced_for_statement"
                " while_statement do_statement return_statement throw_statement try_statement switch_expression block"
                " try_with_resources_statement synchronized_statement labeled_statement break_statement"
                " continue_statement yield_statement explicit_constructor_invocation"
            ),
            _at("program"),
        ),
    },
    "ruby": {
        "argument_list": _has_place_after_keyword,
        "method_parameters": _names_twice,
        "block_parameters": _names_twice,
        "lambda_parameters": _names_twice,
        "assignment": _takes_nothing,
    },
    "typescript": {
        "parenthesized_expression": _has_type_in_brackets,
        "constraint": _has_colon,
        "expression_statement": _begins_with_object,
        "import_statement": _is_nested,
        "export_statement": _is_nested,
        "const": _lacks_value,
        "jsx_element": _closes_another,
        "super": _is_super_alone,
    },
}

# Nodes whose text is a name that the author chose. A member may bear a reserved word in TypeScript alone.
_NAMES = _words(
    "identifier type_identifier statement_identifier shorthand_property_identifier field_identifier"
    " shorthand_property_identifier_pattern shorthand_field_identifier package_identifier label_name"
)
# `'static` is a lifetime, and `default` is a name that modules export; a method of Ruby may have any name.
_SPECIAL = frozenset(
    ("lifetime", "label", "export_specifier", "import_specifier", "call", "method", "singleton_method", "alias")
)
# The words that are reserved everywhere in a language; not those that are names in some places.
_RESERVED: Mapping[str, frozenset[str]] = {
    "rust": _words(
        "as break const continue else enum extern false fn for if impl in let loop match mod move mut pub ref return"
        " static struct trait true type unsafe use where while"
    ),
    "go": _words(
        "break case chan const continue default defer else fallthrough for func go goto if import interface map package"
        " range return select struct switch type var"
    ),
    "java": _words(
        "abstract assert break case catch class const continue default do else enum extends final finally for goto if"
        " implements import instanceof interface new package private protected public return static switch synchronized"
        " throw throws transient try volatile while"
    ),
    "typescript": _words(
        "break case catch class const continue debugger default delete do else enum export extends finally for"
        " function if instanceof new return switch throw try typeof var while with"
    ),
    "ruby": _words(
        "alias and begin case class def do else elsif end ensure for if in module not or rescue then undef unless until"
        " when while"
    ),
    "csharp": _words(
        "break case catch class const continue do else enum finally for foreach if interface namespace new private"
        " protected public readonly return static struct switch throw try using while"
    ),
}
