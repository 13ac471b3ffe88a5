"""The order of pieces, given what was shown before."""

from __future__ import annotations

from dovetail_context.assembly.stable_order import settle
from dovetail_context.bundle import ContextPiece


def piece(path: str, parts: str, tokens: int = 10, reason: str = "new") -> ContextPiece:
    return ContextPiece(path, 1, 1, "outline", reason, 0.5, tokens, f"{path} {parts}", frozenset(parts.split()))


def names(pieces: list[ContextPiece]) -> list[str]:
    return [each.text for each in pieces]


def test_what_is_new_comes_behind_what_was_shown() -> None:
    shown = [piece("b", "x y"), piece("a", "z")]
    assert names(settle(shown, [piece("a", "z"), piece("b", "x"), piece("c", "w")], {}, 100)) == ["b x y", "a z", "c w"]


def test_a_block_that_gets_more_moves_behind() -> None:
    shown = [piece("a", "x"), piece("b", "y")]
    assert names(settle(shown, [piece("a", "x x2"), piece("b", "y")], {}, 100)) == ["b y", "a x x2"]


def test_what_is_wanted_no_more_goes_when_room_is_needed() -> None:
    shown = [piece("old", "o"), piece("a", "x"), piece("b", "y")]
    worth = {("a", "x"): 0.9, ("b", "y"): 0.1}
    assert names(settle(shown, [piece("a", "x"), piece("c", "z")], worth, 40)) == ["old o", "a x", "b y", "c z"]
    assert names(settle(shown, [piece("a", "x"), piece("c", "z")], worth, 30)) == ["a x", "b y", "c z"]
    assert names(settle(shown, [piece("a", "x"), piece("c", "z")], worth, 20)) == ["a x", "c z"]


def test_the_reason_is_that_of_today() -> None:
    (one,) = settle([piece("a", "x y", reason="then")], [piece("a", "x", reason="now")], {}, 100)
    assert (one.text, one.reason) == ("a x y", "now")
