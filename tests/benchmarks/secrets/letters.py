"""Print the table of `dovetail_context/workspace/randomness.py`: the cost of a letter after another within words.

The words come from the sources of Python's standard library, so anyone can repeat the count.
"""

from __future__ import annotations

import math
import re
import sys
import sysconfig
from collections import Counter
from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MOST = 8  # The maximum number of times that a word counts: very common names do not represent others.
SMOOTHING = 3
THIRDS = 3  # of a bit
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]{2,}(?![a-z])")


def main() -> None:
    words: Counter[str] = Counter()
    for file in Path(sysconfig.get_path("stdlib")).rglob("*.py"):
        if "site-packages" not in file.parts:
            words.update({word.lower() for word in _WORD.findall(file.read_text("utf-8", "replace"))})
    pairs: Counter[str] = Counter()
    for word, count in words.items():
        if len(word) >= 3:
            for before, letter in zip("^" + word, word, strict=False):
                pairs[before + letter] += min(count, MOST)
    for before in LETTERS + "^":
        total = sum(pairs[before + letter] for letter in LETTERS) + SMOOTHING * len(LETTERS)
        costs = (-math.log2((pairs[before + letter] + SMOOTHING) / total) for letter in LETTERS)
        sys.stdout.write("".join(DIGITS[min(35, round(THIRDS * cost))] for cost in costs) + "\n")


if __name__ == "__main__":
    main()
