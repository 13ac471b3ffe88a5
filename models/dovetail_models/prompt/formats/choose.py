"""Choose a model file's format by the markers in its vocabulary, then by the file's metadata and name. Pure."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from dovetail_models.errors import ModelError
from dovetail_models.prompt.formats.codegemma import CODEGEMMA
from dovetail_models.prompt.formats.codestral import CODESTRAL
from dovetail_models.prompt.formats.deepseek import DEEPSEEK
from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.formats.granite import GRANITE, GRANITE_CODE
from dovetail_models.prompt.formats.mellum import MELLUM
from dovetail_models.prompt.formats.mellum2 import MELLUM2
from dovetail_models.prompt.formats.qwen import QWEN
from dovetail_models.prompt.formats.seed_coder import SEED_CODER
from dovetail_models.prompt.formats.starcoder2 import STARCODER2

FORMATS = (
    DEEPSEEK,
    CODEGEMMA,
    GRANITE,
    QWEN,
    STARCODER2,
    GRANITE_CODE,
    MELLUM2,
    MELLUM,
    SEED_CODER,
    CODESTRAL,
)
"""All formats. Where several fit, the first is taken: those with more to recognize come before those with less."""

TUNED_WORDS = frozenset({"instruct", "chat", "it", "thinking", "reasoning"})
"""Words in names of models that were tuned for chat. A chat template proves nothing: base models of Qwen have one."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """How a model file identifies itself.

    `file` is its name in messages. `names` are its names in metadata and on disk; `architecture` is the GGUF value.
    """

    file: str
    names: tuple[str, ...]
    architecture: str

    def has(self, parts: Collection[str]) -> bool:
        """Return whether one of its names has one of these parts."""
        return any(part in name for part in parts for name in map(_plain, self.names))

    @property
    def is_tuned(self) -> bool:
        """Return whether one of its names marks it as a model for chat."""
        return any(word in TUNED_WORDS for name in self.names for word in _plain(name).split("-"))


@dataclass(frozen=True, slots=True)
class ChosenFormat:
    """The format of a model, and a line of advice where it is doubtful that the model fills holes well."""

    format: Format
    advice: str = ""


def format_named(family: str) -> Format:
    """Return the format of a family. Raises ModelError with the names that there are."""
    for each in FORMATS:
        if each.family == family:
            return each
    known = ", ".join(each.family for each in FORMATS)
    raise ModelError(f'no prompt format is called "{family}": choose one of {known}')


def candidates(is_special: Callable[[str], bool]) -> tuple[Format, ...]:
    """Return the formats all of whose markers are special tokens of a vocabulary."""
    return tuple(each for each in FORMATS if all(map(is_special, each.markers.values())))


def choose(identity: ModelIdentity, is_special: Callable[[str], bool]) -> ChosenFormat:
    """Return the format of a model file; `is_special` returns whether a text is one special token of its vocabulary.

    Raises ModelError with one line that names a model which fills holes.
    """
    fitting = candidates(is_special)
    if not fitting:
        raise without_markers(identity.file)
    chosen = next((each for each in fitting if _claims(each, identity)), None)
    if chosen is None:
        families = " or ".join(each.family for each in fitting)
        raise ModelError(
            f"{identity.file} has the fill-in-the-middle tokens of {families}, but neither its name nor its "
            f"architecture is theirs: give the file a name that says what it is, or choose {fitting[0].base}"
        )
    for part, reason in chosen.untrained.items():
        if identity.has((part,)):
            raise ModelError(f"{identity.file} {reason}: choose a model such as {chosen.base}")
    return ChosenFormat(chosen, _advice(chosen, identity))


def without_markers(file: str) -> ModelError:
    """Return the error about a model that has no fill-in-the-middle tokens of any family."""
    return ModelError(
        f"{file} has no fill-in-the-middle tokens of a known family, so it cannot complete code in place: "
        f"choose a base model (not instruct), such as {DEEPSEEK.base}"
    )


def _claims(each: Format, identity: ModelIdentity) -> bool:
    if not each.names and not each.architectures:
        return True
    return identity.has(each.names) or identity.architecture in each.architectures


def _advice(chosen: Format, identity: ModelIdentity) -> str:
    """A line about a doubtful model, empty if there is no doubt. Raises ModelError for models that are refused."""
    if identity.is_tuned and not identity.has(chosen.tuned_documented):
        if chosen.tuned == "refused":
            raise ModelError(
                f"{identity.file} is a model for chat, which its makers did not train to complete code in place: "
                f"choose a base model, such as {chosen.base}"
            )
        if chosen.tuned == "doubtful":
            return (
                f"{identity.file} is a model for chat and its makers do not document that it completes code in place: "
                f"if its suggestions are poor, choose {chosen.base}"
            )
    if chosen.documented and not identity.has(chosen.documented):
        return (
            f"{identity.file} is not known to be trained to complete code in place: "
            f"if its suggestions are poor, choose {chosen.base}"
        )
    return ""


def _plain(name: str) -> str:
    """A name in small letters, with hyphens for all that is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())
