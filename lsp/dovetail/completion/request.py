"""What is asked and what is answered, as values: the pipeline's two ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dovetail.rules.live import ContextRules
from dovetail_context.bundle import ContextBundle, ContextPiece
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import shown_path
from dovetail_context.query import RecentPlace
from dovetail_models.engine.job import CompletionReply, Priority

if TYPE_CHECKING:
    from dovetail.completion.postprocessing.shaping import Shaped
    from dovetail.completion.preparation.anchor import Anchor

Trigger = Literal["automatic", "invoked"]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A place in a text that wants to be continued.

    `document` names the document for the engine: a newer request for the same one supersedes the older. `path` is
    relative to the project, with forward slashes; `offset` counts code points from the start of `text`, in which
    every secret has been blanked out. `rules` is what the project's rules give this path, `recent` where the user
    was just at work, `shown` what the last answer for this document showed. `anchor` is the one to go on from,
    where it still holds; without one, prefix, suffix and context are taken afresh. `candidates` is how many
    different completions are wanted. `epoch` counts the changes of what may be shown: what was made in an older epoch
    is not used again. `hurried` says that someone waits: a prompt that a slow machine has to read
    from the start is kept short. `pause_s` is how long to wait before the model is asked: a newer keystroke may
    make that needless. `language` is the id of the text's language, "" if its path says that. `is_file` is false for a
    text that belongs to no file, whatever its path: nothing of it may be kept. `turn` numbers the requests of a
    session: the model answers the later one first.
    """

    document: str
    path: str
    text: str
    offset: int
    snapshot: IndexSnapshot
    trigger: Trigger = "automatic"
    use_context: bool = True
    explain: bool = False
    anchor: Anchor | None = None
    pause_s: float = 0.0
    priority: Priority = "interactive"
    candidates: int = 1
    hurried: bool = False
    rules: ContextRules = field(default_factory=ContextRules)
    recent: tuple[RecentPlace, ...] = ()
    shown: tuple[ContextPiece, ...] = ()
    epoch: int = 0
    language: str = ""
    is_file: bool = True
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at a place in place of the `replaced` characters (code points) right of it, with everything that
    is known about how it came to be. Times are in milliseconds.

    `path`, `offset` (code points), and `line` and `column` (from 1, the column in code points) all name that place.
    `others` are what might stand there instead. `written` is the model's text before it was shaped. `remembered` is
    whether the model did not have to be asked. `names` is how many names the project has for that place, if it has all
    of them: the model leaned towards these. `invented` is how often it was asked once more, because it had made up a
    member that the project has not. `files` are the absolute paths of all other files that the model was told of.
    `language` is that of the request. `repository` is the project's name, which some models are shown.
    """

    text: str
    path: str
    offset: int
    line: int
    column: int
    replaced: int
    written: str
    anchor: Anchor
    reply: CompletionReply
    context_ms: float
    total_ms: float
    remembered: bool = False
    others: tuple[Shaped, ...] = ()
    names: int = 0
    invented: int = 0
    files: tuple[str, ...] = ()
    language: str = ""
    repository: str = ""

    @property
    def shown_path(self) -> str:
        """The path as the model was told it: with a suffix for the language where the path does not say that."""
        return shown_path(self.path, self.language)

    @property
    def context(self) -> ContextBundle:
        """What the model was shown of other files."""
        return self.anchor.context
