"""A prompt that a caller has laid out itself, for measurements that repeat somebody else's prompt. Pure.

Nothing of it is healed, reordered or named. It is cut only as its pieces say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from dovetail_models.prompt.blocks import MARKERS_LABEL
from dovetail_models.prompt.fit import Block, Cut, Fitted, PromptTooLong
from dovetail_models.prompt.segments import Role

Side = Literal["beginning", "end"]

SHARE_IN_SMALL_WINDOW = 1 / 4
"""The maximum share of a window for each text that has no limit, where the prompt as a whole does not fit."""


class MissingToken(Exception):
    """The vocabulary has no token for a role of a prompt."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that is tokenized on its own, or a special token."""

    text: str = ""
    """The text; empty for a special token."""
    role: str = ""
    """The value of a `Role`: the vocabulary's token for it; empty for a text."""
    label: str = "text"
    """Names the text in reports on the prompt."""
    max_tokens: int | None = None
    """The maximum number of tokens of the text; None sets no limit."""
    keep: Side = "end"
    """Which side of the text remains where it is cut."""


@dataclass(frozen=True, slots=True)
class VerbatimPrompt:
    """Pieces in prompt order."""

    pieces: tuple[Piece, ...]
    """What the prompt is made of."""
    max_tokens: int | None = None
    """The maximum number of tokens of the whole prompt; None leaves it to the window."""
    shortened: int = 0
    """The position of the piece that is cut further where the whole prompt is too long."""


def fit_verbatim(
    prompt: VerbatimPrompt,
    tokens: Callable[[str], Sequence[int]],
    special: Callable[[Role], int | None],
    room: int,
) -> Fitted:
    """Return the tokens of a prompt, piece by piece, in at most `room` tokens.

    Where the window has room for what the prompt is meant to take, only the limits of the pieces count, and the one
    piece that is cut further. In a smaller window all limits shrink.

    Raises PromptTooLong if cutting the one piece does not suffice, MissingToken where the vocabulary has no token for
    a role. A missing beginning-of-text token is left out.
    """
    runs = [_run(piece, tokens, special) for piece in prompt.pieces]
    sizes = [len(run) for run in runs]
    limits = _limits(prompt, sizes, room)
    runs = [_kept(run, limit, piece.keep) for run, limit, piece in zip(runs, limits, prompt.pieces, strict=True)]
    allowed = room if prompt.max_tokens is None else min(room, prompt.max_tokens)
    excess = sum(map(len, runs)) - allowed
    if excess > 0:
        at = prompt.shortened
        left = len(runs[at]) - excess if 0 <= at < len(runs) else -1
        if left < 0:
            raise PromptTooLong(f"{excess} tokens more than the {allowed} that have room")
        runs[at] = _kept(runs[at], left, prompt.pieces[at].keep)
    labels = [MARKERS_LABEL if piece.role else piece.label for piece in prompt.pieces]
    return Fitted(
        tuple(Block(label, run) for label, run in zip(labels, runs, strict=True) if run),
        tuple(
            Cut(label, size - len(run)) for label, run, size in zip(labels, runs, sizes, strict=True) if len(run) < size
        ),
    )


def _limits(prompt: VerbatimPrompt, sizes: Sequence[int], room: int) -> list[int | None]:
    """Return the limits of the pieces, lowered in a window that is smaller than the prompt is meant for.

    What has a limit then gets its share of the window, any other text but the one that is cut further a part of it.
    """
    limits = [piece.max_tokens for piece in prompt.pieces]
    meant = sum(sizes) if prompt.max_tokens is None else prompt.max_tokens
    if meant <= room:
        return limits
    for at, (piece, limit) in enumerate(zip(prompt.pieces, limits, strict=True)):
        if at != prompt.shortened and not piece.role:
            share = room * SHARE_IN_SMALL_WINDOW if limit is None else limit * room / meant
            limits[at] = int(share)
    return limits


def _run(
    piece: Piece, tokens: Callable[[str], Sequence[int]], special: Callable[[Role], int | None]
) -> tuple[int, ...]:
    if not piece.role:
        return tuple(tokens(piece.text))
    role = Role(piece.role)
    token = special(role)
    if token is None and role is not Role.BOS:
        raise MissingToken(f"the model has no {role.value} token")
    return () if token is None else (token,)


def _kept(run: tuple[int, ...], most: int | None, keep: Side) -> tuple[int, ...]:
    if most is None or len(run) <= most:
        return run
    return run[:most] if keep == "beginning" else run[len(run) - most :]
