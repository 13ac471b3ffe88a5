"""What a preset is: how a paper, or another tool, asks a model for a suite's tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dovetail.evaluation.task import Task
from dovetail_models.api import CompletionJob, Piece, PromptParts

NO_PARTS = PromptParts((), "", "", "")
"""The parts of a job whose prompt is verbatim."""

CLIENT = "evaluation"
"""The engine's name for whoever asks."""

BOS, FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE = (
    Piece(role=role) for role in ("bos", "fim_prefix", "fim_suffix", "fim_middle")
)
"""Special tokens: a model's own for each role."""


@dataclass(frozen=True, slots=True)
class Published:
    """A row of a published table, in percent."""

    model: str
    """The model that was measured."""
    figures: Mapping[str, float]
    """Figures by language or set, as the table names them."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A prompt, limits and scores, and what was published about them."""

    name: str
    """Names it on the command line."""
    suite: str
    """The suite whose tasks it asks."""
    title: str
    """What it repeats, in a line."""
    source: str
    """Where that is documented."""
    job: Callable[[Task], CompletionJob]
    """Returns what the engine is asked for a task."""
    scorers: tuple[str, ...]
    """The scores to give; the first is the table's."""
    cut: Callable[[str, Task], str] = lambda written, task: written
    """Cuts what the model wrote to what is scored."""
    enough: Callable[[str], bool] | None = None
    """Whether a text suffices, so that the rest need not be generated: it must not change what `cut` returns."""
    window: int = 0
    """Tokens of the context window that prompt and answer take at most; 0 leaves it to the setting."""
    published: tuple[Published, ...] = ()
    """What was published."""
    caveats: tuple[str, ...] = field(default_factory=tuple)
    """Why a figure may differ from the published one, a sentence each."""


def has_a_line(text: str) -> bool:
    """Return whether a text has a whole line that is not blank."""
    return "\n" in text.lstrip()
