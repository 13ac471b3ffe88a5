"""Texts in compressed chunks: whole or in part, they read as they were."""

import random

import pytest

from dovetail_context.records.text import CHUNK_CHARS, PackedText, pack_text, split_lines

LONG = "x" * (CHUNK_CHARS - 1)
TEXTS = {
    "nothing": "",
    "no line end": "one",
    "a line end at the end": "one\ntwo\n",
    "only line ends": "\n\r\n\r",
    "an end right at a chunk's": LONG + "\n",
    "one behind a chunk's": LONG + "x\n",
    "a pair across the place of a cut": LONG + "\r\nlast",
    "one line of several chunks": LONG * 3,
    "old line ends": "a\rb\r" * CHUNK_CHARS,
    "halves of surrogate pairs": "a\ud83d\n" * CHUNK_CHARS + "\udc00",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_packed_text_reads_as_it_was(text: str) -> None:
    packed, lines = PackedText(pack_text(text)), split_lines(text)
    assert packed.lines(1, len(lines) + 5) == lines
    assert packed.lines(len(lines) + 1, len(lines) + 9) == []
    assert packed.whole == text


def test_any_lines_of_a_long_text_read_as_they_were() -> None:
    rng = random.Random(4)
    text = "".join(
        "word é " * rng.randrange(12) + rng.choice(("\n", "\r\n", "\r", "\n\n")) for _ in range(CHUNK_CHARS // 6)
    )
    lines = split_lines(text)
    for _ in range(200):
        start = rng.randint(-3, len(lines) + 3)
        end = start + rng.randint(-2, 60)
        assert PackedText(pack_text(text)).lines(start, end) == lines[max(start, 1) - 1 : max(end, 0)]
