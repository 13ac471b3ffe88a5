"""StarCoder2.

    <repo_name>shop<file_sep>dep/one.py
    <text>
    <file_sep><fim_prefix>current/file.py
    prefix<fim_suffix>suffix<fim_middle>forced

The StarCoder2 paper (arXiv 2402.19173, section 5.1) gives it: nothing but the path's newline is added, and the path of
the file with the hole follows the prefix marker, because the whole chunk between two file separators was transformed.
Half of the training data had no names: without a path there is none here either.
"""

from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.formats.lines import file_text, one_line, path_line
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import (
    CONTEXT_LABEL,
    FORCED_LABEL,
    PATH_LABEL,
    PREFIX_LABEL,
    REPOSITORY_LABEL,
    SUFFIX_LABEL,
    Role,
    Segment,
    Special,
    Text,
)


def segments(parts: PromptParts) -> tuple[Segment, ...]:
    """Lay a prompt out."""
    head: list[Segment] = [Special(Role.BOS)]
    if parts.repository:
        head.append(Text(one_line(parts.repository), REPOSITORY_LABEL, Role.REPOSITORY))
    head += [Text(file_text(block), CONTEXT_LABEL + block.path, Role.FILE) for block in parts.context]
    return (
        *head,
        Special(Role.FILE),
        Special(Role.FIM_PREFIX),
        Text(path_line(parts.path) if parts.path else "", PATH_LABEL),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_MIDDLE),
        Text(parts.forced, FORCED_LABEL),
    )


STARCODER2 = Format(
    family="starcoder2",
    markers={
        Role.FIM_PREFIX: "<fim_prefix>",
        Role.FIM_SUFFIX: "<fim_suffix>",
        Role.FIM_MIDDLE: "<fim_middle>",
        Role.REPOSITORY: "<repo_name>",
        Role.FILE: "<file_sep>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="starcoder2-3b",
    leaks=("<fim_pad>", "<|endoftext|>"),
)
