"""A walk over the declarations of a file, into the bodies of classes and never into those of functions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dovetail_context.languages.nesting import MAX_CONTAINERS
from dovetail_context.records.record import Symbol
from dovetail_context.syntax import Node
from dovetail_context.work import checkpoint


@dataclass(slots=True)
class Body:
    """Declarations that are still to be read, with their surroundings."""

    nodes: Iterator[Node]
    container: str
    """The class around them."""
    variables: Mapping[str, str]
    """The type parameters in scope with their bounds."""
    comments: list[Node] = field(default_factory=list)
    """Those above the next declaration."""
    awaits_name: bool = False
    """Whether an incomplete class comes next, of which the parser found only the keyword so far."""
    first: int = 0
    """The position of the first symbol of this body."""
    documents: Sequence[Node] = ()
    """The comments above the entire body, which belong to its first symbol."""


# Reads a declaration inside a container, with the type parameters in scope; returns its body, if it has one to read.
Read = Callable[[Node, str, Mapping[str, str]], Body | None]


@dataclass(slots=True)
class Declarations:
    """How a language's declarations are read: `walk` calls what the other fields name."""

    symbols: list[Symbol]
    """Those that the readers have added so far."""
    readers: Mapping[str, Read]
    """What reads a node, by its type; nodes of other types are passed over."""
    comment: str
    """The type of the comments that document what follows them."""
    keywords: frozenset[str]
    """The keywords that begin a class."""
    add_headless: Callable[[Node, str], str]
    """Add a class whose end is missing, by the node of its name and its container; return its qualified name."""
    document: Callable[[int, Sequence[Node]], None]
    """Document the symbol at a position with the comments above it."""
    error_line: int = 0
    """The line of the first part that does not parse, 1-based; 0 if all does."""

    def walk(self, nodes: Iterable[Node]) -> None:
        """Read the declarations of a file in text order, and those in the bodies inside them. Bodies wait on a stack:
        more of them may be nested than calls may."""
        bodies = [Body(iter(nodes), "", {})]
        while bodies:
            body = bodies[-1]
            node = next(body.nodes, None)
            if node is None:
                self._close(bodies.pop())
            elif (inner := self._read(node, body)) is not None and inner.container.count(".") < MAX_CONTAINERS:
                bodies.append(inner)

    def _read(self, node: Node, body: Body) -> Body | None:
        """Read a child of a body. Return the child's own body, if that may contain declarations."""
        checkpoint()
        kind = node.type
        if kind == self.comment:
            body.comments.append(node)
            return None
        if kind in self.keywords:  # a class whose end is missing: what follows belongs to it
            body.awaits_name = True
            return None
        if body.awaits_name and kind == "identifier":
            body.container = self.add_headless(node, body.container)
        body.awaits_name = False
        comments, body.comments = body.comments, []
        if kind == "ERROR":
            self.error_line = self.error_line or node.start_point[0] + 1
            reader: Read | None = inside
        else:
            reader = self.readers.get(kind)
        if reader is None:
            return None
        before = len(self.symbols)
        inner = reader(node, body.container, body.variables)
        if inner is not None and len(self.symbols) == before:
            inner.first, inner.documents = before, comments
        elif comments and len(self.symbols) > before:
            self.document(before, comments)
        return inner

    def _close(self, body: Body) -> None:
        if body.documents and len(self.symbols) > body.first:
            self.document(body.first, body.documents)


def inside(node: Node, container: str, variables: Mapping[str, str]) -> Body:
    """Return what a node holds, as if it were not there."""
    return Body(iter(node.children), container, variables)
