"""Qwen2.5-Coder and Qwen3-Coder.

    <|repo_name|>shop
    <|file_sep|>dep/one.py
    <text>
    <|file_sep|>current/file.py
    <|fim_prefix|>prefix<|fim_suffix|>suffix<|fim_middle|>forced

The Qwen2.5-Coder report (arXiv 2409.12186, sections 3.2.1 and 3.2.2) shows this order for one file and for a
repository; a newline follows the repository's name, each path and each file. Without repository, path and other files
only the last part is left, as for one file. Qwen3-Coder's README shows the same markers for its instruct models.

All Qwen2.5 and Qwen3 vocabularies have the markers, but only the coder models are documented to have learnt them, and
of the instruct models only Qwen3-Coder's. Others come with advice and are not refused: many people use them so.
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
        head.append(Text(one_line(parts.repository) + "\n", REPOSITORY_LABEL, Role.REPOSITORY))
    head += [Text(file_text(block), CONTEXT_LABEL + block.path, Role.FILE) for block in parts.context]
    if parts.path:
        head.append(Text(path_line(parts.path), PATH_LABEL, Role.FILE))
    return (
        *head,
        Special(Role.FIM_PREFIX),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_MIDDLE),
        Text(parts.forced, FORCED_LABEL),
    )


QWEN = Format(
    family="qwen-coder",
    markers={
        Role.FIM_PREFIX: "<|fim_prefix|>",
        Role.FIM_SUFFIX: "<|fim_suffix|>",
        Role.FIM_MIDDLE: "<|fim_middle|>",
        Role.REPOSITORY: "<|repo_name|>",
        Role.FILE: "<|file_sep|>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="Qwen2.5-Coder-1.5B",
    leaks=("<|fim_pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    documented=("coder",),
    tuned_documented=("qwen3-coder",),
)
