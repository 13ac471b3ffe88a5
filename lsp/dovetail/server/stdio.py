"""Standard input and output as the protocol's transport, and nobody else's.

File descriptor 1 is kept for the protocol alone: whatever a library prints goes to standard error. Input is read by
`os.read` on a daemon thread, so a client that neither closes its end nor sends `exit` cannot keep the process alive.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_CHUNK = 1 << 20
# Linux lets a pipe hold more than its 64 kB, so that large documents come in with few reads: after each, this thread
# has to wait until others let it have the interpreter.
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


class ProtocolOutput:
    """The writer that pygls sends messages to."""

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "wb", closefd=True)

    def write(self, data: bytes) -> None:
        """Write a whole message. Raises BrokenPipeError when the client has disconnected."""
        self._stream.write(data)
        self._stream.flush()

    def close(self) -> None:
        """Close the client's end of the stream."""
        self._stream.close()


def protected_stdout() -> ProtocolOutput:
    """Take standard output for the protocol; from now on everything else that is printed goes to standard error."""
    sys.stdout.flush()
    output = ProtocolOutput(os.dup(1))
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return output


def stdin_reader(loop: asyncio.AbstractEventLoop, on_end: Callable[[], None]) -> asyncio.StreamReader:
    """Return a stream of the client's bytes.

    At end of file the stream ends, and a thread calls `on_end`, because the loop may be stuck.
    """
    reader = asyncio.StreamReader(loop=loop)
    descriptor = sys.stdin.fileno()
    if _SET_PIPE_SIZE is not None:
        with suppress(OSError):  # no pipe, or the user's pipes hold all that they may
            fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _CHUNK)

    def pump() -> None:
        while True:
            try:
                chunk = os.read(descriptor, _CHUNK)
            except OSError:
                chunk = b""
            try:
                loop.call_soon_threadsafe(partial(reader.feed_data, chunk) if chunk else reader.feed_eof)
            except RuntimeError:  # the loop is closed: the server has ended
                return
            if not chunk:
                on_end()
                return

    threading.Thread(target=pump, name="dovetail-stdin", daemon=True).start()
    return reader
