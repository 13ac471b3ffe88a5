"""The part of a large text that is read: around the cursor, whole lines, steady while one types."""

from __future__ import annotations

import pytest

from dovetail_context import vicinity
from dovetail_context.vicinity import WHOLE_CHARACTERS, head_and_vicinity


def test_the_vicinity_of_a_cursor_does_not_move_while_one_types() -> None:
    lines = [f"value{number} = {number}\n" for number in range(100_000)]
    text = "".join(lines)
    offset = text.index("value50000")
    before = vicinity.vicinity(text, offset)
    assert before.start < offset < before.end < len(text)
    assert text[before.start - 1] == text[before.end - 1] == "\n"
    for typed in range(1, 200):
        longer = text[:offset] + "x" * typed + text[offset:]
        after = vicinity.vicinity(longer, offset + typed)
        assert (after.start, len(longer) - after.end) == (before.start, len(text) - before.end)


def test_lines_keep_their_numbers_and_the_head_is_read_too() -> None:
    text = "import shop\n" + "".join(f"value{number} = {number}\n" for number in range(100_000))
    offset = text.index("value70000")
    part, within = head_and_vicinity(text, offset)
    assert len(part) < WHOLE_CHARACTERS + 70_000
    assert part.startswith("import shop\n")
    assert part[within:].startswith("value70000")
    assert part.count("\n", 0, within) == text.count("\n", 0, offset)
    assert head_and_vicinity(text[:WHOLE_CHARACTERS], 7) == (text[:WHOLE_CHARACTERS], 7)


@pytest.mark.parametrize("text", ["x" * 500_000, "\n" * 500_000, "é" * 500_000, "\r\n" * 250_000])
def test_a_vicinity_holds_its_cursor_whatever_the_lines(text: str) -> None:
    for offset in (0, 1, 250_000, 499_999, 500_000):
        span = vicinity.vicinity(text, offset)
        assert span.start <= offset <= span.end
        assert span.end - span.start <= WHOLE_CHARACTERS
        part, within = head_and_vicinity(text, offset)
        assert part[within : within + 5] == text[offset : offset + 5]


def test_a_long_line_is_left_out_whole_unless_the_cursor_is_in_it() -> None:
    line = "x = '" + "é" * 300_000 + "'\n"
    text = f"import shop\n{line}y = 1\n{line}"
    offset = text.index("y = ") + 4
    assert head_and_vicinity(text, offset) == ("import shop\n\ny = 1\n", len("import shop\n\ny = "))
    span = vicinity.vicinity(text, 150_000)
    assert span.start < 150_000 < span.end < span.start + 40_000
