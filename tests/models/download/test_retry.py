"""Pure parts of the downloader: what follows a failure, how large a chunk is, what a header asks for."""

from __future__ import annotations

import pytest

from dovetail_models.download.progress import shown_bytes
from dovetail_models.download.ranges import retry_after_s
from dovetail_models.download.retry import Attempts, Failure, Step
from dovetail_models.download.transfer import ChunkSizes


def steps(*failures: Failure) -> list[Step]:
    """Return the decision after each of several failures without a new byte between them."""
    attempts, done = Attempts(), []
    for failure in failures:
        step, attempts = attempts.after(failure)
        done.append(step)
    return done


def test_waits_grow_and_end() -> None:
    done = steps(*[Failure("line", "cut")] * 7)
    assert [step.wait_s for step in done[:6]] == [1, 2, 4, 8, 16, 30]
    assert done[6] == Step("give up")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_has_expired_is_asked_for_three_times(status: int) -> None:
    done = steps(*[Failure("status", "no", status)] * 4)
    assert [step.do for step in done] == ["refresh"] * 3 + ["give up"]


def test_what_will_not_pass_is_given_up_at_once() -> None:
    assert steps(Failure("status", "no", 400)) == [Step("give up")]
    assert steps(Failure("status", "slow down", 429, retry_after_s=301.0)) == [Step("give up")]
    assert steps(Failure("status", "slow down", 429, retry_after_s=300.0)) == [Step("again", 300.0)]


def test_refreshes_and_failures_are_counted_apart() -> None:
    changed, cut = Failure("changed", "other"), Failure("line", "cut")
    done = steps(changed, cut, changed, cut, changed)
    assert [step.do for step in done] == ["refresh", "again", "refresh", "again", "refresh"]
    assert done[3].wait_s == 2


def test_a_chunk_is_what_comes_in_some_seconds() -> None:
    sizes = ChunkSizes()
    assert sizes.next(4 << 20, 1.0) == 16 << 20
    assert sizes.next(1 << 20, 100.0) == sizes.smallest
    assert sizes.next(1 << 30, 0.0) == sizes.largest


@pytest.mark.parametrize(
    "value, expected",
    [
        (None, None),
        ("120", 120.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, now=10.0) == expected


def test_sizes_for_people() -> None:
    assert [shown_bytes(count) for count in (0, 999, 1500, 873_582_624, 19_900_000_000, 123_456_789_012)] == [
        "0 bytes",
        "999 bytes",
        "1.5 kB",
        "874 MB",
        "19.9 GB",
        "123 GB",
    ]
