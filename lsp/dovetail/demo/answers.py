"""What the server answered at the holes of a try-out, judged and counted: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dovetail.demo.holes import Hole

Verdict = Literal["silent", "exactly right", "right so far", "different"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server."""

    hole: Hole
    """The place that was asked about."""
    text: str
    """The ghost text that an editor would show; "" for none."""
    logprob: float | None
    """Mean log-probability of the model's tokens in nats; None if the server reports none."""
    model: str
    """Name of the model; "" if it was not asked."""
    sources: tuple[str, ...]
    """The pieces of other files in the prompt, one line each, best first."""
    milliseconds: float
    """Time from the request to the answer."""

    @property
    def verdict(self) -> Verdict:
        """Return how the ghost text compares with what the author wrote on the line."""
        shown, author = self.text.strip(), self.hole.cut.strip()
        if not shown:
            return "silent"
        if shown == author:
            return "exactly right"
        return "right so far" if author.startswith(shown) else "different"


def most_confident(answers: Sequence[Answer], count: int) -> list[Answer]:
    """Return the `count` shown answers with the highest log-probability, best first."""
    shown = [answer for answer in answers if answer.text]
    return sorted(shown, key=lambda answer: -(answer.logprob if answer.logprob is not None else float("-inf")))[:count]


def summary(answers: Sequence[Answer]) -> str:
    """Return the counts of all answers in one line."""
    verdicts = [answer.verdict for answer in answers]
    silent = verdicts.count("silent")
    return (
        f"Asked {len(answers)}: silent {silent}, shown {len(answers) - silent}. Of the shown: exactly right "
        f"{verdicts.count('exactly right')}, right as far as shown {verdicts.count('right so far')}, "
        f"different {verdicts.count('different')}."
    )
