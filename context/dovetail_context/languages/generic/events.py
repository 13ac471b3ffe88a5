"""The matches of a language's `tags.scm` as events in text order. The query's captures name what was found.

Each pattern captures one node under the name of its kind, and parts of it under the names of `Event`'s properties.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dovetail_context.syntax import Match, Node
from dovetail_context.work import counted

KINDS = frozenset(
    {
        "package",  # what the file belongs to: @name
        "class",  # a type with members: @name, @base, @body
        "scope",  # adds members to a class that is defined elsewhere: @name, @body
        "function",  # anything that is called: @name, @receiver, @returns, @body, @value
        "static",  # the same, reached through the class
        "parameter",  # of the function or class around it: @name, @type
        "field",  # a member or variable: @name, @type, @value
        "member",  # a member that an assignment inside a method makes: @name, @value
        "type",  # an alias: @name, @value
        "local",  # a local variable: @name, @type, @value
        "element",  # a local variable for each element of @value: @name, @type
        "each",  # a parameter of a block that gets @value or its elements: @name, @type
        "part",  # a local variable for the part of @value that stands in its place: @name
        "pair",  # the same of an element of @value, which may be a map: @name
        "given",  # a parameter of the block that @taker is given behind its @arguments: @name
        "return",  # what a function returns: @value
        "import",  # one name, by its qualified name: @module, @alias
        "import.all",  # all names of a module: @module
        "import.whole",  # an import whose parts are read from its text
        "import.members",  # all members of a class: @module
        "import.module",  # a module under a name: @module, @alias
        "mixin",  # a base that is named inside the class: @base
        "hidden",  # what follows in the class is not for others
        "hidden.here",  # what is inside is not for others, or what has this @name
    }
)


class Event(NamedTuple):
    """A match under the kind that names its pattern."""

    kind: str
    node: Node
    captures: Match

    def one(self, capture: str) -> Node | None:
        """The first node of a capture, None if it is absent."""
        nodes = self.captures.get(capture)
        return nodes[0] if nodes else None

    def all(self, capture: str) -> list[Node]:
        """The nodes of a capture."""
        return self.captures.get(capture, [])


def in_text_order(matches: Iterable[tuple[int, Match]]) -> list[Event]:
    """The matches as events, outer before inner; anything wins over a variable in one place."""
    events = []
    for _, captures in counted(matches):
        kind = next((name for name in captures if name in KINDS), "")
        if kind:
            events.append(Event(kind, captures[kind][0], captures))
    events.sort(key=lambda event: (event.node.start_byte, -event.node.end_byte))
    others = {event.node.id for event in events if event.kind in ("class", "function", "import.module")}
    return [event for event in events if event.kind != "field" or event.node.id not in others]
