"""What a server has to know of a model's family: layout and markers. The seam to `dovetail_models/prompt`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from dovetail_models.errors import EngineError
from dovetail_models.prompt.formats.choose import FORMATS
from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import Role, Segment

_LOOKS_LIKE_A_MARKER = r"<[|｜][^|｜<>\n]{1,40}[|｜]>"
"""Most vocabularies write their markers so: each is broken up, whether this family knows it or not."""

_ADDED = ("<pad>", "<|User|>", "<|Assistant|>")
"""Added tokens that llama.cpp finds in plain text though special tokens are not asked for."""

_BREAK = "\u2060"
"""A word joiner: takes no width, belongs to no word, and no marker holds it."""


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of models wants its prompts.

    `segments` lays the parts out. `markers` are the texts of the special tokens by role. `others` are the texts of
    other special tokens that a tokenizer finds in plain text; `ends` are texts before which a completion ends, those
    that a model is likely to write first. `frozen_anchor` is whether what was typed follows the last marker.
    """

    name: str
    segments: Callable[[PromptParts], tuple[Segment, ...]]
    markers: Mapping[Role, str]
    others: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    frozen_anchor: bool = True

    def broken_up(self, text: str) -> list[str]:
        """Cut a text inside each marker, so that no piece holds a whole one: tokenized one by one, all stays text."""
        cuts = {0, len(text)}
        searched = 0
        pattern = self._pattern()
        while match := pattern.search(text, searched):
            letter = next((i for i, character in enumerate(match.group()) if character.isalpha()), 1)
            cuts.add(match.start() + (letter or 1))
            searched = match.start() + 1
        return [text[start:end] for start, end in pairwise(sorted(cuts))]

    def escaped(self, text: str) -> str:
        """Return the text with an invisible character in each marker, for servers that take no pieces."""
        return _BREAK.join(self.broken_up(text))

    def unescaped(self, text: str) -> str:
        """Return a model's text without the characters that `escaped` puts in."""
        return text.replace(_BREAK, "")

    def _pattern(self) -> re.Pattern[str]:
        texts = sorted(filter(None, {*self.markers.values(), *self.others}), key=len, reverse=True)
        return re.compile("|".join([*map(re.escape, texts), _LOOKS_LIKE_A_MARKER]))


_BEGINNINGS = {
    "deepseek-coder": "<｜begin▁of▁sentence｜>",
    "codegemma": "<bos>",
    "codestral": "<s>",
    "seed-coder": "<[begin▁of▁sentence]>",
}
"""The texts of beginning-of-text tokens, to explain a prompt; servers add the token themselves."""

_NEXT_FILE = (Role.FILE, Role.REPOSITORY, Role.FIM_PREFIX, Role.FIM_SUFFIX, Role.FIM_MIDDLE)
"""Markers in the order in which a model that does not end a text is likely to write them."""

_NAMES = {
    "deepseek-coder": r"deepseek.*coder",
    "codegemma": r"codegemma",
    "qwen-coder": r"qwen.*coder",
    "starcoder2": r"starcoder-?2",
    "granite-code": r"granite.*code",
    "granite": r"granite",
    "mellum2": r"mellum-?2",
    "mellum": r"mellum",
    "seed-coder": r"seed-coder",
    "codestral": r"codestral",
}
"""What names of models have in common, by family; the first that matches counts."""


def _family(form: Format) -> Family:
    markers = tuple(form.markers[role] for role in _NEXT_FILE if role in form.markers)
    return Family(
        form.family,
        form.lay_out,
        {Role.BOS: _BEGINNINGS.get(form.family, ""), **form.markers},
        others=(*form.leaks, *_ADDED),
        ends=(*form.stops, *markers, *form.leaks),
        frozen_anchor=form.frozen_anchor,
    )


FAMILIES = {form.family: _family(form) for form in FORMATS}
"""All families, by the name that the option `format` takes."""


def family_named(name: str) -> Family:
    """Return a family. Raises EngineError if there is none of that name."""
    if name not in FAMILIES:
        raise EngineError(f"[remote] format {name!r} is not known: choose one of {', '.join(FAMILIES)}")
    return FAMILIES[name]


def family_of(model: str) -> str:
    """Return the name of the family that a model's own name claims, "" if it claims none."""
    plain = re.sub(r"[^a-z0-9]+", "-", model.lower())
    return next((family for family, pattern in _NAMES.items() if re.search(pattern, plain)), "")
