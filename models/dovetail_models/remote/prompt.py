"""A prompt as it goes into a request, and how one is built where no vocabulary is at hand. Pure.

Room is counted in characters then: see `Density`.
"""

import re
from dataclasses import dataclass

from dovetail_models.prompt.fit import Block, Cut, fit
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import CONTEXT_LABEL, FORCED_LABEL, Joined, Role, Segment, Special, Text
from dovetail_models.remote.family import Family

HOPEFUL_DENSITY = 3.5
"""Characters a token, before anything has been measured: a prompt that turns out to be too long costs a round trip, one
that is cut for nothing costs what it would have said. DeepSeek-Coder needs 3.0 to 3.7 by language."""

CAUTIOUS_DENSITY = 2.5
"""The same for a server that does not say how long a prompt may be."""

TELLING_TOKENS = 200
"""A shorter prompt says little about the density of code: markers and paths count for much of it."""

SPARE_TOKENS = 16
"""Room for markers and for what a server adds."""

_NUMBER = "\0"
"""Between a label and its number; no path holds it."""

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

    characters_per_token: float = HOPEFUL_DENSITY

    def after(self, characters: int, tokens: int) -> "Density":
        """Return the density after a prompt of so many characters turned out to be so many tokens."""
        return Density(characters / tokens) if tokens >= TELLING_TOKENS and characters else self

    def lowered(self) -> "Density":
        """Return the density to go on with where a prompt was too long."""
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

    `heals` says whether the server can be made to begin with `pending`. Raises fit.PromptTooLong.
    """
    segments = unique(family.segments(parts))
    room = int(max(0, room_tokens - SPARE_TOKENS) * density.characters_per_token)
    texts = [segment for segment in segments if isinstance(segment, Text) and segment.text]
    # Cutting needs units of which some end a line: code points serve as well as tokens.
    fitted = fit([Block(text.label, tuple(map(ord, text.text))) for text in texts], room, _is_newline)
    kept = {block.label: "".join(map(chr, block.ids)) for block in fitted.blocks}
    whole = readable(segments, kept, family)
    forced = kept.get(FORCED_LABEL, "")
    kept[FORCED_LABEL], pending = split_typed(forced) if heals else (forced, "")
    content = readable(segments, {label: family.escaped(text) for label, text in kept.items()}, family, with_bos=False)
    sizes = block_sizes(fitted.blocks)
    length = sum(size for _, size in sizes)
    return RemotePrompt(content, pending, len(pending), sizes, cuts(fitted.cut), False, whole, length)


def unique(segments: tuple[Segment, ...]) -> tuple[Special | Text, ...]:
    """Return the segments with a number behind each context label: one file may be shown in several places."""
    found: list[Special | Text] = []
    for number, segment in enumerate(segments):
        if isinstance(segment, Joined):
            raise TypeError("a layout that joins texts: give the server a family of remote/family.py")
        if isinstance(segment, Text) and segment.label.startswith(CONTEXT_LABEL):
            segment = Text(segment.text, f"{segment.label}{_NUMBER}{number}")
        found.append(segment)
    return tuple(found)


def block_sizes(blocks: tuple[Block, ...]) -> tuple[tuple[str, int], ...]:
    """Return sizes by label without numbers, in order of first appearance."""
    sizes: dict[str, int] = {}
    for block in blocks:
        label = block.label.partition(_NUMBER)[0]
        sizes[label] = sizes.get(label, 0) + len(block.ids)
    return tuple(sizes.items())


def cuts(cut: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """Return what was cut, under labels without numbers."""
    return tuple(Cut(each.label.partition(_NUMBER)[0], each.tokens) for each in cut)


def readable(segments: tuple[Special | Text, ...], kept: dict[str, str], family: Family, with_bos: bool = True) -> str:
    """Return a prompt as text: what was `kept` of each labelled text, and the texts of markers."""
    pieces = []
    for segment in segments:
        if isinstance(segment, Special):
            pieces.append("" if segment.role is Role.BOS and not with_bos else family.markers.get(segment.role, ""))
        else:
            pieces.append(kept.get(segment.label, ""))
    return "".join(pieces)


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
