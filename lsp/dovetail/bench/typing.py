"""Simulate how a person types in a file, using the file's own text: pure.

The replay removes a few lines at each place and types them again, with bursts, corrections, accepted pieces, edits
further up and dropped requests. The same seed always gives the same replay.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["jumped", "typed", "burst", "corrected", "accepted", "new line", "edited above", "dropped", "after drop"]

# Lines that are emptied and typed again at each place.
LINES_TYPED = 3
# Shares of the keystrokes within a line that are something other than a single letter.
BURST_SHARE = 0.12
CORRECTION_SHARE = 0.08
ACCEPT_SHARE = 0.08
EDIT_ABOVE_SHARE = 0.02
# At every Nth place, the first request is dropped during prefill, as when the user only passes by.
DROP_EVERY = 3
# Milliseconds that a request runs before it is dropped during prefill.
DROP_AFTER_MS = 1000.0
# In a burst the next letter comes before the answer.
BURST_AFTER_MS = 80.0
BURST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Keystroke:
    """The document and the cursor after one action, and the kind of that action.

    `rest` is the true rest of the file after the cursor. `place` numbers the places that the replay jumped to. With
    `drop_after_ms`, nobody waits longer than that for the answer. `typed` is the number of new characters since the
    last keystroke.
    """

    kind: Kind
    path: str
    text: str
    offset: int
    rest: str
    place: int
    typed: int
    drop_after_ms: float | None = None


def replay(files: Sequence[tuple[str, str]], count: int, seed: int) -> list[Keystroke]:
    """Return `count` keystrokes over files (path, text), which are visited in turn."""
    dice = random.Random(seed)
    keystrokes: list[Keystroke] = []
    place = 0
    while len(keystrokes) < count:
        path, text = files[place % len(files)]
        keystrokes += _place(path, text, place, dice)
        place += 1
    return keystrokes[:count]


def _place(path: str, text: str, place: int, dice: random.Random) -> Iterator[Keystroke]:
    """Yield the keystrokes that type lines somewhere in the middle of a file again."""
    lines = text.splitlines(keepends=True)
    first = dice.randrange(len(lines) // 3, max(len(lines) // 3 + 1, len(lines) - 2 * LINES_TYPED))
    while first < len(lines) - LINES_TYPED and not lines[first].strip():
        first += 1
    before, truth = "".join(lines[:first]), "".join(lines[first : first + LINES_TYPED])
    after = "".join(lines[first + LINES_TYPED :])
    shown, line_end = before, "\n"  # the end of the cursor's line is there before the line is
    done = len(truth) - len(truth.lstrip())

    def now(kind: Kind, typed: int, extra: str = "", drop_after_ms: float | None = None) -> Keystroke:
        middle = truth[:done] + extra
        text, offset = shown + middle + line_end + after, len(shown) + len(middle)
        return Keystroke(kind, path, text, offset, truth[done:] + after, place, typed, drop_after_ms)

    if place % DROP_EVERY == DROP_EVERY - 1:
        yield now("dropped", 0, drop_after_ms=DROP_AFTER_MS)
        done += 1
        yield now("after drop", 1)
    else:
        yield now("jumped", 0)
    while done < len(truth.rstrip()):
        draw = dice.random()
        left = truth[done:].split("\n", 1)[0]
        if not left:
            indented = len(truth[done:]) - len(truth[done:].lstrip())
            done += indented
            yield now("new line", indented)
        elif draw < BURST_SHARE and len(left) > BURST_LETTERS:
            for _ in range(BURST_LETTERS):
                done += 1
                yield now("burst", 1, drop_after_ms=BURST_AFTER_MS)
            done += 1
            yield now("typed", 1)
        elif draw < BURST_SHARE + CORRECTION_SHARE:
            yield now("typed", 1, extra="q")
            yield now("corrected", 0)
        elif draw < BURST_SHARE + CORRECTION_SHARE + ACCEPT_SHARE:
            piece = min(len(left), dice.randrange(4, 20))
            done += piece
            yield now("accepted", piece)
        elif draw < BURST_SHARE + CORRECTION_SHARE + ACCEPT_SHARE + EDIT_ABOVE_SHARE:
            shown = _with_line_above(shown, dice)
            yield now("edited above", 0)
        else:
            done += 1
            yield now("typed", 1)


def _with_line_above(before: str, dice: random.Random) -> str:
    """Return the text with one more line, some ten lines above its end."""
    lines = before.splitlines(keepends=True)
    at = max(0, len(lines) - dice.randrange(5, 15))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())] if at < len(lines) else ""
    return "".join((*lines[:at], f"{indent.rstrip(chr(10))}limit = {dice.randrange(1000)}\n", *lines[at:]))
