"""When a host is started again."""

from __future__ import annotations

from dovetail_models.engine.client.restart import FAILURE_HOLDS_S, FREE_DEATHS, LONGEST_PAUSE_S, RestartPolicy
from dovetail_models.errors import EngineDied

FILE = (1, 1)


def test_after_a_few_deaths_it_starts_at_once() -> None:
    policy = RestartPolicy()
    for _ in range(FREE_DEATHS):
        policy.note_death(0.0, FILE, "was killed by signal 9")
    assert policy.objection(0.0, FILE) is None


def test_more_deaths_in_a_row_bring_growing_pauses() -> None:
    policy = RestartPolicy()
    now, pauses = 0.0, []
    for _ in range(FREE_DEATHS + 10):
        policy.note_death(now, FILE, "was killed by signal 9")
        start = now
        while policy.objection(now, FILE):
            now += 0.5
        pauses.append(now - start)
    assert pauses[FREE_DEATHS:][:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_the_objection_says_how_often_and_why() -> None:
    policy = RestartPolicy()
    for _ in range(FREE_DEATHS + 1):
        policy.note_death(0.0, FILE, "was killed by signal 9")
    objection = policy.objection(0.5, FILE)
    assert isinstance(objection, EngineDied)
    assert f"{FREE_DEATHS + 1} times in a row (it was killed by signal 9)" in str(objection)
    assert "\n" not in str(objection)


def test_an_answer_forgives_all() -> None:
    policy = RestartPolicy()
    for _ in range(FREE_DEATHS + 5):
        policy.note_death(0.0, FILE, "")
    policy.note_answer()
    policy.note_death(0.0, FILE, "")
    assert policy.objection(0.0, FILE) is None


def test_a_failure_holds_until_the_file_changes_or_time_has_passed() -> None:
    policy = RestartPolicy()
    policy.note_failure(0.0, FILE, "damaged")
    assert str(policy.objection(FAILURE_HOLDS_S - 1, FILE)) == "damaged"
    assert policy.objection(FAILURE_HOLDS_S - 1, (2, 1)) is None
    assert policy.objection(FAILURE_HOLDS_S - 1, None) is None
    assert policy.objection(FAILURE_HOLDS_S, FILE) is None
