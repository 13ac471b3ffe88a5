"""Find places in other files that look like the code around the cursor: lines that share its rare words. Pure.

The text on both sides of the cursor is the query. Files are preselected by the words that they hold. Inside them,
every window is scored by the rarity of the distinct query words in it (BM25 with full saturation: a word counts once).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np
import numpy.typing as npt

from dovetail_context.index.words import LINE_END, Ids, WordView, words_of

LINES_BEFORE = 10
LINES_AFTER = 5
MAX_CHARACTERS = 5000  # of them on each side; longer lines are data
WINDOW_LINES = 12
STRIDE_LINES = 6
MAX_WORDS = 1000  # in one window, which is data then
MAX_FILES = 30  # looked into; the score of files below that is that of chance
FILES_WEIGHED = 4  # times as many are weighed by their kind
MAX_WINDOWS_OF_FILE = 8
COMMON_SHARE = 0.4  # a word in more than this share of the files carries no information, unless there are few files
MIN_FILES_FOR_COMMON = 20
DOUBT_WORDS = 2  # rare words added to the count of each query: a query with hardly any proves little
SCORE_DECIMALS = 3  # single precision has some more at the height of these scores
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
# Words of the languages themselves, which are alike everywhere. In a large project they are common; in a small one
# nothing else would reveal them.
KEYWORDS = frozenset(_KEYWORDS.split())


@dataclass(frozen=True, slots=True)
class SimilarWindow:
    """Lines (1-based, inclusive) and their likeness: the share of the query's rarity that they hold, 0 to 1. `words`
    are the numbers of the words in them."""

    path: str
    start_line: int
    end_line: int
    likeness: float
    words: Ids = field(compare=False)


def likeness(text: str, rarities: Mapping[str, float]) -> float:
    """The share of the query's rarity that a text holds, 0 to 1."""
    whole, held = _whole(rarities), words_of(text)
    return sum(rarity for word, rarity in rarities.items() if word in held) / whole if whole else 0.0


def query_rarities(text: str, offset: int, words: WordView) -> dict[str, float]:
    """Return the informative words around a cursor, with the rarity of each in the project.

    A word that no file holds yet is the rarest: no window can have it, so no window matches the text to the last word.
    """
    files = len(words.files)
    found = {}
    for word in sorted(_query_words(text, offset) - KEYWORDS):
        frequency = min(files, max(words.frequency(word), words.frequency("." + word)))
        if files > MIN_FILES_FOR_COMMON and frequency > COMMON_SHARE * files:
            continue
        found[word] = math.log(1 + (files - frequency + 0.5) / (frequency + 0.5))
    return found


def similar_windows(
    rarities: Mapping[str, float],
    path: str,
    words: WordView,
    limit: int,
) -> list[SimilarWindow]:
    """The `limit` windows of other files than `path` that hold most of `rarities`, best first, none overlapping."""
    whole = _whole(rarities)
    if not whole:
        return []
    slots = np.zeros(words.vocabulary_size, dtype=np.uint8)
    weights = np.array(list(rarities.values())[:255], dtype=np.float32)
    word_ids = {
        word: [known for form in (word, "." + word) if (known := words.id_of(form)) is not None] for word in rarities
    }
    for slot, word in enumerate(list(rarities)[:255], start=1):
        for known in word_ids[word]:
            if known < len(slots):
                slots[known] = slot
    paths = _promising_files(rarities, word_ids, path, words)
    return sorted(_best_windows(paths, words, slots, weights, whole, limit), key=lambda window: -window.likeness)


def words_in(windows: Iterable[SimilarWindow], words: WordView) -> dict[str, float]:
    """Return the words that occur in windows, each with the likeness of the best window."""
    found: dict[int, float] = {}
    for window in sorted(windows, key=lambda window: window.likeness):  # what better ones hold is written over
        found.update(dict.fromkeys(window.words.tolist(), window.likeness))
    return {words.word_of(number): likeness for number, likeness in found.items()}


def _whole(rarities: Mapping[str, float]) -> float:
    return sum(rarities.values()) + DOUBT_WORDS * max(rarities.values(), default=0.0)


def _query_words(text: str, offset: int) -> set[str]:
    before = text[max(0, offset - MAX_CHARACTERS) : offset].split("\n")[-LINES_BEFORE:]
    after = text[offset : offset + MAX_CHARACTERS].split("\n", LINES_AFTER)[:LINES_AFTER]
    return words_of("\n".join(before) + "\n" + "\n".join(after))


