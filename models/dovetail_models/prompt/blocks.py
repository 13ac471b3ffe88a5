"""From segments to labelled runs of tokens, whatever a token is: an id of a vocabulary, or a character. Pure."""

from collections.abc import Callable, Sequence

from dovetail_models.prompt.fit import Block
from dovetail_models.prompt.segments import FORCED_LABEL, PREFIX_LABEL, Joined, Role, Segment, Special, Text

MARKERS_LABEL = "markers"
"""Special tokens of a prompt that belong to no text are counted under this label."""


def texts_of(segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return the texts that `blocks_of` asks tokens for, in prompt order."""
    joined = (_joined_text(each) if isinstance(each, Joined) else each.text for each in _texts(segments))
    return tuple(joined)


def blocks_of(
    segments: Sequence[Segment],
    tokens: Callable[[str], tuple[int, ...]],
    special: Callable[[Role], int | None],
    size: Callable[[int], int],
) -> tuple[Block, ...]:
    """Return the blocks of a prompt, segment by segment, without empty ones.

    `tokens` returns the tokens of a text, `special` the token of a role or None, and `size` the UTF-8 bytes of a token.
    """

    def marker(role: Role | None) -> tuple[int, ...]:
        token = None if role is None else special(role)
        return () if token is None else (token,)

    blocks: list[Block] = []
    for segment in segments:
        if isinstance(segment, Special):
            blocks.append(Block(MARKERS_LABEL, marker(segment.role)))
        elif isinstance(segment, Joined):
            blocks += _shared_out(segment, tokens(_joined_text(segment)), size)
        else:
            closer = marker(segment.closer)
            blocks.append(Block(segment.label, marker(segment.opener) + tokens(segment.text) + closer, len(closer)))
    return tuple(block for block in blocks if block.ids)


def before_cursor(blocks: Sequence[Block], frozen_anchor: bool) -> tuple[tuple[int, ...], int]:
    """Return the tokens that healing may back over, and the position in the prompt where they end.

    After a frozen anchor these are the tokens of the typed text; earlier tokens do not change. Otherwise they are all
    tokens before the cursor.
    """
    labels = (FORCED_LABEL,) if frozen_anchor else (PREFIX_LABEL, FORCED_LABEL)
    end = total = sum(len(block.ids) for block in blocks)
    for block in reversed(blocks):
        if block.label in labels:
            return tuple(token for each in blocks if each.label in labels for token in each.ids), end
        end -= len(block.ids)
    return (), total


def _texts(segments: Sequence[Segment]) -> list[Joined | Text]:
    return [each for each in segments if not isinstance(each, Special)]


def _joined_text(joined: Joined) -> str:
    return "".join(text.text for text in joined.texts)


def _shared_out(joined: Joined, ids: tuple[int, ...], size: Callable[[int], int]) -> list[Block]:
    """The tokens of texts that are one, shared out from the end: the last text is short, the first may be long."""
    blocks: list[Block] = []
    missing = 0
    for text in reversed(joined.texts[1:]):
        start, missing = len(ids), missing + len(text.text.encode("utf-8", "replace"))
        while missing > 0:
            start -= 1
            missing -= size(ids[start])
        blocks.insert(0, Block(text.label, ids[start:]))
        ids = ids[:start]
    return [Block(joined.texts[0].label, ids), *blocks]
