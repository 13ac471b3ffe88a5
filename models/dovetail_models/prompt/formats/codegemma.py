"""CodeGemma (2B and 7B).

    [BOS]dep/one.py
    <text>
    <|file_separator|>current/file.py
    <|fim_prefix|>prefix<|fim_suffix|>suffix<|fim_middle|>forced

Figures 2 and 4 of the CodeGemma report (arXiv 2406.11409) show it: a path and a newline before the prefix marker, and a
separator between files. In table 2 of the report the instruct models lose most of their ability to fill several lines
(7B: 20 and 24 % instead of 58 %), and Google's guide names 2B and 7B alone as tuned for holes.

Plain Gemma has other texts in the places of these tokens, so the vocabulary distinguishes the two.
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
    Role,
    Segment,
    Special,
    Text,
)


def segments(parts: PromptParts) -> tuple[Segment, ...]:
    """Lay a prompt out."""
    return (
        Special(Role.BOS),
        *(Text(file_text(block), CONTEXT_LABEL + block.path, closer=Role.FILE) for block in parts.context),
        Text(path_line(parts.path) if parts.path else "", PATH_LABEL),
        Special(Role.FIM_PREFIX),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_MIDDLE),
        Text(parts.forced, FORCED_LABEL),
    )


CODEGEMMA = Format(
    family="codegemma",
    markers={
        Role.FIM_PREFIX: "<|fim_prefix|>",
        Role.FIM_SUFFIX: "<|fim_suffix|>",
        Role.FIM_MIDDLE: "<|fim_middle|>",
        Role.FILE: "<|file_separator|>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="codegemma-2b",
    leaks=("<start_of_turn>", "<end_of_turn>", "<eos>"),
    tuned="refused",
)
