"""Two completers that learn nothing deep, trained on the same rows or on nothing: what the model has to beat. Pure
but for reading rows."""

from collections.abc import Sequence

import numpy as np

ORDER = 6
CACHE_WEIGHT = 0.4  # of the current file's own n-grams, where they know the history
_MIX = np.uint64(0x9E3779B97F4A7C15)


class NGram:
    """An interpolated 6-gram model over token ids, with Witten-Bell smoothing (Chen and Goodman 1999, section 2.5)."""

    def __init__(self, ids: np.ndarray, vocabulary: int) -> None:
        """`ids` is one stream; n-grams that hold an id of `vocabulary` or above (a special token) are left out."""
        self._vocabulary = vocabulary
        self._tables = [_table(ids, length, vocabulary) for length in range(ORDER)]

    def probabilities(self, history: Sequence[int]) -> np.ndarray:
        """The distribution of the next token: shape (vocabulary,)."""
        distribution = np.full(self._vocabulary, 1.0 / self._vocabulary)
        for length in range(min(ORDER, len(history) + 1)):
            following, counts = _following(self._tables[length], history[len(history) - length :])
            if not len(following):
                break
            total, kinds = counts.sum(), len(counts)
            distribution *= kinds / (total + kinds)
            distribution[following] += counts / (total + kinds)
        return distribution


class CachedNGram:
    """An `NGram` mixed with the n-grams of the current file (Kuhn and De Mori 1990; Tu et al. 2014 for code)."""

    def __init__(self, general: NGram, vocabulary: int) -> None:
        self._general, self._vocabulary = general, vocabulary

    def open(self, prefix: Sequence[int], suffix: Sequence[int]) -> None:
        """Fill the cache with a file around its hole."""
        stream = np.array([*prefix, self._vocabulary, *suffix], np.int64)
        self._cache = NGram(stream, self._vocabulary)

    def probabilities(self, history: Sequence[int]) -> np.ndarray:
        """The mixed distribution of the next token."""
        return (1 - CACHE_WEIGHT) * self._general.probabilities(history) + CACHE_WEIGHT * self._cache.probabilities(
            history
        )


def similar_line(prefix: str) -> str:
    """The rest of the earlier line that shares the longest text right before the cursor (the latest of equals)."""
    *earlier, current = prefix.split("\n")
    current = current.lstrip()
    best, rest = 0, ""
    for line in earlier:
        length = best
        place = -1
        # Lengthen the shared text as long as this line has it.
        while length < len(current) and (found := line.rfind(current[len(current) - length - 1 :])) >= 0:
            length += 1
            place = found
        if place >= 0:
            best, rest = length, line[place + length :]
        elif best and (found := line.rfind(current[len(current) - best :])) >= 0:
            rest = line[found + best :]
    return rest


def _table(ids: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(hashes of histories of this length, sorted; what follows each; how often)."""
    count = len(ids) - length
    if count <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    hashes = np.zeros(count, np.uint64)
    plain = ids[length:] < vocabulary
    for place in range(length):
        part = ids[place : place + count]
        hashes = _extend(hashes, part.astype(np.uint64))
        plain = plain & (part < vocabulary)
    keys = np.stack((hashes[plain], ids[length:][plain].astype(np.uint64)))
    order = np.lexsort((keys[1], keys[0]))
    keys = keys[:, order]
    first = np.ones(keys.shape[1], bool)
    first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, keys.shape[1]))
    return keys[0, starts], keys[1, starts].astype(np.int64), counts


def _following(
    table: tuple[np.ndarray, np.ndarray, np.ndarray], history: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    hashed = np.zeros(1, np.uint64)
    for token in history:
        hashed = _extend(hashed, np.array([token], np.uint64))
    hashes, following, counts = table
    low, high = np.searchsorted(hashes, hashed[0], "left"), np.searchsorted(hashes, hashed[0], "right")
    return following[low:high], counts[low:high]


def _extend(hashes: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    mixed = (hashes ^ (tokens + np.uint64(1))) * _MIX
    return mixed ^ (mixed >> np.uint64(31))
