"""The prompt of a request, and how to build one when no vocabulary is available. Pure.

The room is then counted in characters: see `Density`.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dovetail_models.prompt.blocks import before_cursor, blocks_of
from dovetail_models.prompt.fit import Block, Cut, fit
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import Role
from dovetail_models.remote.family import Family

HOPEFUL_DENSITY = 3.5
"""Characters per token before any measurement. A prompt that turns out too long costs a round trip. A prompt that is
cut without need loses context. DeepSeek-Coder has 3.0 to 3.7 characters per token, depending on the language."""

CAUTIOUS_DENSITY = 2.5
"""Characters per token for a server that does not report how long a prompt may be."""

MIN_MEASURED_TOKENS = 200
"""The shortest prompt to measure density by, in tokens. Markers and paths make up too much of a shorter prompt."""

SPARE_TOKENS = 16
"""Room for markers and for what a server adds."""

_MARKERS = dict(enumerate(Role, sys.maxunicode + 1))
"""Markers among code points: numbers that no character has."""

_MARKER_CODES = {role: code for code, role in _MARKERS.items()}

_PENDING = re.compile(
    r"""[^\r\n]?[^\W\d_]+\Z   # letters, and the one character that tokenizers put in front of a word
    | [^\S\r\n]?(?:[^\w\s]|_)+\Z
    | \d+\Z
    | [^\S\r\n]+\Z""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Density:
    """The number of characters per token of the server's vocabulary, according to its reports."""

    characters_per_token: float = HOPEFUL_DENSITY

    def after(self, characters: int, tokens: int) -> "Density":
        """Return the density after a prompt of `characters` characters turned out to have `tokens` tokens."""
        return Density(characters / tokens) if tokens >= MIN_MEASURED_TOKENS and characters else self

    def lowered(self) -> "Density":
        """Return the density to use after a prompt was too long."""
        return Density(self.characters_per_token * 0.8)


@dataclass(frozen=True, slots=True)
class RemotePrompt:
    """A prompt for a server.

    `content` is what goes into the request: tokens, or text with markers in it. The answer must begin with `pending`,
    the end of what was typed, which is not in `content` and takes at most `backed` tokens. `blocks` are the labelled
    sizes, `cut` what did not fit; both in tokens if `is_in_tokens`, else in characters. `readable` is all of it for
    people, `characters` its length without markers.
    """

    content: str | tuple[int, ...]
    pending: str
    backed: int
    blocks: tuple[tuple[str, int], ...]
    cut: tuple[Cut, ...]
    is_in_tokens: bool
    readable: str
    characters: int


def build(parts: PromptParts, family: Family, room_tokens: int, density: Density, heals: bool) -> RemotePrompt:
    """Lay a prompt out as text in about `room_tokens` tokens, without a beginning-of-text, which servers add.

    `heals` is whether the server can be made to begin with `pending`. Raises fit.PromptTooLong.
    """
    room = int(max(0, room_tokens - SPARE_TOKENS) * density.characters_per_token)
    # Cutting works on code points instead of tokens: some end a line. Numbers beyond the code points are markers.
    blocks = blocks_of(family.segments(parts), _characters, _MARKER_CODES.get, _bytes)
    fitted = fit(blocks, room, _is_newline)
    codes = tuple(code for block in fitted.blocks for code in block.ids)
    typed, end = before_cursor(fitted.blocks, family.frozen_anchor)
    pending = split_typed("".join(map(chr, typed)))[1] if heals and not any(map(_is_marker, typed)) else ""
    safe = end - len(pending)
    sizes = block_sizes(fitted.blocks)
    return RemotePrompt(
        # A marker after the cursor's text ends the prompt. The answer, which begins with `pending`, follows it.
        content=_text(codes[:safe] + codes[end:], family, family.escaped, with_bos=False),
        pending=pending,
        backed=len(pending),
        blocks=sizes,
        cut=fitted.cut,
        is_in_tokens=False,
        readable=_text(codes[:safe] + codes[end:] + codes[safe:end], family, str, with_bos=True),
        characters=sum(size for _, size in sizes),
    )


def block_sizes(blocks: Sequence[Block]) -> tuple[tuple[str, int], ...]:
    """Return sizes by label, in order of first appearance."""
    sizes: dict[str, int] = {}
    for block in blocks:
        sizes[block.label] = sizes.get(block.label, 0) + len(block.ids)
    return tuple(sizes.items())


def split_typed(typed: str) -> tuple[str, str]:
    """Split what was typed before the last run of characters that a longer token might take the place of.

    Tokenizers cut text into words, runs of punctuation and of white space before they look for tokens, so a token that
    reaches over the end of the text begins within its last run.
    """
    match = _PENDING.search(typed)
    return (typed[: match.start()], match.group()) if match else (typed, "")


def spelling_grammar(text: str) -> str:
    """Return a grammar in llama.cpp's form (GBNF) for all texts that begin with `text`."""
    return f'root ::= "{"".join(map(_escaped, text))}" rest\nrest ::= [^\\x00]*'


def _escaped(character: str) -> str:
    code = ord(character)
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{code:02X}" if code < 0x80 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _is_newline(code: int) -> bool:
    return code == 0x0A


def _is_marker(code: int) -> bool:
    return code > sys.maxunicode


def _characters(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


def _bytes(code: int) -> int:
    return 0 if _is_marker(code) else len(chr(code).encode("utf-8", "replace"))


def _text(codes: Sequence[int], family: Family, written: Callable[[str], str], with_bos: bool) -> str:
    """The text of a prompt: what `written` makes of each text between markers, and the texts of markers."""
    pieces = []
    for is_marker, run in groupby(codes, _is_marker):
        if not is_marker:
            pieces.append(written("".join(map(chr, run))))
            continue
        roles = [_MARKERS[code] for code in run]
        pieces += [family.markers.get(role, "") for role in roles if with_bos or role is not Role.BOS]
    return "".join(pieces)
