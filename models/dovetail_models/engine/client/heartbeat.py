"""Whether a host that says nothing hangs. Pure: counts questions and answers, no clock.

Time is counted in ticks of the client's own: those of a laptop that sleeps do not count. A host that thinks answers all
the same (its event loop is beside its model), and reports its progress; one that neither answers nor gets on hangs.
"""

from dataclasses import dataclass, replace

TICK_S = 2.0
"""How often a client that waits for something asks. Nothing is asked while nothing is awaited."""

SILENT_TICKS = 8
"""Questions without an answer: 16 s. A machine that is so busy that an event loop does not run for so long is lost
anyway."""

STUCK_TICKS = 60
"""Answers without progress: two minutes. A micro-batch of a large model on a slow, busy machine takes some twenty
seconds, a gigabyte from a slow disk as long."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What is known of a host's health."""

    silent: int = 0
    stuck: int = 0
    progress: int = -1

    def asked(self) -> "Heartbeat":
        """Return the state after one more question."""
        return replace(self, silent=self.silent + 1)

    def answered(self, busy: bool, progress: int) -> "Heartbeat":
        """Return the state after an answer: whether it has work to do, and a number that grows as it gets on."""
        return Heartbeat(0, self.stuck + 1 if busy and progress == self.progress else 0, progress)

    def fault(self) -> str:
        """Return what is wrong with it, in words; "" for nothing."""
        if self.silent >= SILENT_TICKS:
            return f"did not answer for {SILENT_TICKS * TICK_S:.0f} s"
        if self.stuck >= STUCK_TICKS:
            return f"got no further for {STUCK_TICKS * TICK_S:.0f} s"
        return ""
