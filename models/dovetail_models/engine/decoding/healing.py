"""Token healing: a text that ends inside a token is taken up again from a safe token boundary. Pure.

What a user has typed seldom ends where the model's own tokens would end: after "retur" the model never learnt to go on
with "n", because in all it has read "return" is one token. So the prompt ends before the first token that a longer one
might take the place of, and the tokens that follow must spell the bytes backed over.

Knows tokens and their bytes; nothing of logits, prompts or the KV cache.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Vocabulary(Protocol):
    """What healing asks of a vocabulary."""

    @property
    def size(self) -> int: ...
    def piece(self, token: int, special: bool = False) -> bytes: ...
    def ends_text(self, token: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Healing:
    """Where a text is taken up again: its last `backed` tokens go, and those that follow must spell `pending`."""

    backed: int
    pending: bytes


class PieceIndex:
    """The tokens of ordinary text in the order of their bytes, so that all with a given beginning are neighbours."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        pieces = ((vocabulary.piece(token), token) for token in range(vocabulary.size))
        ordered = sorted((piece, token) for piece, token in pieces if piece and not vocabulary.ends_text(token))
        self._pieces = [piece for piece, _ in ordered]
        self._tokens = np.array([token for _, token in ordered], np.int32)
        self.longest = max(map(len, self._pieces), default=0)
        outside = [at for at, piece in enumerate(self._pieces) if not _is_of_name(piece[0])]
        self._outside_names = self._tokens[outside]

    def allowed(self, pending: bytes) -> npt.NDArray[np.int32]:
        """Return the tokens that may come next where the text must go on with `pending`: those that begin with all of
        it, and those that are a part of its beginning."""
        spans = [self._span(pending[:length]) for length in range(1, min(len(pending), self.longest + 1))]
        spans.append((bisect_left(self._pieces, pending), self._end_of_beginnings(pending)))
        return np.concatenate([self._tokens[start:end] for start, end in spans])

    def spelling(self, names: Collection[bytes]) -> npt.NDArray[np.int32]:
        """Return the tokens that may come next where the text must go on with one of some names and then with something
        that is no part of a name: those that are a part of the beginning of one, and those that reach over its end."""
        beginnings = {name[:length] for name in names for length in range(1, min(len(name), self.longest) + 1)}
        spans = [self._span(beginning) for beginning in beginnings]
        found = [self._tokens[start:end] for start, end in spans if start < end]
        for name in names:
            if not name:
                found.append(self._outside_names)
                continue
            after = bisect_right(self._pieces, name)
            reaching = range(after, bisect_left(self._pieces, name + b"\xff" * self.longest, after))
            beyond = [at for at in reaching if not _is_of_name(self._pieces[at][len(name)])]
            found.append(self._tokens[beyond])
        return np.concatenate(found) if found else np.empty(0, np.int32)

    def reaches_over(self, text: bytes) -> bool:
        """Return whether some token begins with `text` and goes on."""
        after = bisect_right(self._pieces, text)
        return after < len(self._pieces) and self._pieces[after].startswith(text)

    def spells(self, text: bytes) -> bool:
        """Return whether every byte of `text` is a token, so that no choice of tokens for its beginning leads
        nowhere."""
        return all(start < end for start, end in map(self._span, (bytes((byte,)) for byte in set(text))))

    def _span(self, piece: bytes) -> tuple[int, int]:
        """Return the tokens with exactly these bytes."""
        start = bisect_left(self._pieces, piece)
        return start, bisect_right(self._pieces, piece, start)

    def _end_of_beginnings(self, text: bytes) -> int:
        return bisect_right(self._pieces, text + b"\xff" * self.longest)


def heal(ids: Sequence[int], piece: Callable[[int], bytes], index: PieceIndex) -> Healing:
    """Return the last token boundary of a text that holds whatever is appended.

    This boundary is before the first byte from which one token could reach beyond the end of the text. The whole text
    is safe if no token could, for example after a line end. It is also safe if the vocabulary cannot spell the bytes
    that would be removed.
    """
    pieces: list[bytes] = []
    length = 0
    for token in reversed(ids):
        if length >= index.longest:
            break
        pieces.insert(0, piece(token))
        length += len(pieces[0])
    text = b"".join(pieces)
    reaching = next((at for at in range(len(text)) if index.reaches_over(text[at:])), None)
    if reaching is None:
        return Healing(0, b"")
    starts = [0, *accumulate(map(len, pieces))]
    first = bisect_right(starts, reaching) - 1
    pending = text[starts[first] :]
    if not index.spells(pending):
        return Healing(0, b"")
    return Healing(len(pieces) - first, pending)


def _is_of_name(byte: int) -> bool:
    """Return whether a byte may be part of a name: letters, digits, `_`, `$`, and everything that is not ASCII."""
    return byte >= 0x80 or chr(byte).isalnum() or byte in b"_$"
