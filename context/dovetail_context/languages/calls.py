"""The calls of a file as `References`, from the matches of a query that captures `@called` and `@receiver`."""

from array import array
from collections.abc import Callable, Iterable
from sys import intern

from dovetail_context.records.record import References
from dovetail_context.syntax import Match, Node, SyntaxTree


def read_calls(
    tree: SyntaxTree, matches: Iterable[tuple[int, Match]], access_path: Callable[[SyntaxTree, Node | None], str]
) -> References:
    """The calls in text order; of a called type (`new shop.Purse<Money>()`) the name is the last part of its name."""
    found = []
    for _, captures in matches:
        called, receiver = captures["called"][0], captures.get("receiver")
        name = tree.text(called)
        if "<" in name or "." in name:
            name = name.partition("<")[0].rpartition(".")[2].strip()
        path = access_path(tree, receiver[0]) if receiver else ""
        found.append((called.start_byte, called.start_point[0] + 1, intern(name), intern(path)))
    found.sort()
    return References(
        tuple(name for _, _, name, _ in found),
        tuple(path for _, _, _, path in found),
        array("I", [line for _, line, _, _ in found]),
    )
