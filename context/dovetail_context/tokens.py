"""How many tokens a text costs, estimated without a model. Pure.

The weights were fitted by least squares to the real DeepSeek-Coder vocabulary on 1,850 pieces (1 to 60 lines) of
Python, TypeScript, Java, Go, Rust, C and C++ code and of this package's own outlines. On another 1,850 the error is 3
% in the median and 11 % at the 95th percentile, and the sum is 0.5 % low.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from math import ceil

_PIECE = re.compile(r"\n[ \t]*|[ \t]+|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d|_+|[^\x00-\x7f]|[^\w\s]+|.", re.DOTALL)

# Tokens of a word by its length: common short words are one token with the space before them, long ones are several.
_LOWER = (0.0, *(1.3,) * 3, *(1.15,) * 3, *(1.37,) * 3, *(1.6,) * 3, 2.14)
_CAPITALIZED = (0.0, *(1.13,) * 4, *(1.3,) * 3, *(1.72,) * 3, 2.28)
_UPPER = 1.32
_LONG_UPPER, _UPPER_LETTER = 1.3, 0.19
_LINE_END, _INDENT = 1.25, 0.35
_SPACES = 0.88
_SINGLE_SPACE = -0.17  # it belongs to the word behind it, and such words are more often one token
_DIGIT, _UNDERSCORE, _FOREIGN = 0.96, 1.19, 2.03
_SIGNS = (0.0, 1.05, 1.22, 1.54)
MAX_WEIGHTS = 32_768  # the words of a large project, some MB


# Real tokens for each estimated one, by language, in contexts of 512 to 2,048 tokens at 734 places of 41 projects.
CALIBRATION = {
    "c": 1.09,
    "cpp": 1.025,
    "csharp": 0.97,
    "go": 0.975,
    "java": 0.985,
    "kotlin": 1.02,
    "python": 1.02,
    "rust": 1.02,
    "typescript": 0.985,
}


@lru_cache(maxsize=8192)  # the signatures of a project come again and again; some MB
def estimate_tokens(text: str) -> int:
    """The estimated number of DeepSeek-Coder tokens of `text`, in linear time (about 6 MB/s)."""
    return max(1, round(sum(map(_weights.__getitem__, _PIECE.findall(text))))) if text else 0


@cache
def estimate_for(language: str) -> Callable[[str], int]:
    """Return the estimate for code of a language (a name of `languages/registry.py`)."""
    factor = CALIBRATION.get(language, 1.0)
    return estimate_tokens if factor == 1.0 else lambda text: ceil(factor * estimate_tokens(text))


class _Weights(dict[str, float]):
    """The weights of the pieces that were met. Most are words that come again and again, and a dictionary finds them
    in two thirds of the time that a cache of the standard library takes."""

    def __missing__(self, piece: str) -> float:
        if len(self) >= MAX_WEIGHTS:
            self.clear()
        found = self[piece] = _weight(piece)
        return found


_weights = _Weights()


def _weight(piece: str) -> float:
    first, length = piece[0], len(piece)
    if "a" <= first <= "z":
        return _LOWER[min(length, len(_LOWER) - 1)]
    if first == " " or first == "\t":
        return _SINGLE_SPACE if length == 1 else _SPACES
    if "A" <= first <= "Z":
        if length > 1 and piece[1].islower():
            return _CAPITALIZED[min(length, len(_CAPITALIZED) - 1)]
        return _UPPER if length <= 2 else _LONG_UPPER + _UPPER_LETTER * (length - 2)
    if first == "\n":
        return _LINE_END if length == 1 else _LINE_END + _INDENT
    if first.isdigit():
        return _DIGIT
    if first == "_":
        return _UNDERSCORE
    return _FOREIGN if first > "\x7f" else _SIGNS[min(length, 3)]
