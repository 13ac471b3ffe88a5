"""Places in other files that look like the code around the cursor: lines that share its rare words. Pure.

What stands left and right of the cursor is the query. Files are preselected by the words that they hold; inside them
every window is scored by the rarity of the distinct query words in it (BM25 with its saturation taken to the end: a
word counts once).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dovetail_context.index.words import LINE_END, WordView, words_of

LINES_BEFORE = 10
LINES_AFTER = 5
WINDOW_LINES = 12
STRIDE_LINES = 6
MAX_FILES = 30  # looked into; the score of files below that is that of chance
MAX_WINDOWS_OF_FILE = 8
COMMON_SHARE = 0.4  # a word in more than this share of the files tells nothing, unless there are few files
MIN_FILES_FOR_COMMON = 20
DOUBT_WORDS = 2  # as if the query had so many more rare words: one that has hardly any proves little
MAX_POSTINGS = 20_000  # places of words looked at to find those files, whatever the size of the project

_KEYWORDS = """
    False None True and as assert async await bool boolean break case catch char class const constructor
    continue def default defer delete do double else enum except export extends extern false final finally float
    fn for foreach from func function get if impl implements import in include instanceof int interface internal
    is lambda let long match mod mut namespace new nil not null number object of or override package pass
    private protected pub public raise range readonly ref return sealed self set short static str string struct
    super switch template this throw throws trait true try type typename typeof undefined unsigned use using var
    virtual void where while with yield
"""
# Words of the languages themselves, which look alike everywhere. In a large project they are common; in a small one
# nothing else would tell.
KEYWORDS = frozenset(_KEYWORDS.split())


@dataclass(frozen=True, slots=True)
class Window:
    """Lines (1-based, inclusive) and their likeness: the share of the query's rarity that they hold, 0 to 1."""

    path: str
    start_line: int
    end_line: int
    likeness: float


def likeness(text: str, rarities: Mapping[str, float]) -> float:
    """The share of the query's rarity that a text holds, 0 to 1."""
    whole, held = _whole(rarities), words_of(text)
    return sum(rarity for word, rarity in rarities.items() if word in held) / whole if whole else 0.0


def query_rarities(text: str, offset: int, words: WordView) -> dict[str, float]:
    """The words around a cursor that tell something, with how rare each is in the project.

    A word that no file holds yet is the rarest: no window can have it, so none looks like the text to the last word.
    """
    files = len(words.files)
    found = {}
    for word in sorted(_query_words(text, offset) - KEYWORDS):
        frequency = min(files, max(words.frequency(word), words.frequency("." + word)))
        if files > MIN_FILES_FOR_COMMON and frequency > COMMON_SHARE * files:
            continue
        found[word] = math.log(1 + (files - frequency + 0.5) / (frequency + 0.5))
    return found


def similar_windows(rarities: Mapping[str, float], path: str, words: WordView, limit: int) -> list[Window]:
    """The `limit` windows of other files than `path` that hold most of `rarities`, best first, none overlapping."""
    whole = _whole(rarities)
    if not whole:
        return []
    slots = np.zeros(words.vocabulary_size, dtype=np.uint8)
    weights = np.array(list(rarities.values())[:255], dtype=np.float32)
    for slot, word in enumerate(list(rarities)[:255], start=1):
        for form in (word, "." + word):
            known = words.id_of(form)
            if known is not None and known < len(slots):
                slots[known] = slot
    found: list[Window] = []
    for other in _promising_files(rarities, path, words):
        found.extend(_windows_of(other, words, slots, weights, whole))
    found.sort(key=lambda window: (-window.likeness, window.path, window.start_line))
    return list(_without_overlaps(found, limit))


def words_in(windows: Iterable[Window], words: WordView) -> dict[int, float]:
    """The numbers of the words that stand in windows, each with the likeness of the best of them."""
    found: dict[int, float] = {}
    for window in windows:
        ids = np.frombuffer(words.files[window.path].ids, dtype=np.uint32)
        ends = np.flatnonzero(ids == LINE_END)
        start = int(ends[window.start_line - 2]) if 1 < window.start_line <= len(ends) + 1 else 0
        end = int(ends[window.end_line - 1]) if window.end_line <= len(ends) else len(ids)
        for word in set(ids[start:end].tolist()):
            found[word] = max(found.get(word, 0.0), window.likeness)
    return found


def _whole(rarities: Mapping[str, float]) -> float:
    return sum(rarities.values()) + DOUBT_WORDS * max(rarities.values(), default=0.0)


def _query_words(text: str, offset: int) -> set[str]:
    before = text[:offset].split("\n")[-LINES_BEFORE:]
    after = text[offset:].split("\n", LINES_AFTER)[:LINES_AFTER]
    return words_of("\n".join(before) + "\n" + "\n".join(after))


def _promising_files(rarities: Mapping[str, float], path: str, words: WordView) -> list[str]:
    """The files that hold most of the rarity, judged by the rarest words: as many as `MAX_POSTINGS` allow."""
    scores: dict[str, float] = defaultdict(float)
    postings = 0
    for word in sorted(rarities, key=lambda word: (-rarities[word], word)):
        postings += words.frequency(word) + words.frequency("." + word)
        if postings > MAX_POSTINGS and scores:
            break
        for other in {*words.files_with(word), *words.files_with("." + word)}:
            scores[other] += rarities[word]
    scores.pop(path, None)
    return sorted(scores, key=lambda other: (-scores[other], other))[:MAX_FILES]


def _windows_of(
    path: str,
    words: WordView,
    slots: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
    weights: "np.ndarray[tuple[int], np.dtype[np.float32]]",
    whole: float,
) -> Iterator[Window]:
    ids = np.frombuffer(words.files[path].ids, dtype=np.uint32)
    hits = slots[ids]
    places = np.flatnonzero(hits)
    if not len(places):
        return
    line_ends = ids == LINE_END
    lines = np.cumsum(line_ends)[places]
    last_line = int(line_ends.sum()) + 1
    blocks = lines // STRIDE_LINES
    present = np.zeros((int(blocks[-1]) + 2, len(weights)), dtype=bool)
    present[blocks, hits[places] - 1] = True
    both = present[:-1] | present[1:]  # a window is two blocks long
    scores = both @ weights
    for block in np.argsort(-scores, kind="stable")[:MAX_WINDOWS_OF_FILE]:
        start = int(block) * STRIDE_LINES + 1
        if scores[block] > 0.0:
            yield Window(path, start, min(start + WINDOW_LINES - 1, last_line), float(scores[block]) / whole)


def _without_overlaps(found: list[Window], limit: int) -> Iterator[Window]:
    taken: dict[str, list[Window]] = defaultdict(list)
    given = 0
    for window in found:
        if given >= limit:
            return
        if all(
            window.end_line < other.start_line or window.start_line > other.end_line for other in taken[window.path]
        ):
            taken[window.path].append(window)
            given += 1
            yield window
