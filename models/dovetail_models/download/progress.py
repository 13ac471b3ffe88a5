"""What a pull reports while it works, and the error that it raises when it cannot continue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dovetail_models.errors import ModelError

Stage = Literal["waiting", "asking", "downloading", "verifying", "done"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull has come.

    stage: the current step; "waiting" means that another process pulls the same file.
    done: the number of bytes that are present or verified.
    total: the size of the whole file in bytes; None until it is known.
    note: one line about something out of the ordinary; "" if there is none.
    """

    stage: Stage
    done: int = 0
    total: int | None = None
    note: str = ""


Report = Callable[[PullProgress], None]


class PullError(ModelError):
    """A pull cannot continue. The message is one line: what happened and what to do next."""


def shown_bytes(count: int) -> str:
    """Return a number of bytes for people, in decimal units as hubs show them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 100 * size else f"{count / size:.0f} {unit}"
    return f"{count} bytes"
