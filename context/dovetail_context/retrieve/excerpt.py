"""Lines of a file as they are shown: whole lines, without blank ones at the ends. Pure."""

from dataclasses import dataclass

from dovetail_context.index.record import FileRecord


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines (1-based, inclusive) of a file; line n of `text` is line `start_line + n` of the file."""

    start_line: int
    end_line: int
    text: str


def excerpt(record: FileRecord, start_line: int, end_line: int) -> Excerpt | None:
    """The lines from `start_line` to `end_line`, as far as the file has them; None if they are blank."""
    lines = record.lines
    start, end = max(start_line, 1), min(end_line, len(lines))
    while start <= end and not lines[start - 1].strip():
        start += 1
    while start <= end and not lines[end - 1].strip():
        end -= 1
    if start > end:
        return None
    return Excerpt(start, end, "\n".join(line.rstrip() for line in lines[start - 1 : end]))
