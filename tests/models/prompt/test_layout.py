"""DeepSeek-Coder's layout, written by hand."""

from __future__ import annotations

import pytest

from dovetail_models.prompt.formats.deepseek import segments
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.prompt.segments import Role, Special, Text

SHOWN = {Role.BOS: "<bos>", Role.FIM_PREFIX: "<begin>", Role.FIM_SUFFIX: "<hole>", Role.FIM_MIDDLE: "<end>"}


def shown(parts: PromptParts) -> str:
    return "".join(s.text if isinstance(s, Text) else SHOWN[s.role] for s in segments(parts))


CASES = {
    "no context": (PromptParts((), "a.py", "x = ", "\n"), "<bos>#a.py\n<begin>x = <hole>\n<end>"),
    "nothing at all": (PromptParts((), "", "", ""), "<bos>#\n<begin><hole><end>"),
    "two blocks, in the order given": (
        PromptParts((ContextBlock("b/c.py", "C = 1\n"), ContextBlock("d.py", "D = 2")), "a.py", "p", "s"),
        "<bos>#b/c.py\nC = 1\n#d.py\nD = 2\n#a.py\n<begin>p<hole>s<end>",
    ),
    "a block ends with one newline": (
        PromptParts((ContextBlock("b.py", "C = 1\r\n\n\n"),), "a.py", "", ""),
        "<bos>#b.py\nC = 1\n#a.py\n<begin><hole><end>",
    ),
    "a block without text is a path": (
        PromptParts((ContextBlock("b/__init__.py", "\n"),), "a.py", "", ""),
        "<bos>#b/__init__.py\n#a.py\n<begin><hole><end>",
    ),
    "what was typed stands behind the end marker": (
        PromptParts((), "a.py", "x", "y", "for"),
        "<bos>#a.py\n<begin>x<hole>y<end>for",
    ),
    "a path stays one line": (PromptParts((), "a\n#b\r.py", "", ""), "<bos>#a #b .py\n<begin><hole><end>"),
    "prefix and suffix are taken as they are": (
        PromptParts((), "a.py", "\r\n x \t", "\n\n\r"),
        "<bos>#a.py\n<begin>\r\n x \t<hole>\n\n\r<end>",
    ),
    "a marker in the text is text": (
        PromptParts((ContextBlock("b.py", "<end>"),), "a.py", "<hole>", "<begin>"),
        "<bos>#b.py\n<end>\n#a.py\n<begin><hole><hole><begin><end>",
    ),
}


@pytest.mark.parametrize("parts, expected", CASES.values(), ids=CASES.keys())
def test_layout(parts: PromptParts, expected: str) -> None:
    assert shown(parts) == expected


def test_special_tokens_are_named_by_role_and_blocks_by_label() -> None:
    parts = PromptParts((ContextBlock("b.py", "B"),), "a.py", "p", "s", "f")
    assert segments(parts) == (
        Special(Role.BOS),
        Text("#b.py\nB\n", "context:b.py"),
        Text("#a.py\n", "path"),
        Special(Role.FIM_PREFIX),
        Text("p", "prefix"),
        Special(Role.FIM_SUFFIX),
        Text("s", "suffix"),
        Special(Role.FIM_MIDDLE),
        Text("f", "forced"),
    )
