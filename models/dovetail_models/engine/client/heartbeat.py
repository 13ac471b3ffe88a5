"""Decide whether a silent host hangs. Pure: counts questions and answers, without a clock.

The client counts time in its own ticks, so the time for which a laptop sleeps does not count. A busy host still answers
and reports its progress, because its event loop runs beside its model. A host that does neither hangs.
"""

from dataclasses import dataclass, replace

TICK_S = 2.0
"""Seconds between the questions of a client that waits for something. A client that waits for nothing asks nothing."""

SILENT_TICKS = 8
"""The number of unanswered questions after which a host hangs: 16 s. A machine too busy to run an event loop for that
time is lost anyway."""

STUCK_TICKS = 60
"""The number of answers without progress after which a host hangs: two minutes. A micro-batch of a large model on a
slow, busy machine takes some twenty seconds. Reading a gigabyte from a slow disk takes as long."""


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
