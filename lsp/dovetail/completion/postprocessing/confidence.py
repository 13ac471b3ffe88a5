"""How much of a suggestion to show: the part that is expected to save most, or nothing. Pure.

What could be shown is the first word, the first line or all. Each part is judged by the tokens that it consists of: the
product of their probabilities is the model's own estimate that the author writes exactly that. A mean over the whole
text says little about its first word. docs/benchmarks/shown.md has the figures, measured with the starter model.
Another model may be too sure of itself or not sure enough: `dovetail calibrate` corrects its estimates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from dovetail.completion.values import Shaped
from dovetail_models.api import TokenLogprob, tokens_within

PartName = Literal["word", "line", "all"]
"""The parts of a suggestion: its first word, its first line, all of it."""

WORTH_OF_RIGHT = 10
"""The characters that a right suggestion is worth beside those that it saves. With 5 or less, unlikely lines win over
likely words; with 20 or more, a line is hardly ever shown."""
LEAST_PROBABILITY = 0.25
"""A part that is less probable promises nothing: nobody wants a long block that is right once in ten times, however
much that would save. With the starter model, which writes few of them, this changes next to nothing."""
SUREST = 0.995
"""Probabilities are counted from 1 less this to this: a model's last thousandth says nothing."""
AFTER_REJECTION = 1.6
"""How many times the usual gain a suggestion must promise in a line with a rejection. This takes back half of the wrong
suggestions, and one in seven of the right ones."""

_FIRST_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+\w*)")


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a suggestion must promise to be shown, and how far a model's probabilities can be trusted."""

    least_gain: float = 5.0
    """In characters: the probability that a part is right, times what it is worth then. Below this nothing is shown."""
    shift: float = 0.0
    """Added to the log-odds of each part. Below 0 the model is surer than it should be."""
    slope: float = 1.0
    """The factor of the log-odds of each part. Below 1 the model is both too sure and too unsure."""

    @property
    def least_gain_after_rejection(self) -> float:
        """The least gain in a line with a rejection."""
        return self.least_gain * AFTER_REJECTION

    def probability(self, logprob: float) -> float:
        """Return how probable it is that a part is right whose tokens have this log-probability together."""
        return 1 / (1 + math.exp(-(self.shift + self.slope * own_odds(logprob))))

    def gain(self, text: str, logprob: float) -> float:
        """Return what a part is expected to be worth, in characters; 0 for one that is probably wrong."""
        probability = self.probability(logprob)
        return probability * (characters(text) + WORTH_OF_RIGHT) if probability >= LEAST_PROBABILITY else 0.0


SHIPPED = Threshold()
"""Chosen with the starter model. It takes the model's probabilities as they are, so it suits others as well."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a suggestion as it would be shown."""

    name: PartName
    """Which part."""
    shaped: Shaped
    """What would be inserted."""
    logprob: float | None
    """The natural-log probability of its tokens together; None where the model reports none."""

    def gain(self, threshold: Threshold) -> float | None:
        """Return what it is expected to be worth, in characters; None where the model reports no probabilities."""
        return None if self.logprob is None else threshold.gain(self.shaped.text, self.logprob)


class Promising(Protocol):
    """What can be compared by its expected gain."""

    def gain(self, threshold: Threshold) -> float | None: ...


def parts_of(
    text: str, tokens: Sequence[TokenLogprob], shape: Callable[[str], Shaped], with_beginnings: bool = True
) -> tuple[Part, ...]:
    """Return the parts of what a model wrote that can be shown, the shortest first. No two insert the same.

    `shape` returns what is shown of a beginning of the text. Without tokens, or beginnings, there is only all of it.
    Where nothing of all is fit to be shown, as where it repeats a line, neither is its first word: that would be right
    less often than others, and begins what nobody wants.
    """
    whole = shape(text) if text.strip() else Shaped("")
    if not whole.text.strip():
        return ()
    has_beginnings = with_beginnings and bool(tokens)
    asked: tuple[PartName, ...] = ("word", "line", "all") if has_beginnings else ("all",)
    names = {beginning(text, name): name for name in asked}
    parts: dict[str, Part] = {}
    for written, name in names.items():
        shaped = whole if name == "all" else shape(written) if written.strip() else Shaped("")
        if shaped.text.strip():
            parts[shaped.text] = Part(name, shaped, _logprob(shaped.text, written, tokens))
    return tuple(parts.values())


_Promising = TypeVar("_Promising", bound=Promising)


def most_promising(parts: Iterable[_Promising], threshold: Threshold) -> _Promising | None:
    """Return the part with the highest expected gain, whether that is enough or not; None of no part."""
    return max(parts, key=lambda part: _comparable(part.gain(threshold)), default=None)


def own_odds(logprob: float) -> float:
    """Return the log-odds that correspond to a log-probability."""
    probability = min(max(math.exp(min(logprob, 0.0)), 1 - SUREST), SUREST)
    return math.log(probability / (1 - probability))


def is_enough(gain: float | None, threshold: Threshold, after_rejection: bool = False) -> bool:
    """Return whether a part of this expected gain is shown. Where no probability is known, it is."""
    least = threshold.least_gain_after_rejection if after_rejection else threshold.least_gain
    return gain is None or gain >= least


def characters(text: str) -> int:
    """Return the number of characters that are not white space."""
    return sum(1 for character in text if not character.isspace())


def beginning(text: str, name: PartName) -> str:
    """Return the beginning of a text that is the part of a name, before it is shaped."""
    return first_word(text) if name == "word" else first_line(text) if name == "line" else text


def first_line(text: str) -> str:
    """Return the text up to the end of its first line that is not blank; "" where there is none."""
    return next((line for line in _lines_from_the_first(text) if line.strip()), "")


def first_word(text: str) -> str:
    """Return the first word of the first line, or a sign with the word after it; "" where there is none."""
    word = _FIRST_WORD.match(first_line(text))
    return word.group() if word else ""


def _logprob(shown: str, written: str, tokens: Sequence[TokenLogprob]) -> float | None:
    """Return the log-probability of the tokens of what is shown: shaping mostly cuts, and may change the rest."""
    if not tokens:
        return None
    length = len(shown) if written.startswith(shown) else len(written)
    return sum(token.logprob for token in tokens_within(tokens, length))


def _comparable(gain: float | None) -> float:
    return math.inf if gain is None else gain


def _lines_from_the_first(text: str) -> list[str]:
    """Beginnings of the text that end with a line: an empty first line belongs to the one after it."""
    lines = text.split("\n")
    return ["\n".join(lines[: number + 1]) for number in range(len(lines))]
