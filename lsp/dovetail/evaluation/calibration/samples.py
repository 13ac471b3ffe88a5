"""From what a model wrote to what could be shown of it: nothing, a word, a line or all, and whether that was right."""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.pipeline import is_whole
from dovetail.completion.postprocessing.confidence import first_line, first_word
from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import Place, read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.calibration.replay import NOT_ASKED
from dovetail.evaluation.history.suite import FOLLOWING
from dovetail.evaluation.task import ProjectHole, Task, TextHole


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


def sample_of(task: Task, answer: Answer) -> Sample:
    """Return the sample of an answer whose completion is what the model wrote. Parses the text: not for a loop."""
    before, after = _around(task)
    place = read_place(task.question.path, before + after, len(before))
    written = answer.completion or ""
    wanted = task.truth + (f"\n{task.official.get(FOLLOWING, '')}" if FOLLOWING in task.official else "") + after
    if answer.stop == NOT_ASKED:
        written = ""
    parts = [
        _part(part, written, answer.stop, place, wanted) for part in (first_word(written), first_line(written), written)
    ]
    return Sample(task.group, task.language, answer.logprob, *parts)


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


def is_right(shown: str, wanted: str) -> bool:
    """Return whether a text begins with what is shown, blank lines and spaces at line ends aside.

    A suggestion that ends inside a word of the author's is wrong: accepting it means to delete.
    """
    found, author = _normalized(shown), _normalized(wanted)
    if not author.startswith(found):
        return False
    rest = author[len(found) : len(found) + 1]
    return not (rest and _is_word(rest) and _is_word(found[-1]))


def _normalized(text: str) -> str:
    """Return the lines that are not blank, without spaces at their ends and at the beginning of the first."""
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()).strip()


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
