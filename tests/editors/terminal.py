"""A real editor in a pseudo-terminal, and the screen that it draws."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# How an editor's configuration starts the server of this checkout.
SERVER = (sys.executable, "-E", "-P", "-m", "dovetail", "serve")
COLUMNS, ROWS = 90, 30
PATIENCE_S = 60

# What an editor asks of its terminal in this form, pyte would show.
_DEVICE_CONTROL = re.compile(rb"\x1bP.*?\x1b\\", re.DOTALL)


class _Screen(pyte.Screen):  # type: ignore[misc]
    """pyte's screen, which takes what Vim sends to set the keyboard's protocol for colours, and fails."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """One editor. A thread reads its output, since an editor that cannot write hangs."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._screen = _Screen(COLUMNS, ROWS)
        self._screen.write_process_input = self.type  # what the editor asks of its terminal is answered
        self._stream = pyte.ByteStream(self._screen)
        self._drawing = threading.Lock()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def type(self, keys: str) -> None:
        """Press keys, named as a terminal sends them: `\\x1b` is Escape, `\\x18` Control-X."""
        os.write(self._descriptor, keys.encode())

    def rows(self) -> list[str]:
        """Return the rows of the screen without trailing space."""
        with self._drawing:
            return [row.rstrip() for row in self._screen.display]

    def coloured(self, colour: str) -> str:
        """Return what is on the screen in one colour, as pyte names it ("8a8a8a"), row by row."""
        with self._drawing:
            rows = [
                "".join(cell.data for _, cell in sorted(row.items()) if cell.fg == colour)
                for _, row in sorted(self._screen.buffer.items())
            ]
        return "\n".join(row for row in rows if row.strip())

    def cells(self) -> list[list[tuple[str, str, str, bool]]]:
        """Return each cell of the screen: text, foreground, background, whether it is inverted."""
        with self._drawing:
            found = []
            for row in range(ROWS):
                line = [self._screen.buffer[row][column] for column in range(COLUMNS)]
                found.append([(cell.data, cell.fg, cell.bg, cell.reverse) for cell in line])
        return found

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Poll until a condition is true; the screen is part of the failure otherwise."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "\n".join((f"{what} never came; the screen:", *self.rows()))
            time.sleep(0.05)

    def wait_row(self, text: str) -> None:
        """Wait until a row of the screen has a text."""
        self.wait_for(lambda: any(text in row for row in self.rows()), repr(text))

    def close(self) -> None:
        """Stop following; the program has ended."""
        self._reading.join(PATIENCE_S)
        os.close(self._descriptor)

    def _read(self) -> None:
        # Linux reports the end of the last program in a terminal as an error of the device.
        with contextlib.suppress(OSError):
            data = b""
            while more := os.read(self._descriptor, 1 << 16):
                data = _DEVICE_CONTROL.sub(b"", data + more)
                whole, begun, rest = data.partition(b"\x1bP")
                with self._drawing:
                    self._stream.feed(whole)
                data = begun + rest


@contextmanager
def terminal(command: Sequence[str], folder: Path, **environment: str) -> Iterator[Terminal]:
    """Run a program in its own terminal, with `folder` as its home. Its processes end with it."""
    if os.name == "nt":
        pytest.skip("needs pseudo-terminals")
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    given = {**os.environ, "HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=given,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # Emacs opens /dev/tty: the session's own terminal
    )
    os.close(theirs)
    found = Terminal(ours)
    try:
        yield found
    finally:
        _end(process)
        found.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End an editor as a closed window does, and then every remaining process of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGHUP)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def needs(program: str) -> str:
    """Return where a program is; skips where it is not."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program} on PATH")
    return found


# The last line of `readers.py`. The starter model is sure how it goes on.
LINE, REST = "        self.loans.append(", "copy)"


def library(folder: Path) -> Path:
    """Return a file of a copy of the example project: `readers.py`, whose last line is yet to be written."""
    shutil.copytree(REPOSITORY / "docs" / "example", folder / "example")
    readers = folder / "example" / "library" / "readers.py"
    text = readers.read_text(encoding="utf-8").removesuffix(f"{LINE}{REST}\n")
    assert text.endswith("copy.lend()\n")
    readers.write_text(text, encoding="utf-8")
    return readers
