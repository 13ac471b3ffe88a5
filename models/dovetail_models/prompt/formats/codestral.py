"""Codestral 22B v0.1.

    [BOS][SUFFIX]suffix[PREFIX] +++++ dep/one.py
    <text>

    +++++ current/file.py
    prefix and forced

Mistral's own tokenizer library (mistral-common, `encode_fim`) gives the markers: the suffix first, then the prefix,
which the middle follows without a marker of its own. It encodes the suffix without, and the prefix with
SentencePiece's leading space; that space is written out here, because the vocabulary is loaded so that it adds none.
`+++++ path` before files, a blank line between them, and `+++++` as a stop are what Continue sends to Codestral;
Mistral documents no form for several files.

Other Mistral models have the same vocabulary but did not learn to fill holes; for Mamba-Codestral, its makers confirm
this. Codestral 22B itself is tuned for both chat and holes.
"""

from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.formats.lines import path_line
from dovetail_models.prompt.parts import ContextBlock, PromptParts
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

FILE_MARK = "+++++ "
LEADING_SPACE = " "


def segments(parts: PromptParts) -> tuple[Segment, ...]:
    """Lay a prompt out."""
    named = [Text(_file(block), CONTEXT_LABEL + block.path) for block in parts.context]
    if parts.path:
        named.append(Text(path_line(parts.path, FILE_MARK), PATH_LABEL))
    prefix = Text(parts.prefix, PREFIX_LABEL)
    if named:
        named[0] = Text(LEADING_SPACE + named[0].text, named[0].label)
    else:
        prefix = Text(LEADING_SPACE + parts.prefix, PREFIX_LABEL)
    return (
        Special(Role.BOS),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_PREFIX),
        *named,
        Joined((prefix, Text(parts.forced, FORCED_LABEL))),
    )


def _file(block: ContextBlock) -> str:
    return path_line(block.path, FILE_MARK) + block.text.rstrip("\r\n") + "\n\n"


CODESTRAL = Format(
    family="codestral",
    markers={Role.FIM_PREFIX: "[PREFIX]", Role.FIM_SUFFIX: "[SUFFIX]"},
    lay_out=segments,
    frozen_anchor=False,
    base="Codestral-22B-v0.1",
    leaks=("[MIDDLE]", "</s>"),
    stops=("\n" + FILE_MARK,),
    names=("codestral",),
    untrained={"mamba": "was not trained to fill holes, as its makers say"},
    tuned="fine",
)
