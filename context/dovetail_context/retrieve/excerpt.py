"""Lines of a file as they are shown: whole lines, without blank ones at the ends. Pure."""

from dataclasses import dataclass

from dovetail_context.records.record import FileRecord

MAX_CHARACTERS = 4000  # longer ones are data or generated: no budget holds them, and comparing them takes seconds


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines (1-based, inclusive) of a file; line n of `text` is line `start_line + n` of the file."""

    start_line: int
    end_line: int
    text: str


def excerpt(record: FileRecord, start_line: int, end_line: int) -> Excerpt | None:
    """The lines from `start_line` to `end_line`, as far as the file has them; None if they are blank, or too long to be
    shown."""
    start = max(start_line, 1)
    lines = [line.rstrip() for line in record.lines_between(start, end_line)]
    if sum(map(len, lines)) > MAX_CHARACTERS:
        return None
    while lines and not lines[-1]:
        lines.pop()
    blank = next((place for place, line in enumerate(lines) if line), 0)
    return Excerpt(start + blank, start + len(lines) - 1, "\n".join(lines[blank:])) if lines else None
