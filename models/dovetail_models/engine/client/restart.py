"""Decide when to restart a host that died or could not load its model. Pure: the caller passes time and file state."""

from dataclasses import dataclass

from dovetail_models.errors import EngineDied, EngineError

FREE_DEATHS = 3
"""The maximum number of deaths in a row after which a host is still restarted without a pause."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""After more deaths, pauses double from the first to the longest. An answer ends them."""

FAILURE_HOLDS_S = 30.0
"""Seconds for which every request fails with the reason why loading failed. A changed file is tried at once."""

FileState = tuple[int, int] | None
"""What changes when a file is replaced: modification time (ns) and size (bytes). None if there is no file."""


@dataclass(frozen=True, slots=True)
class _Pause:
    until: float
    error: type[EngineError]
    reason: str
    file: FileState


class RestartPolicy:
    """Remembers deaths and failures. Times are a clock's seconds, all from the same clock."""

    def __init__(self) -> None:
        self._deaths = 0
        self._pause: _Pause | None = None

    def objection(self, now: float, file: FileState) -> EngineError | None:
        """Return why a host should not be started now; None if it may be."""
        if self._pause is None or now >= self._pause.until or file != self._pause.file:
            return None
        return self._pause.error(self._pause.reason)

    def note_death(self, now: float, file: FileState, cause: str) -> None:
        """Record that a host has ended by itself."""
        self._deaths += 1
        if self._deaths > FREE_DEATHS:
            pause = min(FIRST_PAUSE_S * 2.0 ** (self._deaths - FREE_DEATHS - 1), LONGEST_PAUSE_S)
            reason = (
                f"the model's process has died {self._deaths} times in a row (it {cause}); it is started again after "
                f"{pause:.0f} s. If it goes on, try a smaller model or a smaller window"
            )
            self._pause = _Pause(now + pause, EngineDied, reason, file)

    def note_failure(self, now: float, file: FileState, message: str) -> None:
        """Record that a host could not load the model."""
        self._pause = _Pause(now + FAILURE_HOLDS_S, EngineError, message, file)

    def note_answer(self) -> None:
        """Record that the host answered a request and therefore works."""
        self._deaths = 0
        self._pause = None
