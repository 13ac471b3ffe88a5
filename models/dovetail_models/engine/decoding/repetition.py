"""Degenerate repetition, which models write where they do not find an end. Pure."""

MIN_REPEATS = 3
"""A line, or a run of characters, that comes this often in a row is a loop; people write it less often."""

MIN_TURN = 4
"""Characters. Shorter runs repeat in rulers and tables."""

_MIN_ALPHANUMERIC = 5


def line_loop(lines: list[str]) -> int | None:
    """Return the index of the first of `MIN_REPEATS` equal lines in a row; None if there are none."""
    for number in range(len(lines) - MIN_REPEATS + 1):
        run = {line.strip() for line in lines[number : number + MIN_REPEATS]}
        if len(run) == 1 and is_significant(*run):
            return number
    return None


def loop_at_end(line: str) -> tuple[int, int] | None:
    """Return the begin and end of the first turn that repeats up to the end of a line: `x.y.x.y.x.y.x.y`."""
    end, tail = len(line), line[-MIN_TURN:]  # asked of every token, so only where the end of the line comes before
    at = line.rfind(tail, 0, end - MIN_TURN) if end >= MIN_TURN * MIN_REPEATS else -1
    while at >= 0 and (length := end - MIN_TURN - at) * MIN_REPEATS <= end:
        turn = line[-length:]
        times = MIN_REPEATS if length > 2 * MIN_TURN else MIN_REPEATS + 1
        if turn.strip(" -=*#/_\t") and line.endswith(turn * times):
            start = end
            while line[:start].endswith(turn):
                start -= length
            return start, start + length
        at = line.rfind(tail, 0, at + MIN_TURN - 1)
    return None


def is_significant(line: str) -> bool:
    """Return whether a repeated line is a sign of a loop: "}", "else:" or "pass" is not."""
    return sum(map(str.isalnum, line)) >= _MIN_ALPHANUMERIC
