"""What came back for a task, as a value and as a line of the run file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dovetail.evaluation.task import Task
from dovetail_models.api import TokenLogprob

NOT_ASKED = "not asked"
"""The stop reason of a place where the pipeline asks no model, whatever the thresholds."""
NOTHING_REJECTED = "nothing rejected"
"""The stop reason of a place after a rejection, where the first suggestion was empty or right: there is none."""
REPEATED = "rejected before"
"""The stop reason of a place where the model wrote again what was rejected, which is not shown."""
UNANSWERED = (NOT_ASKED, NOTHING_REJECTED, REPEATED)
"""The stop reasons of answers of which nothing is shown, whatever the thresholds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion and what it cost."""

    completion: str | None
    """The text; None where only context was gathered."""
    context: tuple[Mapping[str, Any], ...] = ()
    """Pieces of other files that the model was shown, as the documented objects, with text."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """Tokens: of the context, the prompt, reused, generated, drafted, accepted, and cut for want of room."""
    ms: Mapping[str, float] = field(default_factory=dict)
    """Times of each stage; "total" is the latency."""
    stop: str = ""
    """Why the text ended: a `StopReason` of the engine."""
    logprob: float | None = None
    """Mean natural-log probability of the generated tokens."""
    token_logprobs: tuple[TokenLogprob, ...] = ()
    """The probability of each token, where the model reports any."""
    names: tuple[str, ...] | None = None
    """The names known behind a dot at the place, where they were asked for."""
    written: str | None = None
    """The model's text before the pipeline shaped it; None where nothing shapes it."""
    prompt: str | None = None
    """What the model was shown, where that was asked for."""
    typed: str = ""
    """What the author typed against a first suggestion before this was answered."""

    @property
    def latency_ms(self) -> float:
        """Return the time from question to answer."""
        return float(self.ms.get("total", self.ms.get("context", 0.0)))


class Answerer(Protocol):
    """Answers tasks."""

    async def answer(self, task: Task) -> Answer:
        """Answer one. Raises EngineError when the model cannot answer, CommandError where a task's file is missing."""
        ...


Score = Mapping[str, float | None]
"""Scores by the name of their scorer, each between 0 and 1; None where a task cannot be scored here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task, its answer and its scores: what one line of a run file holds."""

    task: Task
    """The question."""
    answer: Answer
    """What came back."""
    scores: Score
    """How good that is."""
    note: str = ""
    """Why a score is missing, in one line; empty where none is."""


Scoring = Callable[[Task, Answer], tuple[Score, str]]
"""Scores an answer, and notes in one line why a score is missing."""
