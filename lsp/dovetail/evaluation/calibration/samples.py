"""From what a model wrote to what could be shown of it: nothing, a word, a line or all, and whether that was right."""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.pipeline import is_whole
from dovetail.completion.postprocessing.confidence import first_line, first_word
from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import Place, read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.evaluation.answer import UNANSWERED, Answer
from dovetail.evaluation.rejected import after_typing
from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import DELETED, FOLLOWING, ProjectHole, Task, TextHole


@dataclass(frozen=True, slots=True)
class Part:
    """A suggestion that could be shown."""

    text: str = ""
    """What is inserted; empty where nothing would be shown."""
    is_right: bool = False
    """Whether the author wrote exactly this, and did not go on in the middle of its last word."""

    @property
    def saved(self) -> int:
        """Return the characters, without white space, that a right suggestion saves."""
        return sum(1 for character in self.text if not character.isspace()) if self.is_right else 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The answer to a task, and its parts."""

    group: str
    """Samples of one group are not independent."""
    language: str
    """The task's language."""
    logprob: float | None
    """Mean natural-log probability a token; None where the model wrote nothing, and all of that is shown."""
    word: Part
    """The first word."""
    line: Part
    """The first line."""
    whole: Part
    """All that the pipeline would show."""
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
    parts = [
        _part(part, written, answer.stop, place, wanted) for part in (first_word(written), first_line(written), written)
    ]
    if task.quiet in ("prose", DELETED):  # nobody wants back what is being deleted, and prose is the author's own
        parts = [Part(part.text) for part in parts]
    word, line, whole = parts
    return Sample(task.group, task.language, answer.logprob, word, line, whole, task.quiet)


def _around(task: Task) -> tuple[str, str]:
    question = task.question
    if isinstance(question, TextHole):
        return question.prefix, question.suffix
    assert isinstance(question, ProjectHole)
    text = question.text
    if text is None:
        text = (question.root / question.path).read_bytes().decode("utf-8")
    return text[: question.start], text[question.end :]


def _part(part: str, written: str, stop: str, place: Place, wanted: str) -> Part:
    extent = decide(place, "automatic")
    if extent is None or not part.strip():
        return Part()
    shown = shape(part, place, extent, is_whole=is_whole(stop) or part != written).text
    return Part(shown, is_right(shown, wanted)) if shown.strip() else Part()
