"""Measure how much a name has in common with the text around the cursor, word by word. Pure.

Names are made of words: `register_client` fits under the comment "Register the client", `load_authorization_code` in
a branch for `AuthorizationCodeRequest`. Rare words count more than common ones.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from sys import intern

LINES_BEFORE = 25
LINES_AFTER = 10
MAX_CHARACTERS = 10_000  # of them on each side; longer lines are data
HALF_LIFE_LINES = 8  # at this distance a word counts half

SHORTENED = 0.7  # a word that occurs there in a longer or shorter form
MIN_FORM_CHARS = 3
ANYWHERE = 0.1  # a word that occurs elsewhere in the file
# The weight (that of 16 lines away) and the length of words by which names are looked for. A name that shares only
# other words is hardly ever offered.
NEAR = 0.25
MIN_NEAR_CHARS = 3

_PART = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORD = re.compile(r"[^\W\d]\w+")
_MIN_PART_CHARS = 2


@lru_cache(maxsize=8_192)  # the names of some files, a megabyte
def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case, plural endings off: `loadURLs_from2` gives load, url, from."""
    return tuple(
        intern(_singular(part.lower()))
        for part in _PART.findall(name)
        if len(part) >= _MIN_PART_CHARS and not part.isdigit()
    )


# What a name has in common with the text around a cursor: a share of 0 (nothing) to 1 (the cursor's line holds every
# word), the rarity that its words share, nearer ones more, and that of the word that shares most. (A plain tuple:
# hundreds are made for a context.)
Fit = tuple[float, float, float]


class Surroundings(dict[str, float]):
    """The words around a cursor.

    It maps a word of a name to its weight: 1 if it is on the cursor's line, less further away, 0 if it is nowhere. A
    weight is found when it is first asked for. `near` are the words by which names are looked for.
    """

    def __init__(self, text: str, offset: int, present: Iterable[str]) -> None:
        """`present` are all words of the text."""
        super().__init__()
        self._weights = _weights(text, offset, present)
        self.near = [word for word, weight in self._weights.items() if weight >= NEAR and len(word) >= MIN_NEAR_CHARS]
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for part in self._weights:
            if len(part) >= MIN_FORM_CHARS:
                self._by_start[part[:MIN_FORM_CHARS]].append(part)

    def fit(self, parts: Iterable[tuple[str, float]]) -> Fit:
        """Return how a name made of these words fits. Each word comes with its rarity."""
        whole = shared = best = 0.0
        for part, rarity in parts:
            whole += rarity
            near = rarity * self[part]
            shared += near
            if near > best:
                best = near
        return shared / whole if whole else 0.0, shared, best

    def __missing__(self, part: str) -> float:
        """Find the weight of the part, or of a shorter or longer form of it (env, environment)."""
        weights, other = self._weights, 0.0
        for form in self._by_start.get(part[:MIN_FORM_CHARS], ()) if len(part) >= MIN_FORM_CHARS else ():
            if weights[form] > other and (form.startswith(part) or part.startswith(form)):
                other = weights[form]
        found = self[part] = max(weights.get(part, 0.0), SHORTENED * other)
        return found


def places_with(words: Iterable[str], names: Sequence[str]) -> set[int]:
    """Return the places of those of some names that have one of the words (in lower case) anywhere in them."""
    joined = "\n".join(names).lower()
    if joined.count("\n") >= len(names):  # a name of several lines
        return set(range(len(names)))
    found = set()
    for word in words:
        place, line, at = 0, 0, joined.find(word)
        while at >= 0:
            place += joined.count("\n", line, at)
            found.add(place)
            line = at
            end = joined.find("\n", at)
            at = joined.find(word, end) if end >= 0 else -1
    return found


def _weights(text: str, offset: int, present: Iterable[str]) -> Mapping[str, float]:
    weights = {part: ANYWHERE for word in present for part in parts_of(word)}
    before = text[max(0, offset - MAX_CHARACTERS) : offset].split("\n")[-LINES_BEFORE:]
    after = text[offset : offset + MAX_CHARACTERS].split("\n", LINES_AFTER)[:LINES_AFTER]
    for lines in (reversed(before), iter(after)):
        for distance, line in enumerate(lines):
            weight = 0.5 ** (distance / HALF_LIFE_LINES)
            for word in _WORD.findall(line):
                for part in parts_of(word):
                    if weights.get(part, 0.0) < weight:
                        weights[part] = weight
    return weights


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
