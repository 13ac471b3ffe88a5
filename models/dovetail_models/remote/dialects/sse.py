"""Server-sent events: bytes in, the data of each event out. Pure.

Only `data` fields matter here (HTML Living Standard, section 9.2); comments and other fields are skipped.
"""

from collections.abc import Iterator

MAX_LINE_BYTES = 2**20
"""Far above any piece of a completion, low enough to stop a server that sends something else."""


class EventsError(Exception):
    """The stream is no stream of events."""


class EventReader:
    """Takes bytes as they come, in pieces of any size."""

    def __init__(self, line_bytes: int = MAX_LINE_BYTES) -> None:
        self._line_bytes = line_bytes
        self._rest = b""
        self._data: list[str] = []

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the data of each event that is complete now. Raises EventsError."""
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > self._line_bytes:
            raise EventsError(f"a line of more than {self._line_bytes} bytes")
        for line in lines:
            if len(line) > self._line_bytes:
                raise EventsError(f"a line of more than {self._line_bytes} bytes")
            event = self._take(line)
            if event is not None:
                yield event

    def _take(self, line: bytes) -> str | None:
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
            return None
        event = "\n".join(self._data) if self._data else None
        self._data = []
        return event
