"""How a suggestion fits the text that is already right of the cursor: pure functions on text.

Editors close brackets and quotes by themselves, so a suggestion must not close them again. A suggestion that continues
after them replaces them: the item's range then covers them.
"""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.preparation.lexical import CODE, State, read

_PAIRS = {")": "(", "]": "[", "}": "{"}
QUOTES = frozenset("\"'`")


@dataclass(frozen=True, slots=True)
class Insertion:
    """`text` in place of the `replaced` characters right of the cursor."""

    text: str
    replaced: int = 0


def ways_to_insert(text: str, right: str, language: str = "", state: State = CODE) -> list[Insertion]:
    """Return the ways to insert `text` before `right`, the rest of the line, likeliest first. A parse chooses one.

    `state` is the lexical state at the cursor: a string may be open there.
    """
    rest = right.rstrip()
    if not rest or not text:
        return [Insertion(text)]
    ways = []
    first, *more = text.split("\n", 1)
    unmatched = _unmatched(first, language, state)
    for length in range(min(len(rest), len(first)), 0, -1):
        if first.endswith(rest[:length]) and not more and (length > 1 or not unmatched or len(first) - 1 in unmatched):
            if length == len(first):
                return []  # the line contains all of it already
            ways.append(Insertion(first[:-length]))
            break
    closers = len(rest) - len(rest.lstrip("".join(_PAIRS) + "".join(QUOTES)))
    matching = [place for place in unmatched if first[place] in rest[:closers]]
    if matching:
        ways.append(Insertion(text, min(len(matching), closers)))
    ways.append(Insertion(text))
    letters = iter(text)
    if all(character in letters for character in rest):  # in this order
        ways.append(Insertion(text, len(rest)))
    return list(dict.fromkeys(way for way in ways if way.text))


def _unmatched(line: str, language: str, state: State) -> list[int]:
    """Return the places of the closing brackets without an opening one in `line`, and of an unpaired quote."""
    code, end = read(line, language, state)
    waiting: list[str] = []
    unmatched: list[int] = []
    for place, character in enumerate(code):
        if character in _PAIRS.values():
            waiting.append(character)
        elif character in _PAIRS:
            if waiting and waiting[-1] == _PAIRS[character]:
                waiting.pop()
            else:
                unmatched.append(place)
    if state.end in QUOTES and state.end in line and (end.end != state.end or line.count(state.end) > 1):
        unmatched.append(_closing(line, language, state))
    elif end.end in QUOTES and end != state:
        unmatched.append(line.rfind(end.end))
    return sorted(unmatched)


def _closing(line: str, language: str, state: State) -> int:
    """Return the place of the quote that ends the string which is open before `line`."""
    return next(place for place in range(len(line)) if read(line[: place + 1], language, state)[1] != state)
