"""Decide which job runs next. Pure: no clock, no sockets, no model.

The newest job of a client key wins. Interactive jobs run first, then those ahead, then warm ones. Among equal jobs, the
window that was served least recently comes first. Within one window, the user's latest request comes first, then the
older job. The queue is bounded.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from dovetail_models.engine.job import CompletionJob, Priority
from dovetail_models.engine.runtime.interrupt import Interrupt

MAX_WAITING = 64
"""The maximum number of waiting jobs. Each document has at most one, so more jobs mean that a client misbehaves."""

_ORDER = get_args(Priority)


@dataclass(frozen=True, eq=False, slots=True)
class Ticket:
    """A job that waits or runs, with its connection, its id, the time of its arrival (a clock's seconds) and its
    interrupt."""

    connection: int
    id: int
    job: CompletionJob
    received: float
    interrupt: Interrupt
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """The consequences of a new job: whether it is accepted, which jobs it displaces, and how the running job ends."""

    accepted: bool
    displaced: tuple[Ticket, ...] = ()
    running: Literal["superseded", "yield"] | None = None


class Schedule:
    """Jobs that wait, and the one that runs."""

    def __init__(self) -> None:
        self._waiting: list[Ticket] = []
        self._served: dict[int, int] = {}
        """When each connection was last served, counted in jobs."""
        self.running: Ticket | None = None

    @property
    def is_waiting(self) -> bool:
        """Return whether any job waits."""
        return bool(self._waiting)

    def add(self, ticket: Ticket) -> Admission:
        """Queue a job. The displaced ones have left the queue and must be answered."""
        displaced = tuple(other for other in self._waiting if _supersedes(ticket, other))
        left = [other for other in self._waiting if other not in displaced]
        if len(left) >= MAX_WAITING:
            return Admission(accepted=False)
        self._waiting = [*left, ticket]
        return Admission(True, displaced, self._verdict_on_running(ticket))

    def take(self) -> Ticket | None:
        """Return the job to run now: it counts as running until `finish`. None if none waits."""
        first = min(self._waiting, key=self._turn, default=None)
        if first is not None:
            self._waiting.remove(first)
            self.running = first
            self._served[first.connection] = max(self._served.values(), default=0) + 1
        return first

    def finish(self, again: bool = False) -> None:
        """The running job has ended; with `again` it waits once more, before the others of its window and
        priority."""
        if again and self.running is not None:
            self._waiting.insert(0, replace(self.running, interrupt=Interrupt()))
        self.running = None

    def withdraw(self, connection: int, id: int | None = None) -> tuple[Ticket, ...]:
        """Take a connection's waiting job with this id (all of its jobs without one) out of the queue."""
        gone = tuple(t for t in self._waiting if t.connection == connection and id in (None, t.id))
        self._waiting = [ticket for ticket in self._waiting if ticket not in gone]
        if id is None:
            self._served.pop(connection, None)
        return gone

    def _turn(self, ticket: Ticket) -> tuple[int, int, int]:
        return _ORDER.index(ticket.job.priority), self._served.get(ticket.connection, 0), -ticket.job.turn

    def _verdict_on_running(self, ticket: Ticket) -> Literal["superseded", "yield"] | None:
        if self.running is None:
            return None
        if _supersedes(ticket, self.running):
            return "superseded"
        makes_way = self.running.job.priority != "interactive"
        return "yield" if makes_way and ticket.job.priority == "interactive" else None


def _supersedes(new: Ticket, old: Ticket) -> bool:
    is_same = (new.connection, new.job.document) == (old.connection, old.job.document)
    # A job that nobody waits for is a guess: it must not supersede one that someone waits for.
    return is_same and (new.job.priority == "interactive" or old.job.priority != "interactive")
