"""A prompt before tokenization: text, and special tokens that are named by role.

Roles and not texts, because a marker that stands in a user's file must stay text, and because the same role has another
token in another vocabulary.
"""

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a special token does in a prompt."""

    BOS = "bos"
    FIM_BEGIN = "fim_begin"
    FIM_HOLE = "fim_hole"
    FIM_END = "fim_end"


@dataclass(frozen=True, slots=True)
class Special:
    """The vocabulary's token for this role."""

    role: Role


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is tokenized on its own, without special tokens; `label` names it in reports on the prompt."""

    text: str
    label: str


Segment = Special | Text

CONTEXT_LABEL = "context:"
"""Labels of context blocks are this and the block's path."""

PATH_LABEL = "path"
PREFIX_LABEL = "prefix"
SUFFIX_LABEL = "suffix"
FORCED_LABEL = "forced"
