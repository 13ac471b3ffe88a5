"""When a host is taken for hung: it does not answer, or has work and gets no further."""

from __future__ import annotations

from dovetail_models.engine.client.heartbeat import SILENT_TICKS, STUCK_TICKS, Heartbeat


def test_a_host_that_answers_is_well() -> None:
    heart = Heartbeat()
    for progress in range(3 * SILENT_TICKS):
        heart = heart.asked().answered(busy=True, progress=progress)
        assert heart.fault() == ""


def test_a_host_that_does_not_answer_hangs() -> None:
    heart = Heartbeat().asked().answered(busy=False, progress=5)
    for _ in range(SILENT_TICKS - 1):
        heart = heart.asked()
        assert heart.fault() == ""
    assert "did not answer" in heart.asked().fault()
    assert heart.asked().answered(busy=False, progress=5).fault() == ""


def test_a_host_that_has_work_and_gets_no_further_hangs() -> None:
    heart = Heartbeat().asked().answered(busy=True, progress=5)
    for _ in range(STUCK_TICKS - 1):
        heart = heart.asked().answered(busy=True, progress=5)
        assert heart.fault() == ""
    assert "no further" in heart.asked().answered(busy=True, progress=5).fault()
    assert heart.asked().answered(busy=True, progress=6).asked().answered(busy=True, progress=6).fault() == ""


def test_a_host_without_work_has_no_need_to_get_on() -> None:
    heart = Heartbeat()
    for _ in range(2 * STUCK_TICKS):
        heart = heart.asked().answered(busy=False, progress=5)
        assert heart.fault() == ""
