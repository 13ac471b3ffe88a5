"""Keeping evaluation text out of the corpus: files that share word n-grams with the evaluation projects and suites.
Pure but for `reference_texts`."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from models.starter.corpus.projects import LANGUAGE_BY_SUFFIX

GRAM_WORDS = 20  # long enough that ordinary code does not repeat it by chance
TABLE_BITS = 28  # 256 MB, of which the references fill a few percent
MAX_SHARE = 0.05  # of a file's n-grams that may be in the evaluation: licence headers and stock imports do
_WORD = re.compile(r"\w+|[^\w\s]")
# A licence at the head of a file is the same everywhere and says nothing about where the code is from.
_HEAD_COMMENT = re.compile(r"\A\s*(?:/\*[\s\S]*?\*/|(?:[ \t]*(?://|#)[^\n]*\n)+)")


class OverlapFilter:
    """Word n-grams of the texts that must not be trained on."""

    def __init__(self, references: Iterable[str]) -> None:
        self._word_ids: dict[str, int] = {}
        self._powers = np.array([pow(1_000_003, power, 2**64) for power in range(GRAM_WORDS)], dtype=np.uint64)
        self._seen = np.unique(np.concatenate([np.zeros(0, np.uint64), *(self._grams(text) for text in references)]))

        # Nearly all n-grams are nowhere in the references: a table of their high bits shows that without a search.
        self._table = np.zeros(1 << TABLE_BITS, bool)
        self._table[self._seen >> np.uint64(64 - TABLE_BITS)] = True

    def __len__(self) -> int:
        return len(self._seen)

    def share(self, text: str) -> float:
        """The share of the text's n-grams that are in the references (0 where it is shorter than one)."""
        grams = self._grams(text)
        if not len(grams) or not len(self._seen):
            return 0.0
        likely = grams[self._table[grams >> np.uint64(64 - TABLE_BITS)]]
        places = np.searchsorted(self._seen, likely).clip(max=len(self._seen) - 1)
        return float((self._seen[places] == likely).sum()) / len(grams)

    def overlaps(self, text: str) -> bool:
        """Whether the text must be left out."""
        return self.share(text) > MAX_SHARE

    def _grams(self, text: str) -> np.ndarray:
        words = _WORD.findall(_HEAD_COMMENT.sub("", text))
        if len(words) < GRAM_WORDS:
            return np.zeros(0, np.uint64)
        ids = self._word_ids
        # Spread the small ids over 64 bits, or sums of them would collide.
        hashed = np.fromiter((ids.setdefault(word, len(ids)) for word in words), np.uint64, len(words)) * np.uint64(
            0x9E3779B97F4A7C15
        )
        hashed ^= hashed >> np.uint64(29)
        count = len(words) - GRAM_WORDS + 1
        grams = np.zeros(count, np.uint64)
        for position in range(GRAM_WORDS):
            grams += hashed[position : position + count] * self._powers[position]
        return grams


def reference_texts(evaluation: Path) -> Iterator[str]:
    """Every source file of the evaluation projects, and every string of the infilling suites' rows."""
    for path in sorted((evaluation / "repos").rglob("*")):
        if path.suffix.lower() in LANGUAGE_BY_SUFFIX and path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")
    for path in sorted((evaluation / "infilling").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield " ".join(value for value in json.loads(line).values() if isinstance(value, str))
