"""Granite code models, and Granite 3.3 and 4: two vocabularies, one order.

    <fim_prefix>#dep/one.py
    <text>
    #current/file.py
    prefix<fim_suffix>suffix<fim_middle>forced

The Granite code paper (arXiv 2405.04324) trains fill-in-the-middle in both orders with StarCoder's control tokens; the
model cards of Granite 4, instruct models included, list fill-in-the-middle, and its vocabulary has the same names
between bars. Neither specifies how to show other files. So they are plain text at the beginning of the prefix, under
`#path` lines, and the format uses only markers that are documented for holes. Granite 3 has the code models'
vocabulary, but nothing documents that it fills holes.
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
        Special(Role.FIM_PREFIX),
        *(Text(file_text(block, "#"), CONTEXT_LABEL + block.path) for block in parts.context),
        Text(path_line(parts.path, "#") if parts.path else "", PATH_LABEL),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_MIDDLE),
        Text(parts.forced, FORCED_LABEL),
    )


GRANITE_CODE = Format(
    family="granite-code",
    markers={
        Role.FIM_PREFIX: "<fim_prefix>",
        Role.FIM_SUFFIX: "<fim_suffix>",
        Role.FIM_MIDDLE: "<fim_middle>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="granite-3b-code-base-2k",
    leaks=("<fim_pad>", "<filename>", "<reponame>", "<|endoftext|>"),
    names=("granite",),
    architectures=frozenset({"granite"}),
    documented=("code",),
)

GRANITE = Format(
    family="granite",
    markers={
        Role.FIM_PREFIX: "<|fim_prefix|>",
        Role.FIM_SUFFIX: "<|fim_suffix|>",
        Role.FIM_MIDDLE: "<|fim_middle|>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="granite-4.0-micro-base",
    leaks=("<|fim_pad|>", "<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"),
    names=("granite",),
    architectures=frozenset({"granite", "granitemoe", "granitehybrid"}),
    tuned="fine",
)
