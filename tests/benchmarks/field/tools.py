"""How each tool asks DeepSeek-Coder, from its documented format, in our own words. Decoding is greedy for all.

What differs is what the prompt holds, in which order, and how much of it. Budgets that a tool counts in tokens are
tokens of the model here. What depends on a person's session (what was yanked, edited, looked at) is stood for by files
that are open; see `situation.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dovetail_models.prompt.verbatim import Piece, VerbatimPrompt
from tests.benchmarks.field.situation import Piece as Part, Situation

BOS, BEGIN, HOLE, END = (Piece(role=role) for role in ("bos", "fim_prefix", "fim_suffix", "fim_middle"))


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's way to ask."""

    name: str
    """The tool."""
    ask: Callable[[Situation], VerbatimPrompt]
    """Builds its prompt."""
    max_tokens: int
    """Tokens of its answer."""
    stop: tuple[str, ...] = ()
    """Texts before which its answer ends."""


def _lines(text: str, count: int, end: bool) -> str:
    """Return the last (`end`) or first lines of a text."""
    lines = text.split("\n")
    return "\n".join(lines[-count:] if end else lines[:count])


def _hole(prefix: Piece, suffix: Piece, before: Sequence[Piece] = ()) -> VerbatimPrompt:
    """Return a prompt with a hole; `before` it other pieces that begin with the beginning-of-text token."""
    pieces = (*(before or (BOS,)), BEGIN, prefix, HOLE, suffix, END)
    return VerbatimPrompt(pieces, shortened=len(pieces) - 4)


def llama_server(at: Situation) -> VerbatimPrompt:
    """llama.vim and llama.vscode ask llama.cpp's `/infill`: 256 lines before and 64 after the cursor.

    DeepSeek-Coder has no token for file names, so the server puts a line of dashes before each chunk, and no name. The
    beginning-of-text token follows the chunks. Prefix and suffix take three and one quarter of a batch, chunks what a
    batch and two answers leave of the window. A chunk is 64 lines, somewhere in an open file.
    """
    batch = min(2048, at.window // 2)
    left = max(0, at.window - batch - 2 * 128)
    rng = random.Random(at.path)
    chunks = "".join(f"\n\n--- snippet ---\n\n{_chunk(part, rng)}" for part in at.open_files)
    before = (Piece(chunks, label="context:", max_tokens=left, keep="beginning"), BOS)
    prefix = Piece(_lines(at.prefix, 256, end=True), label="prefix", max_tokens=3 * (batch // 4) - 3)
    suffix = Piece(_lines(at.suffix, 64, end=False), label="suffix", max_tokens=batch // 4 - 2, keep="beginning")
    return _hole(prefix, suffix, before)


def _chunk(part: Part, rng: random.Random) -> str:
    lines = part.text.split("\n")
    start = rng.randrange(max(1, len(lines) - 64))
    return "\n".join(lines[start : start + 64]) + "\n"


def continue_dev(at: Situation) -> VerbatimPrompt:
    """Continue: 1,024 tokens in all, 0.3 of them for the prefix and 0.2 for the suffix; what is left for snippets.

    Snippets are comments within the prefix, each under a line with the last two parts of its path, then the file's own.
    """
    mark = at.comment
    shown = [f"Path: {_short(part.path)}\n{part.text}".strip() for part in at.definitions]
    lines = [f"{mark} {line}" for text in shown for line in text.split("\n")]
    snippets = "\n".join([*lines, f"{mark} {_short(at.path)}", ""])
    before = (BOS, BEGIN, Piece(snippets, label="context:", max_tokens=512))
    prefix = Piece(at.prefix, label="prefix", max_tokens=307)
    suffix = Piece(at.suffix, label="suffix", max_tokens=205, keep="beginning")
    return VerbatimPrompt((*before, prefix, HOLE, suffix, END), 1024, shortened=2)


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def tabby(at: Situation) -> VerbatimPrompt:
    """Tabby: 20 lines on either side, up to five declarations of 500 characters, 768 characters in all, as comments.

    The server keeps the last 1,536 characters of the prefix with its snippets.
    """
    mark = at.comment
    room, lines = 768, []
    for part in at.definitions[:5]:
        text = part.text[:500]
        if len(text) <= room:
            room -= len(text)
            lines += [f"{mark} Path: {part.path}", *(f"{mark} {line}" for line in text.split("\n"))]
    snippets = "".join(f"{line}\n" for line in lines)
    prefix = (snippets + "\n" if snippets else "") + _lines(at.prefix, 20, end=True)
    return _hole(
        Piece(prefix[-1536:], label="prefix"),
        Piece(_lines(at.suffix, 20, end=False), label="suffix", keep="beginning"),
    )


def refact(at: Situation) -> VerbatimPrompt:
    """Refact: no other files for DeepSeek-Coder; the file around the cursor fills the window, half on either side."""
    room = (at.window - 50) // 2
    return _hole(
        Piece(at.prefix, label="prefix", max_tokens=room),
        Piece(at.suffix, label="suffix", max_tokens=room, keep="beginning"),
    )


def zed(at: Situation) -> VerbatimPrompt:
    """Zed with a local model: no other files, 512 tokens in all, half of them on either side."""
    return _hole(
        Piece(at.prefix, label="prefix", max_tokens=256),
        Piece(at.suffix, label="suffix", max_tokens=256, keep="beginning"),
    )


def minuet(at: Situation) -> VerbatimPrompt:
    """minuet: comments with language and indentation, then 512 characters (its advice for local models), 0.75 of them
    before the cursor."""
    mark = at.comment
    tabs = "\n\t" in at.prefix + at.suffix
    indent = f"{mark} indentation: use {'tabs' if tabs else '4 spaces for a tab'}"
    prefix = f"{mark} language: {at.language}\n{indent}\n{at.prefix[-384:]}"
    return _hole(Piece(prefix, label="prefix"), Piece(at.suffix[:128], label="suffix", keep="beginning"))


def file_alone(at: Situation) -> VerbatimPrompt:
    """No tool: the trained prompt of the file, its path before it, as much of it as has room, three quarters before."""
    room = at.window - 64
    return _hole(
        Piece(at.prefix, label="prefix", max_tokens=room * 3 // 4 - 32),
        Piece(at.suffix, label="suffix", max_tokens=room // 4, keep="beginning"),
        (BOS, Piece(f"#{at.path}\n", label="path")),
    )


TOOLS: tuple[Tool, ...] = (
    Tool("llama.vim, llama.vscode", llama_server, 128),
    Tool("Continue", continue_dev, 64, ("//", "/src/", "```")),
    Tool("Tabby", tabby, 64, ("\n\n",)),
    Tool("Refact", refact, 50, ("\n\n",)),
    Tool("Zed", zed, 64),
    Tool("minuet", minuet, 56),
    Tool("the file alone", file_alone, 64),
)
"""All tools, in the order of the table."""
