"""What a suggestion must not say again: the lines below it, the line above it, itself. Pure functions on text."""

from __future__ import annotations

from dovetail.completion.place import Place

# A line with fewer letters and digits than this may well stand twice: "}", "else:", "pass".
_TELLING = 5
# So often does a line, or a run of characters, come in a row in what people write; oftener it is a loop.
_MOST_IN_A_ROW = 3
_SHORTEST_LOOP = 4  # characters


def without_repeats(text: str, place: Place) -> str:
    """`text` up to where it begins to say what stands below the cursor, or what it has said before; "" for nothing
    new."""
    lines = _without_loops(text).split("\n")
    below = [line.strip() for line in place.lines_below(3)]
    whole_first = (place.left + lines[0] + place.right).strip()
    if _is_telling(whole_first) and whole_first in (*below[:1], place.line_above().strip()):
        return ""
    for number, line in enumerate(lines[1:], 1):
        if below and line.strip() == below[0] and _goes_on(lines[number:], below):
            return "\n".join(lines[:number]).rstrip()
    return "\n".join(lines)


def _goes_on(lines: list[str], below: list[str]) -> bool:
    """Whether the lines are those below, as far as both go."""
    said = [line.strip() for line in lines if line.strip()]
    both = list(zip(said, below, strict=False))
    return all(one == other for one, other in both) and any(_is_telling(one) for one, _ in both)


def _without_loops(text: str) -> str:
    lines = text.split("\n")
    for number in range(len(lines) - _MOST_IN_A_ROW + 1):
        run = {line.strip() for line in lines[number : number + _MOST_IN_A_ROW]}
        if len(run) == 1 and _is_telling(*run):
            lines = lines[: number + 1]
            break
    return "\n".join(_without_short_loops(line) for line in lines)


def _without_short_loops(line: str) -> str:
    """`x.y.x.y.x.y.x.y`: cut where a run of letters begins that comes again and again up to the end."""
    for length in range(_SHORTEST_LOOP, len(line) // _MOST_IN_A_ROW + 1):
        turn = line[-length:]
        times = _MOST_IN_A_ROW if length > 2 * _SHORTEST_LOOP else _MOST_IN_A_ROW + 1
        if turn.strip(" -=*#/_\t") and line.endswith(turn * times):
            start = len(line)
            while line[:start].endswith(turn):
                start -= length
            return line[:start] if line[:start].strip() else line[:length]
    return line


def _is_telling(line: str) -> bool:
    return sum(map(str.isalnum, line)) >= _TELLING
