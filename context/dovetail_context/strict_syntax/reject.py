"""Find what a language's own parser rejects in a syntax tree that its grammar accepts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from dovetail_context.strict_syntax import go, java, ruby, rust, typescript
from dovetail_context.strict_syntax.nodes import Rule, text_of, words
from dovetail_context.syntax import Node

# The maximum number of nodes to look at: those of some hundred lines.
_MAX_NODES = 4000

_RULES: Mapping[str, Mapping[str, Rule]] = {
    "go": go.RULES,
    "java": java.RULES,
    "ruby": ruby.RULES,
    "rust": rust.RULES,
    "typescript": typescript.RULES,
}
_RESERVED: Mapping[str, frozenset[str]] = {
    "csharp": words(
        "break case catch class const continue do else enum finally for foreach if interface namespace new private"
        " protected public readonly return static struct switch throw try using while"
    ),
    "go": go.RESERVED,
    "java": java.RESERVED,
    "ruby": ruby.RESERVED,
    "rust": rust.RESERVED,
    "typescript": typescript.RESERVED,
}
# Nodes whose text is a name that the author chose. A member may bear a reserved word in TypeScript alone.
_NAMES = words(
    "identifier type_identifier statement_identifier shorthand_property_identifier field_identifier"
    " shorthand_property_identifier_pattern shorthand_field_identifier package_identifier label_name"
)
# `'static` is a lifetime, and `default` is a name that modules export; a method of Ruby may have any name.
_SPECIAL = frozenset(
    ("lifetime", "label", "export_specifier", "import_specifier", "call", "method", "singleton_method", "alias")
)


def rejected(language: str, root: Node, first: int, last: int) -> frozenset[str]:
    """Return what the language's parser rejects among the nodes that overlap the bytes [first:last]: node types and
    reserved words."""
    rules, reserved = _RULES.get(language, {}), _RESERVED.get(language, frozenset())
    if not rules and not reserved:
        return frozenset()
    found = set()
    for node, parent in _overlapping(root, first, last):
        if node.type in _NAMES and parent.type not in _SPECIAL and (name := text_of(node)) in reserved:
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


def strays(language: str, root: Node) -> frozenset[str]:
    """Return the words that close what is not open: Ruby's grammar takes an `end` too many for a name."""
    names = (text_of(child) for child in root.children if language == "ruby" and child.type == "identifier")
    return frozenset(names) & {"end"}
