"""Which job runs, which gives way."""

from __future__ import annotations

import itertools

import pytest

from dovetail_models.engine.host.schedule import MAX_WAITING, Admission, Schedule, Ticket
from dovetail_models.engine.job import CompletionJob, Priority
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.prompt.parts import PromptParts

_ids = itertools.count()


def ticket(client: str, priority: Priority = "interactive", connection: int = 1, turn: int = 0) -> Ticket:
    job = CompletionJob(PromptParts((), "a.py", "", ""), client, priority=priority, turn=turn)
    return Ticket(connection, next(_ids), job, 0.0, Interrupt())


def test_first_come_first_served() -> None:
    schedule = Schedule()
    first, second = ticket("a"), ticket("b")
    assert schedule.add(first) == schedule.add(second) == Admission(True)
    assert schedule.take() is first
    schedule.finish()
    assert schedule.take() is second
    schedule.finish()
    assert schedule.take() is None


def test_the_newest_of_a_client_supersedes_what_waits_and_what_runs() -> None:
    schedule = Schedule()
    running, waiting, newest, other = ticket("a"), ticket("a"), ticket("a"), ticket("b")
    schedule.add(running)
    schedule.take()
    assert schedule.add(waiting) == Admission(True, (), "superseded")
    schedule.add(other)
    assert schedule.add(newest) == Admission(True, (waiting,), "superseded")
    schedule.finish()
    assert schedule.take() is other


def test_the_same_key_of_another_connection_is_another_client() -> None:
    schedule = Schedule()
    schedule.add(ticket("a", connection=1))
    assert schedule.add(ticket("a", connection=2)) == Admission(True)


def test_what_was_asked_last_comes_first_with_all_that_belongs_to_it() -> None:
    schedule = Schedule()
    old, new, also_old = ticket("a", turn=1), ticket("b", turn=2), ticket("a2", turn=1)
    for each in (old, new, also_old):
        schedule.add(each)
    taken = []
    while (each := schedule.take()) is not None:
        taken.append(each)
        schedule.finish()
    assert taken == [new, old, also_old]


def test_windows_take_turns() -> None:
    schedule = Schedule()
    greedy = [ticket(f"a{i}", connection=1) for i in range(3)]
    modest = [ticket(f"b{i}", connection=2) for i in range(2)]
    for each in (*greedy, *modest):
        schedule.add(each)
    taken = []
    while (each := schedule.take()) is not None:
        taken.append(each)
        schedule.finish()
    assert taken == [greedy[0], modest[0], greedy[1], modest[1], greedy[2]]


@pytest.mark.parametrize("priority", ["warm", "ahead"])
def test_jobs_that_nobody_waits_for_yield_to_interactive_ones(priority: Priority) -> None:
    schedule = Schedule()
    warm, interactive = ticket("a", priority), ticket("b")
    schedule.add(warm)
    schedule.take()
    assert schedule.add(interactive) == Admission(True, (), "yield")
    warm.interrupt.stop("yield")
    schedule.finish(again=True)
    assert schedule.take() is interactive
    schedule.finish()
    again = schedule.take()
    assert again is not None and again.id == warm.id
    assert again.interrupt.reason is None


def test_interactive_comes_before_ahead_and_ahead_before_warm() -> None:
    schedule = Schedule()
    warm, ahead, interactive = ticket("a", "warm"), ticket("b", "ahead"), ticket("c")
    for each in (warm, ahead, interactive):
        schedule.add(each)
    for each in (interactive, ahead, warm):
        assert schedule.take() is each
        schedule.finish()


def test_warming_never_takes_away_an_answer() -> None:
    schedule = Schedule()
    running, waiting = ticket("a"), ticket("b")
    schedule.add(running)
    schedule.take()
    schedule.add(waiting)
    assert schedule.add(ticket("a", "warm")) == Admission(True)
    assert schedule.add(ticket("b", "ahead")) == Admission(True)


def test_a_newer_warm_job_replaces_the_older_and_an_interactive_one_both() -> None:
    schedule = Schedule()
    old, new = ticket("a", "warm"), ticket("a", "warm")
    schedule.add(old)
    assert schedule.add(new).displaced == (old,)
    assert schedule.add(ticket("a")).displaced == (new,)


def test_the_queue_is_bounded() -> None:
    schedule = Schedule()
    for i in range(MAX_WAITING):
        assert schedule.add(ticket(str(i))).accepted
    assert not schedule.add(ticket("one more")).accepted
    assert schedule.add(ticket("0")).accepted, "a newer job takes the place of the older"


def test_withdrawing() -> None:
    schedule = Schedule()
    one, two, other = ticket("a", connection=1), ticket("b", connection=1), ticket("c", connection=2)
    for each in (one, two, other):
        schedule.add(each)
    assert schedule.withdraw(1, one.id) == (one,)
    assert schedule.withdraw(1, one.id) == ()
    assert schedule.withdraw(1) == (two,)
    assert schedule.take() is other


class Flag:
    """Stands for llama.cpp's."""

    def __init__(self) -> None:
        self.raised = False

    def set(self) -> None:
        self.raised = True

    def clear(self) -> None:
        self.raised = False


def test_an_interrupt_reaches_only_its_own_completion() -> None:
    flag, early, late = Flag(), Interrupt(), Interrupt()
    with early.attached(flag):
        assert not flag.raised
    early.stop("cancelled")
    assert not flag.raised
    with late.attached(flag):
        early.stop("cancelled")
        assert not flag.raised
        late.stop("superseded")
        assert flag.raised
    assert not flag.raised


def test_an_interrupt_before_the_beginning_is_not_lost() -> None:
    flag, interrupt = Flag(), Interrupt()
    interrupt.stop("cancelled")
    with interrupt.attached(flag):
        assert flag.raised


def test_the_first_reason_is_kept_but_yielding_is_replaced() -> None:
    interrupt = Interrupt()
    interrupt.stop("yield")
    interrupt.stop("cancelled")
    interrupt.stop("superseded")
    assert interrupt.reason == "cancelled"
