"""DeepSeek-Coder (base) and DeepSeek-Coder-V2 (base).

    [BOS]#dep/one.py
    <text>
    #dep/two.py
    <text>
    #current/file.py
    <fim_begin>prefix<fim_hole>suffix<fim_end>forced

The model was trained on whole repositories, files in dependency order, each under a line with its path
(DeepSeek-Coder paper, arXiv 2401.14196, section 2.2), and on fill-in-the-middle within a document in the order
prefix, suffix, middle (section 3.1.2). DeepSeek-Coder-V2 keeps markers and order (arXiv 2406.11931).
The authors do not document how to combine the two. Here the path line precedes the begin marker. Everything that stays
the same while the user types is then in front, where the KV cache can hold it. One newline ends each block: our starter
model is trained on exactly this form.

The instruct models also have the tokens, but according to their makers only base models fill holes (issue 80 of their
repository). 7B v1.5 was trained on next tokens alone (paper, section 5).
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
    """Lay a prompt out. Texts are taken as they are; only the line ends at the end of a context block are evened."""
    return (
        Special(Role.BOS),
        *(Text(file_text(block, "#"), CONTEXT_LABEL + block.path) for block in parts.context),
        Text(path_line(parts.path, "#"), PATH_LABEL),
        Special(Role.FIM_PREFIX),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_SUFFIX),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_MIDDLE),
        Text(parts.forced, FORCED_LABEL),
    )


DEEPSEEK = Format(
    family="deepseek-coder",
    markers={
        Role.FIM_PREFIX: "<｜fim▁begin｜>",
        Role.FIM_SUFFIX: "<｜fim▁hole｜>",
        Role.FIM_MIDDLE: "<｜fim▁end｜>",
    },
    lay_out=segments,
    frozen_anchor=True,
    base="deepseek-coder-1.3b-base",
    leaks=("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<|EOT|>"),
    untrained={"v1-5": "was trained to predict the next token alone"},
    tuned="refused",
)
