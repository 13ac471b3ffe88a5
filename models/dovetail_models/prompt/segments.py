"""A prompt before tokenization: text, and special tokens that are named by role.

Special tokens have roles instead of texts for two reasons. A marker that appears in a user's file must stay text, and
each vocabulary has its own token for the same role.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a special token does in a prompt."""

    BOS = "bos"
    FIM_PREFIX = "fim_prefix"
    FIM_SUFFIX = "fim_suffix"
    FIM_MIDDLE = "fim_middle"
    REPOSITORY = "repository"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Special:
    """The vocabulary's token for this role."""

    role: Role


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is tokenized on its own, without special tokens.

    `label` names it in reports on the prompt. `opener` and `closer` are special tokens that belong to it: where the
    text is left out for want of room, they are left out too.
    """

    text: str
    label: str
    opener: Role | None = None
    closer: Role | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts without opener or closer that follow one another and are tokenized as one text.

    A token that reaches over the end of one of them counts for the next.
    """

    texts: tuple[Text, ...]


Segment = Special | Text | Joined

CONTEXT_LABEL = "context:"
"""Labels of context blocks are this and the block's path."""

PATH_LABEL = "path"
REPOSITORY_LABEL = "repository"
PREFIX_LABEL = "prefix"
SUFFIX_LABEL = "suffix"
FORCED_LABEL = "forced"


def flat(segments: Iterable[Segment]) -> tuple[Special | Text, ...]:
    """Return segments one by one, with openers, closers and joined texts, for callers that send a prompt as text."""
    found: list[Special | Text] = []
    for segment in segments:
        if isinstance(segment, Special):
            found.append(segment)
            continue
        for text in segment.texts if isinstance(segment, Joined) else (segment,):
            found += [Special(text.opener)] if text.opener else []
            found.append(Text(text.text, text.label))
            found += [Special(text.closer)] if text.closer else []
    return tuple(found)
