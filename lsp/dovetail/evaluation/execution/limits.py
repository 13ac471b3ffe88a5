"""What a program may use, and how it ended. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

End = Literal["exit", "time", "memory", "output", "processes", "refused"]
"""How a program ended.

exit: by itself, with whatever status. time, memory, output, processes: it went over a limit and was killed. refused: it
was not started, because it could not be limited.
"""

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a program may use. It has no network, and writes in its own folder alone."""

    seconds: float = 10.0
    """Of the clock, from start to end; processor time is limited to as much, rounded up, for each process."""
    memory_bytes: int = 2000 * MEGABYTE
    """Of main memory, over all its processes."""
    file_bytes: int = 50 * MEGABYTE
    """Of one file."""
    output_bytes: int = 10 * MEGABYTE
    """Of what it prints."""
    processes: int = 64
    """Processes at a time, itself included."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    end: End
    """Why."""
    status: int
    """Its exit status; negative for a signal."""
    output: str = ""
    """What it printed to standard output."""
    errors: str = ""
    """The end of what it printed to standard error."""
