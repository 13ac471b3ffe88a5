"""Text that comes again: what teaches a small model to look back.

Copying from the context (an induction head; C. Olsson et al. 2022) forms late on natural text, after more tokens than a
small model on a small machine sees. On samples in which every token has occurred before, it forms within a few hundred
steps. Two forms: words in a random order, the same order again and again, which nothing but looking back predicts; and
lines of code that come again with some names exchanged, as code does.
"""

import random
import re
from collections.abc import Callable

MIN_TOKENS, MAX_TOKENS = 12, 120  # about, of what comes again
CHARACTERS = 3  # a token, about


def repeated(text: str, rename: Callable[[], Callable[[str], str]], tokens: int, rng: random.Random) -> str:
    """About `tokens` tokens of repetitions of a part of `text`; `rename` draws a renaming for each."""
    size = rng.randint(MIN_TOKENS, min(MAX_TOKENS, max(MIN_TOKENS, tokens // 2))) * CHARACTERS
    start = rng.randrange(max(1, len(text) - size))
    part = text[start : start + size]
    times = max(2, tokens * CHARACTERS // size)
    if rng.random() < 0.5:
        pieces = re.findall(r"\w+|[^\w\s]", part)
        rng.shuffle(pieces)
        return " ".join(pieces * times)
    return "\n".join(rename()(part) for _ in range(times))
