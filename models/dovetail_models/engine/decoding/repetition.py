"""Text that goes round and round, as models write where they do not know how to end. Pure."""

MOST_IN_A_ROW = 3
"""So often does a line, or a run of characters, come in a row in what people write; oftener it is a loop."""

SHORTEST_TURN = 4
"""Characters. Shorter ones stand in rows and tables."""

_TELLING = 5


def line_loop(lines: list[str]) -> int | None:
    """The first of so many equal lines in a row that it is a loop."""
    for number in range(len(lines) - MOST_IN_A_ROW + 1):
        run = {line.strip() for line in lines[number : number + MOST_IN_A_ROW]}
        if len(run) == 1 and is_telling(*run):
            return number
    return None


def loop_at_end(line: str) -> tuple[int, int] | None:
    """Where in a line the first turn of what comes again and again up to its end begins and ends: `x.y.x.y.x.y.x.y`."""
    for length in range(SHORTEST_TURN, len(line) // MOST_IN_A_ROW + 1):
        turn = line[-length:]
        times = MOST_IN_A_ROW if length > 2 * SHORTEST_TURN else MOST_IN_A_ROW + 1
        if turn.strip(" -=*#/_\t") and line.endswith(turn * times):
            start = len(line)
            while line[:start].endswith(turn):
                start -= length
            return start, start + length
    return None


def is_telling(line: str) -> bool:
    """Whether a line that stands twice says something: "}", "else:", "pass" may well."""
    return sum(map(str.isalnum, line)) >= _TELLING
