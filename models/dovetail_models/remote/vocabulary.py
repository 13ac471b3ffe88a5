"""A server's vocabulary as far as it is known, and prompts cut and healed by it as the local engine does. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from dovetail_models.engine.decoding.healing import Healing, PieceIndex, heal
from dovetail_models.prompt.blocks import before_cursor, blocks_of, texts_of
from dovetail_models.prompt.fit import fit
from dovetail_models.prompt.segments import Role, Segment
from dovetail_models.remote.family import Family
from dovetail_models.remote.prompt import RemotePrompt, block_sizes

MAX_CACHED_TEXTS = 128
"""The pieces of context, prefixes and suffixes of some documents."""


class ServerVocabulary:
    """The tokens of a server's model. `pieces` may grow; `roles` holds the family's markers."""

    def __init__(self, family: Family, roles: Mapping[Role, int], pieces: dict[int, bytes], index: PieceIndex) -> None:
        """`index` holds the text of every token, also of those whose number is not known."""
        self.roles = roles
        self.pieces = pieces
        self._family = family
        self._index = index

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; none for one that is unknown or no text by itself."""
        return self.pieces.get(token, b"")

    def bytes_of(self, token: int) -> int:
        """Return the number of UTF-8 bytes in a token's text."""
        return len(self.piece(token)) or 1  # a part of a character, whose bytes the server does not report

    def ends_line(self, token: int) -> bool:
        """Return whether a line ends with this token."""
        return self.piece(token).endswith(b"\n")

    def heal(self, ids: Sequence[int]) -> Healing:
        """Return where a typed text is taken up again, as `engine/decoding/healing.py` does it."""
        healing = heal(ids, self.piece, self._index)
        # A grammar cannot ask for a part of a character, and no answer holds what breaks up a marker.
        is_spelled = all(map(self.piece, ids[len(ids) - healing.backed :]))
        text = healing.pending.decode("utf-8", "replace")
        return healing if is_spelled and self._family.unescaped(text) == text else Healing(0, b"")

    def readable(self, ids: Sequence[int]) -> str:
        """Return the text of tokens, markers included, for people to read."""
        markers = {token: self._family.markers[role].encode() for role, token in self.roles.items()}
        return b"".join(markers.get(token) or self.piece(token) for token in ids).decode("utf-8", "replace")


class TokenCache:
    """The tokens of the texts that were used last."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def unknown(self, texts: Iterable[str]) -> list[str]:
        """Return the texts whose tokens are not known, each once."""
        return [text for text in dict.fromkeys(texts) if text and text not in self._tokens]

    def take(self, texts: Sequence[str], found: Mapping[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Keep what was `found`, and return the tokens of each text."""
        known = {"": (), **self._tokens, **found}
        for text in filter(None, texts):
            self._tokens[text] = known[text]
            self._tokens.move_to_end(text)
        while len(self._tokens) > MAX_CACHED_TEXTS:
            self._tokens.popitem(last=False)
        return [known[text] for text in texts]


class _Texts:
    """Texts of tokens as `PieceIndex` reads a vocabulary."""

    def __init__(self, texts: Collection[bytes]) -> None:
        self._texts = tuple(texts)

    @property
    def size(self) -> int:
        return len(self._texts)

    def piece(self, token: int, special: bool = False) -> bytes:
        return self._texts[token]

    def ends_text(self, token: int) -> bool:
        return False  # markers are no texts


def piece_index(texts: Collection[bytes]) -> PieceIndex:
    """Return the index of the texts of all tokens but markers. Takes a moment: it sorts them."""
    return PieceIndex(_Texts(texts))


def build_in_tokens(
    segments: Sequence[Segment],
    tokens: Sequence[tuple[int, ...]],
    vocabulary: ServerVocabulary,
    room: int,
    frozen_anchor: bool,
    healed: Callable[[Sequence[int]], Healing],
) -> RemotePrompt:
    """Return the prompt of at most `room` tokens that the local engine would read.

    `tokens` are those of each text of `segments`. `healed` returns where the typed text is taken up again. Raises
    fit.PromptTooLong.
    """
    texts = texts_of(segments)
    known = dict(zip(texts, tokens, strict=True))
    blocks = blocks_of(segments, known.__getitem__, vocabulary.roles.get, vocabulary.bytes_of)
    fitted = fit(blocks, room, vocabulary.ends_line)
    ids = tuple(token for block in fitted.blocks for token in block.ids)
    typed, end = before_cursor(fitted.blocks, frozen_anchor)
    healing = healed(typed)
    safe = end - healing.backed
    return RemotePrompt(
        # A marker after the cursor's text ends the prompt. The answer, which begins with `pending`, follows it.
        content=ids[:safe] + ids[end:],
        pending=healing.pending.decode(),
        backed=len(healing.pending),
        blocks=block_sizes(fitted.blocks),
        cut=fitted.cut,
        is_in_tokens=True,
        readable=vocabulary.readable(ids[:safe] + ids[end:] + ids[safe:end]),
        characters=sum(map(len, texts)),
    )
