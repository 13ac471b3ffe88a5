"""Seed-Coder 8B (base).

    [BOS]<[fim-suffix]>suffix<[fim-prefix]>#dep/one.py
    <text>
    #current/file.py
    prefix and forced<[fim-middle]>

The Seed-Coder report (arXiv 2506.03524, section 2.2.6) gives suffix, prefix, middle, for single files cut at any
character. The model saw each repository as one text in dependency order (section 2.2), but the report does not specify
how that text names a file. So other files are plain text at the beginning of the prefix, under `#path` lines.

Models that were tuned for next edits on top of it (Zeta) expect another prompt and are not of this family.
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


def segments(parts: PromptParts) -> tuple[Segment, ...]:
    """Lay a prompt out."""
    return (
        Special(Role.BOS),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_PREFIX),
        *(Text(file_text(block, "#"), CONTEXT_LABEL + block.path) for block in parts.context),
        Text(path_line(parts.path, "#") if parts.path else "", PATH_LABEL),
        Joined((Text(parts.prefix, PREFIX_LABEL), Text(parts.forced, FORCED_LABEL))),
        Special(Role.FIM_MIDDLE),
    )


SEED_CODER = Format(
    family="seed-coder",
    markers={
        Role.FIM_PREFIX: "<[fim-prefix]>",
        Role.FIM_SUFFIX: "<[fim-suffix]>",
        Role.FIM_MIDDLE: "<[fim-middle]>",
    },
    lay_out=segments,
    frozen_anchor=False,
    base="Seed-Coder-8B-Base",
    leaks=("<[end▁of▁sentence]>", "<[begin▁of▁sentence]>", "<[PAD▁TOKEN]>", "<[SEP▁TOKEN]>"),
    untrained={"zeta": "was tuned to predict edits and expects another prompt"},
)
