"""From what a model wrote to the parts that could be shown of it, and whether each was right."""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.pipeline import is_whole
from dovetail.completion.postprocessing import confidence
from dovetail.completion.postprocessing.confidence import PartName, Threshold, characters, parts_of
from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import Place, read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.completion.values import Shaped
from dovetail.evaluation.answer import UNANSWERED, Answer
from dovetail.evaluation.rejected import after_typing
from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import DELETED, FOLLOWING, ProjectHole, Task, TextHole


@dataclass(frozen=True, slots=True)
class Part:
    """A suggestion that could be shown."""

    name: PartName = "all"
    """Which part of what the model wrote."""
    text: str = ""
    """What is inserted; empty where nothing would be shown."""
    is_right: bool = False
    """Whether the author wrote exactly this, and did not go on in the middle of its last word."""
    logprob: float | None = None
    """The natural-log probability of its tokens together; None where that is not known."""

    @property
    def saved(self) -> int:
        """Return the characters, without white space, that a right suggestion saves."""
        return characters(self.text) if self.is_right else 0

    def gain(self, threshold: Threshold) -> float | None:
        """Return what it is expected to be worth, in characters; None where no probability is known."""
        return None if self.logprob is None else threshold.gain(self.text, self.logprob)


@dataclass(frozen=True, slots=True)
class Sample:
    """The answer to a task, and its parts."""

    group: str
    """Samples of one group are not independent."""
    language: str
    """The task's language."""
    parts: tuple[Part, ...]
    """What could be shown, the shortest first; none where nothing could."""
    quiet: str = ""
    """Why silence is right here, in a word; empty where an answer is wanted."""


def sample_of(task: Task, answer: Answer) -> Sample:
    """Return the sample of an answer whose completion is what the model wrote. Parses the text: not for a loop."""
    if answer.typed:
        task = after_typing(task, answer.typed)
    before, after = _around(task)
    place = read_place(task.question.path, before + after, len(before))
    written = answer.completion or ""
    wanted = task.truth + (f"\n{task.official.get(FOLLOWING, '')}" if FOLLOWING in task.official else "") + after
    if answer.stop in UNANSWERED:
        written = ""
    never_right = task.quiet in ("prose", DELETED)  # nobody wants back what is being deleted; prose is the author's own
    parts = tuple(
        Part(part.name, part.shaped.text, not never_right and is_right(part.shaped.text, wanted), part.logprob)
        for part in _parts(written, answer, place)
    )
    return Sample(task.group, task.language, parts, task.quiet)


def _around(task: Task) -> tuple[str, str]:
    question = task.question
    if isinstance(question, TextHole):
        return question.prefix, question.suffix
    assert isinstance(question, ProjectHole)
    text = question.text
    if text is None:
        text = (question.root / question.path).read_bytes().decode("utf-8")
    return text[: question.start], text[question.end :]


def _parts(written: str, answer: Answer, place: Place) -> tuple[confidence.Part, ...]:
    """Return the parts as the pipeline finds them."""
    extent = decide(place, "automatic")
    if extent is None or not written.strip():
        return ()

    def shaped(beginning: str) -> Shaped:
        return shape(beginning, place, extent, is_whole=is_whole(answer.stop) or beginning != written)

    return parts_of(written, answer.token_logprobs, shaped)
