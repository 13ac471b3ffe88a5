"""Mellum2 12B-A2.5B (base).

    <filename>dep/one.py
    <text>
    <filename>current/file.py
    <fim_suffix>suffix<fim_prefix>prefix and forced<fim_middle>

The model card of Mellum2-12B-A2.5B-Base gives `<filename>path`, a newline, suffix, prefix, middle, and
`<|endoftext|>` as the end. The makers' own package for Ollama also stops at `<filename>`. Neither specifies how to show
other files, so this format shows them as Mellum 4B was trained to see them. The instruct and thinking models are for
chat; their cards do not mention fill-in-the-middle.
"""

from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.formats.mellum import MARKERS, segments

MELLUM2 = Format(
    family="mellum2",
    markers=MARKERS,
    lay_out=segments,
    frozen_anchor=False,
    base="Mellum2-12B-A2.5B-Base",
    leaks=("<fim_pad>", "<reponame>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    names=("mellum2", "mellum-2"),
    architectures=frozenset({"mellum"}),
)
