"""Cutting over-long prompts: what is kept, where the cuts are, and that they stay in place."""

from __future__ import annotations

import random

import pytest

from dovetail_models.prompt.fit import Block, Cut, Fitted, PromptTooLong, fit

NEWLINE = 0
"""Token 0 ends a line in these tests; all others are words."""


def lines(count: int, words: int, first: int = 1) -> tuple[int, ...]:
    """Return `count` lines of `words` words and a newline. The words are numbered, so that each is unique."""
    ids: list[int] = []
    for line in range(count):
        ids += [*range(first + line * words, first + (line + 1) * words), NEWLINE]
    return tuple(ids)


def prompt(
    prefix: tuple[int, ...] = (), suffix: tuple[int, ...] = (), forced: tuple[int, ...] = (), **context: tuple[int, ...]
) -> list[Block]:
    blocks = [Block("markers", (900,)), *(Block(f"context:{name}", ids) for name, ids in context.items())]
    blocks += [
        Block("path", (901, NEWLINE)),
        Block("markers", (902,)),
        Block("prefix", prefix),
        Block("markers", (903,)),
    ]
    return [*blocks, Block("suffix", suffix), Block("markers", (904,)), Block("forced", forced)]


def cut_to(blocks: list[Block], room: int) -> Fitted:
    return fit(blocks, room, lambda token: token == NEWLINE)


def kept(fitted: Fitted, label: str) -> tuple[int, ...]:
    return next((block.ids for block in fitted.blocks if block.label == label), ())


def size(fitted: Fitted) -> int:
    return sum(len(block.ids) for block in fitted.blocks)


def test_what_fits_is_left_alone() -> None:
    blocks = prompt(lines(3, 4), lines(2, 4), (7, 8), a=lines(5, 3))
    assert cut_to(blocks, 200) == Fitted(tuple(blocks), ())


def test_prefix_loses_its_beginning_up_to_a_line_start() -> None:
    prefix = lines(100, 9)
    fitted = cut_to(prompt(prefix), 206)
    rest = kept(fitted, "prefix")
    assert prefix[-len(rest) :] == rest
    assert prefix[-len(rest) - 1] == NEWLINE
    assert 150 <= len(rest) <= 200
    assert fitted.cut == (Cut("prefix", len(prefix) - len(rest)),)


def test_suffix_loses_its_end_from_a_line_end() -> None:
    suffix = lines(100, 9)
    rest = kept(cut_to(prompt(suffix=suffix), 206), "suffix")
    assert suffix[: len(rest)] == rest
    assert rest[-1] == NEWLINE
    assert 190 <= len(rest) <= 200


def test_a_line_longer_than_the_room_is_cut_inside() -> None:
    fitted = cut_to(prompt(lines(1, 500), lines(1, 500)), 206)
    assert len(kept(fitted, "prefix")) > 90
    assert len(kept(fitted, "suffix")) > 45
    assert size(fitted) <= 206


def test_when_all_is_too_long_the_prefix_has_half_of_the_room() -> None:
    long = lines(200, 9)
    fitted = cut_to(prompt(long, long, a=long), 806)
    assert 300 <= len(kept(fitted, "prefix")) <= 400
    assert 150 <= len(kept(fitted, "suffix")) <= 200
    assert 150 <= len(kept(fitted, "context:a")) <= 200


def test_context_farthest_from_the_cursor_goes_first_and_whole() -> None:
    long = lines(200, 9)
    fitted = cut_to(prompt(long, long, far=lines(10, 9), near=lines(10, 9)), 606)
    assert kept(fitted, "context:far") == ()
    assert kept(fitted, "context:near") == lines(10, 9)
    assert Cut("context:far", 100) in fitted.cut


def test_what_a_short_block_does_not_need_goes_to_the_others() -> None:
    fitted = cut_to(prompt(lines(2, 4), lines(2, 4), a=lines(100, 9)), 206)
    assert kept(fitted, "prefix") == lines(2, 4)
    assert kept(fitted, "suffix") == lines(2, 4)
    assert len(kept(fitted, "context:a")) >= 170


def test_typing_does_not_move_the_cut() -> None:
    prefix = lines(100, 9)
    starts = {kept(cut_to(prompt(prefix + tuple(range(5000, 5000 + n))), 406), "prefix")[0] for n in range(200)}
    assert len(starts) <= 6


