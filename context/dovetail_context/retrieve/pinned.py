"""The pieces that are always shown: the notes and pins of a query, before any retriever runs. Pure.

Everything in the prompt follows a `#path` line, as in the model's training. A note has no file of its own: it follows
`NOTES_PATH`, where a project's documents would be. It is shown word for word except for its secrets.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from dovetail_context.bundle import ContextPiece
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.query import Pin, Query
from dovetail_context.workspace.secrets.find import redact

NOTES_PATH = "NOTES.md"
CERTAIN = 1.0
_redacted = lru_cache(maxsize=64)(redact)  # the same notes are shown at every keystroke


def always_shown(
    query: Query, snapshot: IndexSnapshot, budget: int, count: Callable[[str], int]
) -> tuple[list[ContextPiece], list[str]]:
    """The pieces of at most `budget` tokens, and the problems: files that are not there, what did not fit."""
    pieces: list[ContextPiece] = []
    problems: list[str] = []
    for path, start, text, kind, reason, digest in _texts(query, snapshot, problems):
        lines = text.split("\n")
        room = budget - sum(piece.tokens for piece in pieces)
        fitting = _fitting(path, lines, room, count)
        if fitting < len(lines):
            amount = f"{fitting} of {len(lines)} lines" if fitting else "nothing"
            problems.append(f"{reason}: of {path} {amount} fit into the {budget} tokens of the context")
        if fitting:
            shown = "\n".join(lines[:fitting])
            last = start + fitting - 1
            parts = frozenset({f"lines {start}-{last}"})
            tokens = count(f"#{path}\n{shown}\n")
            pieces.append(ContextPiece(path, start, last, kind, reason, CERTAIN, tokens, shown, parts, digest))
    return pieces, problems


def _texts(query: Query, snapshot: IndexSnapshot, problems: list[str]) -> Iterator[tuple[str, int, str, str, str, str]]:
    """Yield path, first line, text, kind, reason and digest of everything that is requested and exists."""
    for note in query.notes:
        if note.text.strip():
            yield NOTES_PATH, 1, _redacted(note.text.strip("\n")), "note", note.reason, ""
    for pin in query.pinned:
        record = snapshot.files.get(pin.path)
        if record is None and not pin.text:
            problems.append(
                f"{pin.reason}: {pin.path} is not among the files of this project; correct or remove the pin"
            )
            continue
        lines = record.lines if record is not None else pin.text.replace("\r\n", "\n").split("\n")
        start, end = _range(pin, len(lines))
        if start > end or not any(line.strip() for line in lines[start - 1 : end]):
            problems.append(f"{pin.reason}: {pin.path} has nothing in lines {pin.start_line} to {pin.end_line or end}")
            continue
        text = "\n".join(line.rstrip() for line in lines[start - 1 : end]).rstrip("\n")
        yield pin.path, start, text, "pinned", pin.reason, record.digest if record is not None else ""


def _range(pin: Pin, lines: int) -> tuple[int, int]:
    return max(pin.start_line, 1), min(pin.end_line or lines, lines)


def _fitting(path: str, lines: list[str], room: int, count: Callable[[str], int]) -> int:
    """How many of the lines fit into `room` tokens with the path above them."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        if count(f"#{path}\n" + "\n".join(lines[:middle]) + "\n") <= room:
            low = middle
        else:
            high = middle - 1
    return low
