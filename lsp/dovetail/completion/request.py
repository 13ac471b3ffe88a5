"""The question and the answer as values: the two ends of the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dovetail.completion.postprocessing.confidence import SHIPPED, Part, Threshold, most_promising
from dovetail.completion.preparation.anchor import Anchor
from dovetail.completion.preparation.restraint import UNRESTRAINED, Restraint
from dovetail.completion.tuning import ModelTunings
from dovetail.completion.values import Shaped, Trigger
from dovetail.rules.live import ContextRules
from dovetail.text.document import Position
from dovetail_context.api import ContextBundle, ContextPiece, IndexSnapshot, RecentPlace, shown_path
from dovetail_models.api import CompletionReply, Priority


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A place in a text to complete."""

    document: str
    """Name of the document for the engine: a newer request for the same document supersedes an older one."""

    path: str
    """Path relative to the project, with forward slashes."""

    text: str
    """Text of the document, with every secret blanked out."""

    offset: int
    """The cursor, in code points from the start of `text`."""

    snapshot: IndexSnapshot
    """The project as the prompt may show it."""

    trigger: Trigger = "automatic"
    """How the user asked."""

    restraint: Restraint = UNRESTRAINED
    """What the user has just done at the cursor; it counts only where nobody asked expressly."""

    use_context: bool = True
    """Whether the prompt may hold text of other files."""

    explain: bool = False
    """Whether the engine also returns the prompt, for the account of the completion."""

    anchor: Anchor | None = None
    """The frozen prefix, suffix and context to go on from while they hold; None gathers them again."""

    wait_s: float = 0.0
    """Seconds to wait before the model is asked: a newer keystroke may make the request unnecessary."""

    priority: Priority = "interactive"
    """The engine's queue: who waits for the answer."""

    candidates: int = 1
    """The number of different completions to return."""

    hurried: bool = False
    """Whether the user is waiting: then a slow machine gets a shorter prompt."""

    rules: ContextRules = field(default_factory=ContextRules)
    """What the project's rules give this path."""

    recent: tuple[RecentPlace, ...] = ()
    """Where the user was just at work."""

    shown: tuple[ContextPiece, ...] = ()
    """Context that the last answer for this document showed."""

    epoch: int = 0
    """Counts the changes of what may be shown: nothing made in an older epoch is used again."""

    language: str = ""
    """Language id of the text; "" where the path decides."""

    is_file: bool = True
    """False for a text that belongs to no file, whatever its path: nothing of it is written to disk."""

    tunings: ModelTunings = field(default_factory=ModelTunings)
    """How each model is asked and how sure it must be, where it was calibrated for the language."""

    use_names: bool = True
    """Whether the model leans towards the names that the project has behind a dot, and is asked again after another."""

    count: Callable[[str], int] | None = None
    """Counts the tokens of a text as the engine does; None where they can only be estimated."""

    turn: int = 0
    """Number of the request in its session: the engine answers the later one first."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A request that asked nothing of the model, because a suggestion would have disturbed."""

    request: CompletionRequest
    """What was not answered."""

    position: Position
    """The cursor in the whole document, in code points."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert, and how it came to be."""

    text: str
    """What to insert; "" shows nothing."""

    path: str
    """Path of the document, relative to the project."""

    offset: int
    """Where to insert, in code points from the start of the text."""

    line: int
    """The line of `offset`, from 1."""

    column: int
    """The column of `offset`, from 1, in code points."""

    replaced: int
    """Characters (code points) to the right of `offset` that the text replaces."""

    written: str
    """The model's text before post-processing."""

    anchor: Anchor
    """The frozen prefix, suffix and context that the prompt was made of."""

    reply: CompletionReply
    """The engine's answer with its tokens and times."""

    context_ms: float
    """Milliseconds spent on gathering context."""

    total_ms: float
    """Milliseconds from the request to this value."""

    remembered: bool = False
    """Whether the completion cache answered, and the model was not asked."""

    others: tuple[Shaped, ...] = ()
    """Alternatives at the same place."""

    names: int = 0
    """The number of names known to be valid here, which the model was biased towards; 0 if not all are known."""

    unknown_members: int = 0
    """How often the model was asked again because it wrote an unknown member."""

    files: tuple[str, ...] = ()
    """Absolute paths of all other files whose text was in the prompt."""

    language: str = ""
    """Language id of the request."""

    threshold: Threshold = SHIPPED
    """What a part had to promise to be shown, if nobody asked expressly."""

    parts: tuple[Part, ...] = ()
    """What could be shown of what the model wrote."""

    withheld: str = ""
    """Why nothing is shown although there is something to show; "" where that is not so."""

    repository: str = ""
    """The project's name, which some prompt formats include."""

    @property
    def best(self) -> Part | None:
        """Return the part that promised most; None where nothing could be shown."""
        return most_promising(self.parts, self.threshold)

    @property
    def gain(self) -> float | None:
        """Return what that part was expected to save, in characters; None where no probability is known."""
        return None if self.best is None else self.best.gain(self.threshold)

    @property
    def shown_path(self) -> str:
        """Return the path as the prompt gives it, with a suffix for the language where the path has none."""
        return shown_path(self.path, self.language)

    @property
    def context(self) -> ContextBundle:
        """Return the context from other files that the prompt held."""
        return self.anchor.context
