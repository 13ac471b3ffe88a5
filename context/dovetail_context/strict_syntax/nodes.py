"""What the rules of all languages are made of: questions about a node of a syntax tree and what holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dovetail_context.syntax import Node

Rule = Callable[[Node, Node], bool]
"""Takes a node and its parent. Returns whether the language's parser rejects the node there."""


def words(text: str) -> frozenset[str]:
    """The words of a text, of node types for example."""
    return frozenset(text.split())


def text_of(node: Node) -> str:
    """The source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def following(node: Node) -> Node | None:
    """The next sibling that is no comment and no sign."""
    found = node.next_named_sibling
    while found is not None and "comment" in found.type:
        found = found.next_named_sibling
    return found


def at(*parents: str) -> Rule:
    """A rule that rejects a node directly in one of these."""
    return lambda _node, parent: parent.type in parents


def any_of(*rules: Rule) -> Rule:
    """A rule that rejects what one of these rejects."""
    return lambda node, parent: any(rule(node, parent) for rule in rules)


def is_there_twice(node: Node, parent: Node) -> bool:
    """A rule that rejects a node beside another one of its kind."""
    return sum(child.type == node.type for child in parent.children) > 1


def around(node: Node) -> Iterator[Node]:
    """The nodes that hold a node, the nearest first."""
    holder = node.parent
    while holder is not None:
        yield holder
        holder = holder.parent
