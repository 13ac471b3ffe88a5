"""What a pull reports while it works, and how it says that it cannot go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dovetail_models.errors import ModelError

Stage = Literal["waiting", "asking", "downloading", "verifying", "done"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull has come.

    stage: what it does now; "waiting" is for another process that pulls the same file.
    done: bytes that are there, or that are verified.
    total: bytes of the whole file; None as long as it is not known.
    note: one line about something out of the ordinary, "" if there is nothing to say.
    """

    stage: Stage
    done: int = 0
    total: int | None = None
    note: str = ""


Report = Callable[[PullProgress], None]


class PullError(ModelError):
    """A pull that cannot go on: one line that says what happened and what to do next."""


def shown_bytes(count: int) -> str:
    """Return a number of bytes for people, in decimal units as hubs show them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 100 * size else f"{count / size:.0f} {unit}"
    return f"{count} bytes"
