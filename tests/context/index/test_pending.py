"""How long the index waits before it handles a notification."""

from __future__ import annotations

import pytest

from dovetail_context.index.pending import AFTER_TYPING_S, LONGEST_AFTER_TYPING_S, Pending
from dovetail_context.workspace.selection import EVERYTHING


def test_nothing_to_do_waits_for_ever() -> None:
    assert Pending().pause_s(5.0) is None
    assert Pending().empty


def test_a_text_is_read_a_moment_after_the_last_key() -> None:
    pending = Pending()
    pending.overlay("a.py", "x", now=10.0)
    assert pending.pause_s(10.0) == pytest.approx(AFTER_TYPING_S)
    pending.overlay("a.py", "xy", now=10.0 + AFTER_TYPING_S / 2)
    assert pending.pause_s(10.0 + AFTER_TYPING_S) == pytest.approx(AFTER_TYPING_S / 2)
    assert pending.pause_s(10.0 + 2 * AFTER_TYPING_S) == 0.0
    assert pending.overlays == {"a.py": "xy"}


def test_whoever_types_without_a_pause_is_read_anyway() -> None:
    pending, now = Pending(), 10.0
    while now < 10.0 + 2 * LONGEST_AFTER_TYPING_S and pending.pause_s(now) != 0.0:
        now += AFTER_TYPING_S / 2
        pending.overlay("a.py", str(now), now)
    assert now - pending.first_typed <= LONGEST_AFTER_TYPING_S + AFTER_TYPING_S


@pytest.mark.parametrize("change", ["a build", "a path", "a selection"])
def test_everything_else_is_done_at_once(change: str) -> None:
    pending = Pending()
    pending.overlay("a.py", "x", now=10.0)
    if change == "a build":
        pending.builds.append((None, None))
    elif change == "a path":
        pending.paths.add("b.py")
    else:
        pending.select(EVERYTHING, walk_after=False)
    assert pending.pause_s(10.0) == 0.0
    assert not pending.empty
