"""A small model of each family, with the prompt that the family's sources give for `PARTS`.

The docstring of the family's module in `prompt/formats/` documents the source of the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dovetail_models.prompt.formats.choose import format_named
from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from tests.models.tiny_model import Words, byte_level, sentencepiece, write_model

PARTS = PromptParts(
    (ContextBlock("lib/one.py", "ONE = 1\n"), ContextBlock("lib/two.py", "TWO = 2\r\n\n")),
    "main.py",
    "import one\n\n\ndef f():\n    x = ",
    "\n\n\nf()\n",
    repository="shop",
)

TYPED = "ret"
"""The text typed after the prefix. It is incomplete, since the vocabularies have "return" as one token."""

STARCODER = ("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>")
BETWEEN_BARS = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>")


@dataclass(frozen=True, slots=True)
class Family:
    """A family's small model. `expected` is the prompt for `PARTS`; typed text takes the place of `|CURSOR|`."""

    name: str
    model_name: str
    architecture: str
    words: Words
    expected: str

    @property
    def format(self) -> Format:
        return format_named(self.name)

    def write(self, folder: Path, **changes: str) -> Path:
        named = replace(self, **changes)
        return write_model(folder / f"{named.name}.gguf", named.architecture, named.model_name, named.words)

    def prompt(self, typed: str = "", healed: bool = False) -> str:
        """Return the prompt as text. If `healed`, the end of the typed text follows the last marker."""
        before, after = self.expected.split("|CURSOR|")
        return before + after + typed if healed else before + typed + after

    def ids(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt in which each marker is a special token."""
        markers = [token for token, kind in zip(self.words.tokens, self.words.kinds, strict=True) if kind == 3]
        parts = re.split("(" + "|".join(map(re.escape, sorted(markers, key=len, reverse=True))) + ")", prompt)
        ids: list[int] = []
        for at, part in enumerate(parts):
            ids += [self.words.tokens.index(part)] if at % 2 else self.words.expected_ids(part)
        return ids


FAMILIES = (
    Family(
        "deepseek-coder",
        "deepseek-ai_deepseek-coder-1.3b-base",
        "llama",
        byte_level(
            "deepseek-coder",
            ("<｜begin▁of▁sentence｜>", "<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>"),
            bos="<｜begin▁of▁sentence｜>",
        ),
        "<｜begin▁of▁sentence｜>#lib/one.py\nONE = 1\n#lib/two.py\nTWO = 2\n#main.py\n"
        "<｜fim▁begin｜>import one\n\n\ndef f():\n    x = <｜fim▁hole｜>\n\n\nf()\n<｜fim▁end｜>|CURSOR|",
    ),
    Family(
        "qwen-coder",
        "Qwen2.5 Coder 1.5B",
        "qwen2",
        byte_level(
            "qwen2", (*BETWEEN_BARS, "<|repo_name|>", "<|file_sep|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>")
        ),
        "<|repo_name|>shop\n<|file_sep|>lib/one.py\nONE = 1\n<|file_sep|>lib/two.py\nTWO = 2\n<|file_sep|>main.py\n"
        "<|fim_prefix|>import one\n\n\ndef f():\n    x = <|fim_suffix|>\n\n\nf()\n<|fim_middle|>|CURSOR|",
    ),
    Family(
        "starcoder2",
        "starcoder2 3b",
        "starcoder2",
        byte_level("starcoder", (*STARCODER, "<file_sep>", "<repo_name>", "<|endoftext|>")),
        "<repo_name>shop<file_sep>lib/one.py\nONE = 1\n<file_sep>lib/two.py\nTWO = 2\n<file_sep>"
        "<fim_prefix>main.py\nimport one\n\n\ndef f():\n    x = <fim_suffix>\n\n\nf()\n<fim_middle>|CURSOR|",
    ),
    Family(
        "codestral",
        "Codestral 22B v0.1",
        "llama",
        sentencepiece(("[PREFIX]", "[MIDDLE]", "[SUFFIX]")),
        "<s>[SUFFIX]\n\n\nf()\n[PREFIX] +++++ lib/one.py\nONE = 1\n\n+++++ lib/two.py\nTWO = 2\n\n+++++ main.py\n"
        "import one\n\n\ndef f():\n    x = |CURSOR|",
    ),
    Family(
        "codegemma",
        "codegemma 2b",
        "gemma",
        sentencepiece(
            ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_separator|>"),
            ("\n\n\n", "\n\n", "    ", "  ", "<table>"),
            **{"tokenizer.ggml.add_space_prefix": False},
        ),
        "<s>lib/one.py\nONE = 1\n<|file_separator|>lib/two.py\nTWO = 2\n<|file_separator|>main.py\n"
        "<|fim_prefix|>import one\n\n\ndef f():\n    x = <|fim_suffix|>\n\n\nf()\n<|fim_middle|>|CURSOR|",
    ),
    Family(
        "granite-code",
        "Granite 3b Code Base 2k",
        "llama",
        byte_level("refact", (*STARCODER, "<filename>", "<reponame>", "<|endoftext|>")),
        "<fim_prefix>#lib/one.py\nONE = 1\n#lib/two.py\nTWO = 2\n#main.py\nimport one\n\n\ndef f():\n    x = "
        "<fim_suffix>\n\n\nf()\n<fim_middle>|CURSOR|",
    ),
    Family(
        "granite",
        "Granite 4.0 Micro Base",
        "granite",
        byte_level("dbrx", (*BETWEEN_BARS, "<|end_of_text|>")),
        "<|fim_prefix|>#lib/one.py\nONE = 1\n#lib/two.py\nTWO = 2\n#main.py\nimport one\n\n\ndef f():\n    x = "
        "<|fim_suffix|>\n\n\nf()\n<|fim_middle|>|CURSOR|",
    ),
    Family(
        "seed-coder",
        "Seed Coder 8B Base",
        "llama",
        byte_level(
            "seed-coder",
            ("<[begin▁of▁sentence]>", "<[fim-prefix]>", "<[fim-middle]>", "<[fim-suffix]>", "<[end▁of▁sentence]>"),
            bos="<[begin▁of▁sentence]>",
        ),
        "<[begin▁of▁sentence]><[fim-suffix]>\n\n\nf()\n<[fim-prefix]>#lib/one.py\nONE = 1\n#lib/two.py\nTWO = 2\n"
        "#main.py\nimport one\n\n\ndef f():\n    x = |CURSOR|<[fim-middle]>",
    ),
    Family(
        "mellum",
        "Mellum 4b Base",
        "llama",
        byte_level("mellum", (*STARCODER, "<filename>", "<reponame>", "<|endoftext|>")),
        "<filename>lib/one.py\nONE = 1\n<filename>lib/two.py\nTWO = 2\n<filename>main.py\n"
        "<fim_suffix>\n\n\nf()\n<fim_prefix>import one\n\n\ndef f():\n    x = |CURSOR|<fim_middle>",
    ),
    Family(
        "mellum2",
        "Mellum2 12B A2.5B Base",
        "mellum",
        byte_level("mellum2", (*STARCODER, "<filename>", "<reponame>", "<|im_start|>", "<|im_end|>", "<|endoftext|>")),
        "<filename>lib/one.py\nONE = 1\n<filename>lib/two.py\nTWO = 2\n<filename>main.py\n"
        "<fim_suffix>\n\n\nf()\n<fim_prefix>import one\n\n\ndef f():\n    x = |CURSOR|<fim_middle>",
    ),
)
