"""Pure: what to do after a failure. Wait and try again, ask the hub for the address again, or give up."""

from dataclasses import dataclass
from typing import Literal

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
LONGEST_RETRY_AFTER_S = 300.0
"""A server that asks for a longer pause is not waited for: the user decides."""
MAX_FAILURES = 6
"""Failures one after the other without a new byte: with the pauses between them, a minute."""
MAX_REFRESHES = 3
"""New addresses without a new byte."""

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
EXPIRED = frozenset({401, 403, 404, 410})
"""What a CDN answers for an address whose signature has expired."""

Kind = Literal["line", "status", "changed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that failed.

    kind: "line" for a connection that could not be made, was cut or fell silent; "status" for an answer; "changed" for
        a server that has other bytes than those asked for (416, another size or ETag).
    status: the status of HTTP; 0 where there was no answer.
    retry_after_s: what the server asks to wait; None if it asks nothing.
    reason: a few words for people.
    """

    kind: Kind
    reason: str
    status: int = 0
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next. `wait_s` seconds pass before "again" and "refresh"."""

    do: Literal["again", "refresh", "give up"]
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures and new addresses since the last new byte."""

    failures: int = 0
    refreshes: int = 0

    def after(self, failure: Failure) -> tuple[Step, "Attempts"]:
        """Return what to do after a failure, and the count with it."""
        if failure.kind == "changed" or (failure.kind == "status" and failure.status in EXPIRED):
            counted = Attempts(self.failures, self.refreshes + 1)
            return Step("give up" if counted.refreshes > MAX_REFRESHES else "refresh"), counted
        counted = Attempts(self.failures + 1, self.refreshes)
        is_hopeless = failure.kind == "status" and failure.status not in TRANSIENT
        asked = failure.retry_after_s
        if is_hopeless or counted.failures > MAX_FAILURES or (asked is not None and asked > LONGEST_RETRY_AFTER_S):
            return Step("give up"), counted
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (counted.failures - 1))
        return Step("again", wait_s if asked is None else max(asked, 0.0)), counted
