"""Order the chosen pieces so that the pieces shown before keep their places. Pure.

A model's cache of a prompt is valid up to the first difference. So a piece that was shown and is still valid keeps its
place, even if it contains a little more than would be chosen now. New pieces follow. The pieces of one file form a
block: they move together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby

from dovetail_context.bundle import ContextPiece

Block = tuple[ContextPiece, ...]


def settle(
    shown: Iterable[ContextPiece], wanted: Iterable[ContextPiece], worth: Mapping[tuple[str, str], float], room: int
) -> list[ContextPiece]:
    """The pieces in prompt order, of at most `room` tokens, which `wanted` alone must keep within.

    `shown` are the pieces of the last answer whose text is still that of their file. `worth` is the expected gain, by
    path and part, of everything that was found: of the old blocks those of least worth for their tokens make room.
    """
    fresh = _blocks(wanted)
    kept = {path: block for path, block in _blocks(shown).items() if _parts(fresh.get(path, ())) <= _parts(block)}
    while kept and _tokens(kept.values()) + _tokens(fresh[path] for path in fresh if path not in kept) > room:
        del kept[min(reversed(kept), key=lambda path: _worth(kept[path], worth) / _tokens([kept[path]]))]
    settled = [_updated(piece, fresh.get(path, ())) for path, block in kept.items() for piece in block]
    settled += [piece for path, block in fresh.items() if path not in kept for piece in block]
    return settled


def _blocks(pieces: Iterable[ContextPiece]) -> dict[str, Block]:
    return {path: tuple(block) for path, block in groupby(pieces, lambda piece: piece.path)}


def _parts(block: Block) -> frozenset[str]:
    return frozenset(part for piece in block for part in piece.parts)


def _worth(block: Block, worth: Mapping[tuple[str, str], float]) -> float:
    return sum(worth.get((piece.path, part), 0.0) for piece in block for part in piece.parts)


def _tokens(blocks: Iterable[Block]) -> int:
    return sum(piece.tokens for block in blocks for piece in block)


def _updated(piece: ContextPiece, fresh: Block) -> ContextPiece:
    """The piece with reason and score of today, where it is still wanted."""
    today = [each for each in fresh if each.parts & piece.parts]
    return replace(piece, reason=today[0].reason, score=today[0].score) if today else piece