def _promising_files(
    rarities: Mapping[str, float], word_ids: Mapping[str, Sequence[int]], path: str, words: WordView
) -> list[str]:
    """The files that hold most of the rarity, judged by the rarest words: as many as `MAX_POSTINGS` allow. `word_ids`
    has the numbers of each word, alone and behind a dot."""
    holders: list[Ids] = []
    shares: list[float] = []
    is_counted = np.zeros(words.numbers_size, dtype=bool)  # files that have the word alone, and may have it as a member
    postings = 0
    for word in sorted(rarities, key=lambda word: (-rarities[word], word)):
        postings += sum(map(words.frequency_of, word_ids[word]))
        if postings > MAX_POSTINGS and holders:
            break
        found = [numbers for known in word_ids[word] if len(numbers := words.numbers_with_id(known))]
        if len(found) > 1:  # a file counts once
            is_counted[found[0]] = True
            found[1] = found[1][~is_counted[found[1]]]
            is_counted[found[0]] = False
        holders += found
        shares += [rarities[word]] * len(found)
    if not holders:
        return []
    weights = np.repeat(shares, [len(numbers) for numbers in holders])
    scores = np.bincount(np.concatenate(holders), weights, words.numbers_size).astype(np.float64, copy=False)
    own = words.files.get(path)
    if own is not None and own.number < len(scores):
        scores[own.number] = 0.0
    return _best_files(scores, words)


def _best_files(scores: npt.NDArray[np.float64], words: WordView) -> list[str]:
    """The files of the highest scores above 0, by path where those are equal."""
    numbers = np.flatnonzero(scores)
    if len(numbers) > MAX_FILES * FILES_WEIGHED:
        least = np.partition(scores[numbers], -MAX_FILES * FILES_WEIGHED)[-MAX_FILES * FILES_WEIGHED]
        numbers = numbers[scores[numbers] >= least]
    found = [(-score, words.path_of(number)) for number, score in zip(numbers.tolist(), scores[numbers], strict=True)]
    return [path for _, path in nsmallest(MAX_FILES, found)]


def _best_windows(
    paths: Sequence[str],
    words: WordView,
    slots: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float32],
    whole: float,
    limit: int,
) -> Iterator[SimilarWindow]:
    """The windows of some files that hold most, best first, none overlapping. All files are scored as one long one."""
    if not paths:
        return
    paths = sorted(paths)
    of_files = [np.frombuffer(words.files[path].ids, dtype=np.uint32) for path in paths]
    ends = np.cumsum([len(ids) for ids in of_files])
    ids = np.concatenate(of_files)
    hits = slots.take(ids)
    places = np.flatnonzero(hits != 0)  # of truth values it is ten times as fast
    line_ends = np.flatnonzero(ids == LINE_END)
    lines_before = np.searchsorted(line_ends, np.concatenate(([0], ends)))  # each file, and behind the last
    file_of = np.searchsorted(ends, places, side="right")
    blocks = (np.searchsorted(line_ends, places) - lines_before[file_of]) // STRIDE_LINES
    last_lines = np.diff(lines_before) + 1
    rows = last_lines // STRIDE_LINES + 2  # an empty one behind each file: no window reaches into the next
    first_rows = np.concatenate(([0], np.cumsum(rows)))
    present = np.zeros((int(first_rows[-1]) + 1, len(weights)), dtype=bool)
    present[first_rows[file_of] + blocks, hits[places] - 1] = True
    # A window is two blocks long; a word in both counts once. Windows with the same words are equally alike, even if
    # their sums were rounded differently.
    of_blocks = _held(present, weights)
    scores = np.round(of_blocks[:-1] + of_blocks[1:] - _held(present[:-1] & present[1:], weights), SCORE_DECIMALS)
    scores[first_rows[1:] - 1] = 0.0
    found = np.flatnonzero(scores)
    files = np.searchsorted(first_rows, found, side="right") - 1
    order = np.lexsort((found, -scores[found]))
    taken: dict[int, list[int]] = defaultdict(list)
    seen = [0] * len(paths)
    for row, file in zip(found[order].tolist(), files[order].tolist(), strict=True):
        seen[file] += 1
        if seen[file] > MAX_WINDOWS_OF_FILE or any(abs(row - other) < 2 for other in taken[file]):
            continue  # it overlaps a better one
        taken[file].append(row)
        start = (row - int(first_rows[file])) * STRIDE_LINES + 1
        end = min(start + WINDOW_LINES - 1, int(last_lines[file]))
        before = int(lines_before[file])
        first = int(line_ends[before + start - 2]) + 1 if start > 1 else int(ends[file]) - len(of_files[file])
        last = int(line_ends[before + end - 1]) if end < last_lines[file] else int(ends[file])
        if last - first > MAX_WORDS:
            continue
        yield SimilarWindow(paths[file], start, end, float(scores[row]) / whole, ids[first:last])
        limit -= 1
        if not limit:
            return


def _held(present: npt.NDArray[np.bool_], weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Sum the weights of the words present in each row. A row has few words, so a matrix product is not worth it."""
    rows, slots = np.divmod(np.flatnonzero(present), len(weights))
    return np.bincount(rows, weights[slots], len(present)).astype(np.float64, copy=False)
