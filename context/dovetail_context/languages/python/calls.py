"""The calls of a Python file."""

from array import array
from sys import intern

from dovetail_context.languages.python.expressions import access_path
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.records.record import References
from dovetail_context.syntax import SyntaxTree


def calls_of(tree: SyntaxTree) -> References:
    """All calls in text order, those of attributes with their receivers."""
    matches = grammar().matches(tree.root, "calls.scm")
    found = sorted(
        ((captures["called"][0], captures.get("receiver")) for _, captures in matches),
        key=lambda one: one[0].start_byte,
    )
    return References(
        tuple(intern(tree.text(called)) for called, _ in found),
        tuple(intern(access_path(tree, receiver[0])) if receiver else "" for _, receiver in found),
        array("I", [called.start_point[0] + 1 for called, _ in found]),
    )
