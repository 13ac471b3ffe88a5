"""`Query`: the one question that retrieval is asked. It holds values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A place in a document as the editor has it now.

    `path` is posix, relative to the workspace's root; `text` is the whole document; `offset` is the cursor, in code
    points from the start of `text` (clamped to it by whoever reads it).
    """

    path: str
    text: str
    offset: int
