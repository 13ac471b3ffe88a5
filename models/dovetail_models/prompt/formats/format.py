"""What a prompt format is: how a family of models reads a hole in a file. Only the value lives here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import Role, Segment

Tuned = Literal["fine", "doubtful", "refused"]
"""Whether models of a family that were tuned for chat still fill holes.

fine: their makers document that they do. doubtful: nobody documents it, or measurements were worse. refused: their
makers document that they do not.
"""


@dataclass(frozen=True, slots=True)
class Format:
    """How a family of models reads a hole in a file.

    `family` names it in options and reports. `markers` are the texts of its special tokens by role; a vocabulary that
    lacks one of them as one special token is not of the family. `lay_out` turns parts into segments.

    `frozen_anchor` is whether what was typed follows the last marker, so that a keystroke changes nothing before it.
    Elsewhere the suffix comes first and what was typed is one text with the prefix, which the KV cache holds as well.

    `leaks` are further texts of markers that end a completion if the model writes them, as tokens or letter by
    letter; `stops` are texts that begin something else than the rest of this file.

    `names` are parts of model names and `architectures` GGUF architectures. Either distinguishes the family from
    others with the same markers; without both, the markers decide. `untrained` maps parts of names to reasons why
    such a model cannot fill holes. If `documented` is given, only models with one of these parts in their names are
    known to fill holes. `tuned` is about models for chat, except those with a part of `tuned_documented` in their
    names. `base` names a model of the family that fills holes.
    """

    family: str
    markers: Mapping[Role, str]
    lay_out: Callable[[PromptParts], tuple[Segment, ...]]
    frozen_anchor: bool
    base: str
    leaks: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    architectures: frozenset[str] = frozenset()
    untrained: Mapping[str, str] = field(default_factory=dict)
    documented: tuple[str, ...] = ()
    tuned: Tuned = "doubtful"
    tuned_documented: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[str, ...]:
        """Return all texts before which a completion ends."""
        return (*self.markers.values(), *self.leaks, *self.stops)
