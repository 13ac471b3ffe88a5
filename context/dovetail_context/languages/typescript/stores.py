"""Stores that a function of a library makes of an object or of a function: `defineStore("cart", ...)`."""

from collections.abc import Iterator

from dovetail_context.languages.typescript.results import returned_object
from dovetail_context.syntax import Node, SyntaxTree

STORE = "defineStore"
_PARTS = ("state", "getters", "actions")


def store_of(tree: SyntaxTree, value: Node) -> Node | None:
    """The function that sets a store up, or the object that describes it; None if the value makes no store."""
    function, listed = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if value.type != "call_expression" or function is None or listed is None or tree.text(function) != STORE:
        return None
    last = listed.named_children[-1] if listed.named_child_count else None
    return last if last is not None and last.type in ("object", "arrow_function", "function_expression") else None


def store_parts(tree: SyntaxTree, store: Node) -> Iterator[Node]:
    """The objects whose members a store has, if an object describes it."""
    for child in store.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        if key is None or tree.text(key) not in _PARTS:
            continue
        value = child.child_by_field_name("value") or child
        found = value if value.type == "object" else returned_object(value)
        if found is not None:
            yield found
