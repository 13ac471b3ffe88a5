"""What functions return that is written out: attributes of a namespace, keys of a dictionary."""

import re

from dovetail_context.syntax import Node, SyntaxTree

MAX_KEYS = 24  # of a dictionary that a function returns, shown behind its signature
MAX_KEY_CHARS = 40  # longer ones are no names
_NAMESPACE = re.compile(r"(?:\w+\.)*(?:SimpleNamespace|Namespace)")


def namespace(tree: SyntaxTree, value: Node) -> list[tuple[str, Node]]:
    """The attributes that `SimpleNamespace(name=...)` makes."""
    function, listed = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if value.type != "call" or function is None or listed is None or not _NAMESPACE.fullmatch(tree.text(function)):
        return []
    named = [child for child in listed.named_children if child.type == "keyword_argument"]
    return [(tree.text(name), child) for child in named if (name := child.child_by_field_name("name")) is not None]


def keys_of(tree: SyntaxTree, value: Node) -> str:
    """The keys of a dictionary that is written out, as a dictionary without values."""
    pairs = [child for child in value.named_children if child.type == "pair"] if value.type == "dictionary" else []
    keys = [key for pair in pairs[:MAX_KEYS] if (key := pair.child_by_field_name("key")) is not None]
    shown = ", ".join(
        f"{tree.text(key)}: ..." for key in keys if key.type == "string" and len(tree.text(key)) < MAX_KEY_CHARS
    )
    return f"{{{shown}}}" if shown else ""
