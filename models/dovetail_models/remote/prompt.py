"""From the parts of a job to a prompt that a server tokenizes: laid out, cut to its window, its typed end split off.

Pure. No vocabulary is at hand, so room is counted in characters: see `Density`.
"""

import re
from dataclasses import dataclass

from dovetail_models.prompt.fit import Block, Cut, fit
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import FORCED_LABEL, Role, Special, Text
from dovetail_models.remote.family import Family

CAUTIOUS_DENSITY = 2.5
"""Characters a token, before anything has been measured. DeepSeek-Coder needs 3.0 to 3.7 by language."""

MARGIN = 0.9
"""Share of the measured density that is counted on: texts differ."""

TELLING_TOKENS = 200
"""A shorter prompt says little about the density of code: markers and paths count for much of it."""

SPARE_TOKENS = 16
"""Room for markers and for what a server adds."""

_PENDING = re.compile(
    r"""[^\r\n]?[^\W\d_]+\Z   # letters, and the one character that tokenizers put in front of a word
    | [^\S\r\n]?(?:[^\w\s]|_)+\Z
    | \d+\Z
    | [^\S\r\n]+\Z""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Density:
    """How many characters a token of the server's vocabulary holds, by what it has reported."""

    characters_per_token: float = CAUTIOUS_DENSITY

    def after(self, characters: int, tokens: int) -> "Density":
        """Return the density after a prompt of so many characters turned out to be so many tokens."""
        return Density(characters / tokens * MARGIN) if tokens >= TELLING_TOKENS and characters else self

    def lowered(self) -> "Density":
        """Return the density to go on with where a prompt was too long."""
        return Density(self.characters_per_token * 0.7)


@dataclass(frozen=True, slots=True)
class RemotePrompt:
    """A prompt before the server tokenizes it.

    `pieces` are markers by role and plain text. The answer must begin with `pending`, the end of what was typed, which
    is not in `pieces`. `blocks` are the labelled sizes and `cut` what did not fit, both in characters.
    """

    pieces: tuple[Role | str, ...]
    pending: str
    blocks: tuple[tuple[str, int], ...]
    cut: tuple[Cut, ...]

    @property
    def characters(self) -> int:
        """The length of all text that is sent."""
        return sum(len(piece) for piece in self.pieces if isinstance(piece, str))


def build(parts: PromptParts, family: Family, room_tokens: int, density: Density, heals: bool) -> RemotePrompt:
    """Lay a prompt out in at most `room_tokens` tokens. `heals` says whether the server can be made to begin with
    `pending`. Raises fit.PromptTooLong."""
    segments = family.segments(parts)
    texts = [segment for segment in segments if isinstance(segment, Text)]
    room = int(max(0, room_tokens - SPARE_TOKENS) * density.characters_per_token)
    # Cutting is a matter of units that line ends are found among: code points serve as well as tokens.
    fitted = fit([Block(text.label, tuple(map(ord, text.text))) for text in texts if text.text], room, _is_newline)
    kept = {block.label: "".join(map(chr, block.ids)) for block in fitted.blocks}
    forced = kept.get(FORCED_LABEL, "")
    pending = split_typed(forced)[1] if heals else ""
    if pending:
        kept[FORCED_LABEL] = forced[: len(forced) - len(pending)]
    pieces: list[Role | str] = []
    for segment in segments:
        piece = segment.role if isinstance(segment, Special) else kept.get(segment.label, "")
        if piece:
            pieces.append(piece)
    sizes = tuple((block.label, len(block.ids)) for block in fitted.blocks)
    return RemotePrompt(tuple(pieces), pending, sizes, fitted.cut)


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
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _is_newline(code: int) -> bool:
    return code == 0x0A
