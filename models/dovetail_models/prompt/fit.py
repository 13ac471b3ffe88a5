"""Cut an over-long prompt to the available room. Pure: token ids in, token ids out.

This is the last resort: the caller gathers context within a token budget, so prompts are rarely cut here. Cuts stay
where they are while the user types. Otherwise every keystroke would move the whole prompt and invalidate the KV cache.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dovetail_models.prompt.segments import CONTEXT_LABEL, FORCED_LABEL, PREFIX_LABEL, SUFFIX_LABEL

FORCED_STEP = 64
"""Room for the forced text is reserved in steps of this many tokens, so that typing rarely moves the other cuts."""

PREFIX_SHARE = 1 / 2
SUFFIX_SHARE = 1 / 4
"""The shares of the room that prefix and suffix may claim if everything is too long; context has the rest. Unused room
goes first to the prefix, since the model continues from its end, then to the context."""

STEP_SHARE = 1 / 8
"""The prefix is cut in steps of this share of its room. The kept text then starts at the same place until the user has
typed one step's worth of tokens."""

LINE_SEARCH_SHARE = 1 / 4
"""The maximum share of a block's room by which a cut may move to fall between two lines. Otherwise it splits a line."""


class PromptTooLong(ValueError):
    """Not even the parts that cannot be cut (markers, path, forced text) fit."""


@dataclass(frozen=True, slots=True)
class Block:
    """A labelled run of tokens in a prompt. The last `closing` of `ids` end the block and are kept if any are."""

    label: str
    ids: tuple[int, ...]
    closing: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """The number of tokens of a block that were left out."""

    label: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A prompt that fits, and what it lost."""

    blocks: tuple[Block, ...]
    cut: tuple[Cut, ...]


def fit(blocks: Sequence[Block], room: int, is_line_end: Callable[[int], bool]) -> Fitted:
    """Cut `blocks` to at most `room` tokens.

    Context blocks are dropped first to last: the last blocks are nearest to the cursor and are kept longest. The prefix
    loses its beginning up to a line start, the suffix its end from a line end. All other blocks are kept whole.
    If the suffix comes before the prefix, its room changes in steps, since each change evaluates all later tokens
    again. `is_line_end` returns whether a line ends with a token.

    Raises PromptTooLong.
    """
    if sum(len(block.ids) for block in blocks) <= room and _reserved(blocks) <= room:
        return Fitted(tuple(blocks), ())
    free = room - _reserved(blocks)
    if free < 0:
        raise PromptTooLong(f"{room - free} tokens cannot be cut and only {room} have room")
    prefix_room, context_room, suffix_room = _rooms(blocks, free)
    if suffix_room < _size(blocks, SUFFIX_LABEL) and _suffix_comes_first(blocks):
        suffix_room -= suffix_room % max(1, int(room * STEP_SHARE))
    kept = _cut_context(blocks, context_room, is_line_end)
    fitted: list[Block] = []
    cuts: list[Cut] = []
    for position, block in enumerate(blocks):
        ids = block.ids
        if block.label.startswith(CONTEXT_LABEL):
            ids = _without_middle(block, kept[position])
        elif block.label == PREFIX_LABEL:
            ids = ids[_prefix_start(ids, prefix_room, is_line_end) :]
        elif block.label == SUFFIX_LABEL:
            ids = ids[: _end_of_lines(ids, suffix_room, is_line_end)]
        if len(ids) < len(block.ids):
            cuts.append(Cut(block.label, len(block.ids) - len(ids)))
        if ids:
            fitted.append(Block(block.label, ids, block.closing))
    return Fitted(tuple(fitted), tuple(cuts))


def _reserved(blocks: Sequence[Block]) -> int:
    """Return the number of tokens in blocks that are never cut; the forced text counts in whole steps."""
    reserved = 0
    for block in blocks:
        if block.label == FORCED_LABEL:
            reserved += -(-len(block.ids) // FORCED_STEP) * FORCED_STEP
        elif not _may_be_cut(block):
            reserved += len(block.ids)
    return reserved


def _may_be_cut(block: Block) -> bool:
    return block.label in (PREFIX_LABEL, SUFFIX_LABEL) or block.label.startswith(CONTEXT_LABEL)


def _rooms(blocks: Sequence[Block], free: int) -> tuple[int, int, int]:
    """Return the room for prefix, context and suffix. Each gets its share; unused room goes to the others in order."""
    prefix, suffix = _size(blocks, PREFIX_LABEL), _size(blocks, SUFFIX_LABEL)
    context = sum(len(block.ids) for block in blocks if block.label.startswith(CONTEXT_LABEL))
    needs = [prefix, context, suffix]
    shares = [
        int(free * PREFIX_SHARE),
        free - int(free * PREFIX_SHARE) - int(free * SUFFIX_SHARE),
        int(free * SUFFIX_SHARE),
    ]
    rooms = [min(need, share) for need, share in zip(needs, shares, strict=True)]
    for i, need in enumerate(needs):
        rooms[i] += min(need - rooms[i], free - sum(rooms))
    return rooms[0], rooms[1], rooms[2]


def _cut_context(blocks: Sequence[Block], room: int, is_line_end: Callable[[int], bool]) -> dict[int, int]:
    """Return how many tokens each context block keeps, by position. Only a block too long by itself is kept in part."""
    positions = [i for i, block in enumerate(blocks) if block.label.startswith(CONTEXT_LABEL)]
    kept = dict.fromkeys(positions, 0)
    used = 0
    for position in reversed(positions):
        size = len(blocks[position].ids)
        if used + size > room:
            if used == 0:
                kept[position] = _kept_in_part(blocks[position], room, is_line_end)
            break
        kept[position] = size
        used += size
    return kept


def _kept_in_part(block: Block, room: int, is_line_end: Callable[[int], bool]) -> int:
    """How many tokens of a context block that is too long are kept: its beginning, and what closes it."""
    text = block.ids[: len(block.ids) - block.closing]
    beginning = _end_of_lines(text, room - block.closing, is_line_end) if room > block.closing else 0
    return beginning + block.closing if beginning else 0


def _without_middle(block: Block, kept: int) -> tuple[int, ...]:
    """The first tokens of a block and those that close it, `kept` in all."""
    if kept >= len(block.ids):
        return block.ids
    return block.ids[: kept - block.closing] + block.ids[len(block.ids) - block.closing :] if kept else ()


def _size(blocks: Sequence[Block], label: str) -> int:
    return sum(len(block.ids) for block in blocks if block.label == label)


def _suffix_comes_first(blocks: Sequence[Block]) -> bool:
    labels = [block.label for block in blocks]
    return PREFIX_LABEL in labels and SUFFIX_LABEL in labels[: labels.index(PREFIX_LABEL)]


def _prefix_start(ids: tuple[int, ...], room: int, is_line_end: Callable[[int], bool]) -> int:
    """Where the kept part of the prefix begins: at a line start where one is near."""
    if len(ids) <= room:
        return 0
    step = max(1, int(room * STEP_SHARE))
    start = min(-(-(len(ids) - room) // step) * step, len(ids))
    for line_start in range(start, min(start + int(room * LINE_SEARCH_SHARE), len(ids))):
        if is_line_end(ids[line_start - 1]):
            return line_start
    return start


def _end_of_lines(ids: tuple[int, ...], room: int, is_line_end: Callable[[int], bool]) -> int:
    """How many tokens from the front fit: up to a line end where one is near."""
    if len(ids) <= room:
        return len(ids)
    for end in range(room, max(room - int(room * LINE_SEARCH_SHARE), 0), -1):
        if is_line_end(ids[end - 1]):
            return end
    return room
