"""The end of this process when its editor has ended: within seconds, whatever the event loop does.

Three things notice it: standard input ends (its reading thread calls `end_soon`), the editor's process ends (`watch`,
a thread), and the guard, a process forked before anything large is loaded, looks for both. Threads end a loop that is
stuck in Python code or in a system call. Code that never gives up the interpreter's lock stops them too; then the
guard kills the server. All that differs between platforms is here.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

ORDERLY_END_S = 1.5
"""What closing may take without a step forward. Editors kill a server that takes longer than two seconds."""

GUARD_PATIENCE_S = 2.0
"""Seconds after which the guard kills a server that does not even report that it is ending."""

SIGN_OF_LIFE_S = 0.25
"""Seconds between the reports of an ending server to its guard."""

LOOK_AGAIN_S = 1.0
"""Seconds between two checks of a process, where the system cannot report its end."""

_DEADLINE_POLL_MS = 100

LARGEST_PID = 2**31 - 1

_READING, _ENDING, _WATCH = b"reading", b"ending", b"watch"

_MAX_DESCRIPTORS = 4096
"""The guard closes those below, which are all that can be open so early; the system's own limit may be a billion."""


class Lifeline:
    """What this process lives by. `guard` is the writing end of the pipe to the guard, if there is one."""

    def __init__(self, guard: int | None = None) -> None:
        self._guard = guard
        self._parent = os.getppid()
        self._ending = threading.Lock()

    @classmethod
    def with_guard(cls) -> Lifeline:
        """Fork the guard. Call this before threads start and large modules are loaded."""
        if sys.platform == "win32":
            return cls()
        reading, writing = os.pipe()
        server, parent = os.getpid(), os.getppid()
        try:
            child = os.fork()
        except OSError:  # no more processes: the threads must do
            os.close(reading)
            os.close(writing)
            return cls()
        if child == 0:
            try:
                _guard(reading, server, parent)
            finally:
                os._exit(0)
        os.close(reading)
        return cls(writing)

    def reading(self) -> None:
        """From now on standard input is read: its end is an end."""
        self._tell(_READING)

    def watch(self, process_id: int | None, then: Callable[[], None]) -> None:
        """Call `then`, on a thread, when the editor ends: the process it names, or else the one that started us."""
        named = process_id if process_id is not None and 0 < process_id <= LARGEST_PID else None
        pid = named or self._parent
        if named:
            self._tell(b"%s %d" % (_WATCH, named))

        def wait() -> None:
            _wait_for_end(pid)
            then()

        if pid:  # 0: started from outside this container
            threading.Thread(target=wait, name="dovetail-editor", daemon=True).start()

    def end_soon(self, progress: Callable[[], int], status: Callable[[], int]) -> None:
        """End this process when it has not got on for a while, unless it ends by itself. Returns at once."""

        def end() -> None:
            with self._ending:  # the first who notices is enough
                seen, since = progress(), time.monotonic()
                while time.monotonic() - since < ORDERLY_END_S:
                    self._tell(_ENDING)
                    time.sleep(SIGN_OF_LIFE_S)
                    if progress() != seen:
                        seen, since = progress(), time.monotonic()
                os._exit(status())

        threading.Thread(target=end, name="dovetail-end", daemon=True).start()

    def _tell(self, message: bytes) -> None:
        if self._guard is not None:
            try:
                os.write(self._guard, message + b"\n")
            except OSError:  # somebody has killed the guard; the threads are still there
                self._guard = None


def _wait_for_end(pid: int) -> None:
    """Block until a process has ended; a zombie has."""
    try:
        descriptor = _pidfd(pid)
    except ProcessLookupError:
        return
    if descriptor is not None:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
        os.close(descriptor)
        return
    import psutil

    while True:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        except psutil.Error:
            pass  # it exists, but we may not inspect it
        time.sleep(LOOK_AGAIN_S)


def _pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends; None where the system has none."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:  # an older kernel, or a sandbox
        return None


def _guard(link: int, server: int, parent: int) -> None:
    """The guard's whole life: wait for the server's end; kill it if its editor has ended and it does not."""
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The editor waits for the end of the server's output: nobody else may hold it open.
    os.closerange(1, link)
    os.closerange(link + 1, _MAX_DESCRIPTORS)
    poll = select.poll()
    poll.register(link, select.POLLIN)
    editor = _Watched(poll, parent)
    has_input, unread = True, b""
    deadline: float | None = None
    while True:
        if has_input and not editor.has_ended:
            deadline = None
        elif deadline is None:
            deadline = time.monotonic() + GUARD_PATIENCE_S
        elif time.monotonic() >= deadline:
            os.kill(server, signal.SIGKILL)
            return
        events = dict(poll.poll(editor.poll_ms if deadline is None else _DEADLINE_POLL_MS))
        if link in events:
            new = os.read(link, 4096)
            if not new:
                return  # the server has ended
            *lines, unread = (unread + new).split(b"\n")
            for line in lines:
                word, _, pid = line.partition(b" ")
                if word == _READING:
                    poll.register(0, getattr(select, "POLLRDHUP", 0))
                elif word == _WATCH:
                    editor.stop()
                    editor = _Watched(poll, int(pid))
                elif word == _ENDING:
                    deadline = None  # it is at work
        if 0 in events:
            poll.unregister(0)
            has_input = False
        editor.look(events)


class _Watched:
    """A process that the guard waits for, beside other things."""

    def __init__(self, poll: select.poll, pid: int) -> None:
        self._poll = poll
        self._pid = pid
        self._descriptor: int | None = None
        self.has_ended = False
        try:
            self._descriptor = _pidfd(pid) if pid else None
        except ProcessLookupError:
            self.has_ended = True
        if self._descriptor is not None:
            poll.register(self._descriptor, select.POLLIN)

    @property
    def poll_ms(self) -> int | None:
        """How long the guard may sleep; None for as long as nothing happens."""
        return None if self._descriptor is not None or not self._pid else int(LOOK_AGAIN_S * 1000)

    def look(self, events: dict[int, int]) -> None:
        if self._descriptor is not None:
            if self._descriptor in events:
                self.stop()
                self.has_ended = True
        elif self._pid and not self.has_ended:
            try:
                os.kill(self._pid, 0)
            except ProcessLookupError:
                self.has_ended = True
            except OSError:
                pass  # it is there, and not ours

    def stop(self) -> None:
        if self._descriptor is not None:
            self._poll.unregister(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
