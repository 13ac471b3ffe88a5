"""DeepSeek-Coder's prompt layout.

    [BOS]#dep/one.py
    <text>
    #dep/two.py
    <text>
    #current/file.py
    <fim_begin>prefix<fim_hole>suffix<fim_end>forced

The model was trained on whole repositories, files in dependency order, each under a line with its path (DeepSeek-Coder
paper, section 2.2), and on fill-in-the-middle within a document in the order prefix, suffix, middle (section 3.1.2).
How the two meet is not told by the authors; the path line before the begin marker keeps everything that does not change
while the user types in front, where the KV cache can hold it. One newline ends each block: our starter model is trained
on exactly this form.
"""

from dovetail_models.prompt.parts import ContextBlock, PromptParts
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
        *(Text(_block(block), CONTEXT_LABEL + block.path) for block in parts.context),
        Text(_path_line(parts.path), PATH_LABEL),
        Special(Role.FIM_BEGIN),
        Text(parts.prefix, PREFIX_LABEL),
        Special(Role.FIM_HOLE),
        Text(parts.suffix, SUFFIX_LABEL),
        Special(Role.FIM_END),
        Text(parts.forced, FORCED_LABEL),
    )


def _block(block: ContextBlock) -> str:
    body = block.text.rstrip("\r\n")
    return _path_line(block.path) + (body + "\n" if body else "")


def _path_line(path: str) -> str:
    # A file name may hold line ends; the line must stay one line.
    return "#" + " ".join(path.splitlines()) + "\n"
