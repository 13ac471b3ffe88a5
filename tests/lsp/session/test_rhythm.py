"""The benefit of waiting before a request."""

from __future__ import annotations

import pytest

from dovetail.session.rhythm import LONGEST_PAUSE_S, Rhythm
from dovetail_models.engine.job import CompletionReply


def reply(read: int = 0, prefill_ms: float = 0.0, decode_ms: float = 0.0) -> CompletionReply:
    return CompletionReply("", "eos", None, "m", prompt_tokens=read, prefill_ms=prefill_ms, decode_ms=decode_ms)


def test_nobody_waits_for_a_fast_model() -> None:
    rhythm = Rhythm().typed(0.2).answered(reply(decode_ms=20))
    assert rhythm.wait_s(on_battery=False) == 0.0
    assert rhythm.wait_s(on_battery=True) == pytest.approx(0.3)


def test_the_pause_follows_the_hand_and_has_an_end() -> None:
    quick, slow = Rhythm().typed(0.1), Rhythm().typed(0.9)
    assert quick.answered(reply(decode_ms=500)).wait_s(on_battery=False) == pytest.approx(0.075)
    assert slow.answered(reply(decode_ms=500)).wait_s(on_battery=False) == LONGEST_PAUSE_S


def test_thinking_is_not_typing() -> None:
    assert Rhythm().typed(0.1).typed(30.0).gap_s == pytest.approx(0.1)


def test_a_prompt_that_is_read_at_once_is_made_again() -> None:
    assert Rhythm().reads_quickly(1000)  # nothing is known yet
    assert Rhythm().answered(reply(read=1000, prefill_ms=50)).reads_quickly(1000)
    assert not Rhythm().answered(reply(read=1000, prefill_ms=8000)).reads_quickly(1000)
