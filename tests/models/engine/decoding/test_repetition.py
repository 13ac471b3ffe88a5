"""Where a text degenerates into repetition, and where it only repeats itself as people do."""

import pytest

from dovetail_models.engine.decoding.repetition import line_loop, loop_at_end


@pytest.mark.parametrize(
    ("line", "turn"),
    [
        ("x = value.get().get().get().get()", ".get()"),
        ("self.first.second.first.second.first.second", ".first.second"),
        ("aaaaaaaaaaaaaaaa", "aaaa"),
    ],
)
def test_a_turn_that_comes_again_and_again(line: str, turn: str) -> None:
    loop = loop_at_end(line)
    assert loop is not None
    start, end = loop
    assert line[start:end] == turn
    assert line == line[:start] + turn * (len(line[start:]) // len(turn))


@pytest.mark.parametrize(
    "line", ["", "x.get().get()", "#" * 60, "-" * 80, "    " * 10, "0, 0, 0, 0, 1", "a, b, c, d, e, f, g"]
)
def test_what_people_write(line: str) -> None:
    assert loop_at_end(line) is None


def test_lines_in_a_row() -> None:
    assert line_loop(["a = 1", "total += x", "  total += x", "total += x"]) == 1
    assert line_loop(["}", "}", "}", "}"]) is None
    assert line_loop(["total += x", "total += x", "other = 1"]) is None