def test_forced_text_does_not_move_the_cut_at_each_token() -> None:
    starts = {kept(cut_to(prompt(lines(100, 9), forced=(7,) * n), 406), "prefix")[0] for n in range(1, 129)}
    assert len(starts) <= 2


def test_forced_text_is_never_cut() -> None:
    forced = tuple(range(1, 100))
    assert kept(cut_to(prompt(lines(100, 9), lines(100, 9), forced), 206), "forced") == forced
    with pytest.raises(PromptTooLong):
        cut_to(prompt(lines(100, 9), forced=tuple(range(1, 300))), 206)


def test_any_prompt_fits_any_room_and_loses_nothing_unsaid() -> None:
    dice = random.Random(7)
    for _ in range(300):
        blocks = prompt(
            lines(dice.randrange(60), dice.randrange(1, 30)),
            lines(dice.randrange(60), dice.randrange(1, 30)),
            tuple(range(1, dice.randrange(2, 60))),
            **{f"c{i}": lines(dice.randrange(1, 30), dice.randrange(1, 30)) for i in range(dice.randrange(5))},
        )
        room = dice.randrange(70, 900)
        fitted = cut_to(blocks, room)
        assert size(fitted) <= room
        assert size(fitted) + sum(cut.tokens for cut in fitted.cut) == sum(len(block.ids) for block in blocks)
        assert [block.label for block in fitted.blocks if block.label in ("markers", "path")] == (
            ["markers", "path", "markers", "markers", "markers"]
        )


CLOSING = 905


def closed(name: str, ids: tuple[int, ...]) -> Block:
    """Return a context block that ends with a marker."""
    return Block(f"context:{name}", (*ids, CLOSING), 1)


def test_a_context_block_that_is_cut_keeps_the_marker_that_closes_it() -> None:
    long = lines(200, 9)
    fitted = cut_to([closed("far", lines(5, 9)), closed("near", long), *prompt(long, long)], 806)
    assert [block.label for block in fitted.blocks].count("context:near") == 1
    near = kept(fitted, "context:near")
    assert near[-1] == CLOSING and near[:-1] == long[: len(near) - 1] and near[-2] == NEWLINE
    assert kept(fitted, "context:far") == ()


def test_a_marker_alone_is_not_kept() -> None:
    fitted = cut_to([closed("a", lines(3, 9)), *prompt(lines(100, 9), lines(100, 9))], 45)
    assert size(fitted) <= 45
    assert CLOSING not in kept(fitted, "context:a") or len(kept(fitted, "context:a")) > 1


def suffix_first(prefix: tuple[int, ...], suffix: tuple[int, ...], forced: tuple[int, ...] = ()) -> list[Block]:
    marks = [Block("markers", (900 + i,)) for i in range(3)]
    return [
        marks[0],
        Block("suffix", suffix),
        marks[1],
        Block("context:a", lines(10, 9)),
        Block("prefix", prefix),
        Block("forced", forced),
        marks[2],
    ]


def test_a_suffix_that_comes_first_is_cut_in_steps() -> None:
    """What follows a suffix that comes first would be read again whenever its end moved."""
    suffix = lines(200, 9)
    prefixes = [lines(10, 9) + tuple(range(5000, 5000 + n)) for n in range(400)]
    first = {kept(cut_to(suffix_first(prefix, suffix), 806), "suffix") for prefix in prefixes}
    assert len(first) <= 5
    behind = {kept(cut_to(prompt(prefix, suffix, a=lines(10, 9)), 806), "suffix") for prefix in prefixes}
    assert len(behind) > 20


def test_a_suffix_that_comes_first_and_fits_is_whole() -> None:
    suffix = lines(5, 9)
    assert kept(cut_to(suffix_first(lines(200, 9), suffix), 406), "suffix") == suffix


def test_any_prompt_with_the_suffix_first_fits() -> None:
    dice = random.Random(11)
    for _ in range(300):
        blocks = suffix_first(
            lines(dice.randrange(60), dice.randrange(1, 30)),
            lines(dice.randrange(60), dice.randrange(1, 30)),
            tuple(range(1, dice.randrange(2, 60))),
        )
        fitted = cut_to(blocks, dice.randrange(70, 900))
        assert size(fitted) + sum(cut.tokens for cut in fitted.cut) == sum(len(block.ids) for block in blocks)
        assert [block.label for block in fitted.blocks].count("markers") == 3
