"""Mellum 4B (base and those tuned for single languages).

    <filename>dep/one.py
    <text>
    <filename>current/file.py
    <fim_suffix>suffix<fim_prefix>prefix and forced<fim_middle>

The model card of Mellum-4b-base shows it, under "Fill in the middle with additional files as context"; the paper
(arXiv 2510.05788) documents that only the order suffix, prefix, middle was trained. The tuned models (sft, dpo) are
tuned for completion, not for chat, so they need no advice.
"""

from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.formats.lines import file_text, path_line
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import (
    CONTEXT_LABEL,
    FORCED_LABEL,
    PATH_LABEL,
    PREFIX_LABEL,
    SUFFIX_LABEL,
    Joined,
    Role,
    Segment,
    Special,
    Text,
)

MARKERS = {
    Role.FIM_PREFIX: "<fim_prefix>",
    Role.FIM_SUFFIX: "<fim_suffix>",
    Role.FIM_MIDDLE: "<fim_middle>",
    Role.FILE: "<filename>",
}


def segments(parts: PromptParts) -> tuple[Segment, ...]:
    """Lay a prompt out."""
    head: list[Segment] = [Special(Role.BOS)]
    head += [Text(file_text(block), CONTEXT_LABEL + block.path, Role.FILE) for block in parts.context]
    if parts.path:
        head.append(Text(path_line(parts.path), PATH_LABEL, Role.FILE))
    return (
        *head,
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_PREFIX),
        Joined((Text(parts.prefix, PREFIX_LABEL), Text(parts.forced, FORCED_LABEL))),
        Special(Role.FIM_MIDDLE),
    )


MELLUM = Format(
    family="mellum",
    markers=MARKERS,
    lay_out=segments,
    frozen_anchor=False,
    base="Mellum-4b-base",
    leaks=("<fim_pad>", "<reponame>", "<|endoftext|>"),
    names=("mellum",),
)
