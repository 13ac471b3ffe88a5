"""Measures from a key to ghost text on the screen, and which share of it is the server's.

    python -m tests.benchmarks.editors.keystrokes [--nvim NVIM] [--keys 200] [--pause 150]

Not a test. It types the second half of a file of this repository, in a copy of its project, with the real server and
the starter model. A key's time runs from just before it is sent until a frame shows ghost text after the line as it is
then. The server's share is the time between request and answer as Neovim sees it; the rest, with the plugin's pause
before it asks, is the editor's. Keys that bring no ghost text before the next one count as such and are left out.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pynvim  # type: ignore[import-untyped]

from tests.benchmarks.figures import quantile
from tests.editors.nvim.driver import HEIGHT, REAL, REPOSITORY, WIDTH, Editor, Screen, editor, neovims, wait_for

FILE = Path("dovetail") / "settings.py"
STAMPS = """
local client = require("dovetail.client")
local request = client.request
_G.stamps = {}
client.request = function(method, params, callback, bufnr)
  if method ~= "textDocument/inlineCompletion" then
    return request(method, params, callback, bufnr)
  end
  local asked = vim.uv.hrtime()
  return request(method, params, function(error, result)
    local items = not error and type(result) == "table" and #(result.items or result) or 0
    table.insert(_G.stamps, { asked, vim.uv.hrtime(), items })
    callback(error, result)
  end, bufnr)
end
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A screen with ghost text."""

    at: float  # milliseconds of the monotonic clock
    line: str  # what is before the ghost text in its row


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and its answer, in milliseconds of the monotonic clock."""

    asked: float
    answered: float
    items: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """What one key brought, in milliseconds."""

    total: float
    server: float | None  # None: typed along, without a request


class Watcher(threading.Thread):
    """A user interface in its own thread, which records when each frame with ghost text arrives."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.frames: list[Frame] = []
        self.channel = 0
        self.is_attached = threading.Event()

    def run(self) -> None:
        nvim = pynvim.attach("socket", path=self.address)
        nvim.ui_attach(WIDTH, HEIGHT, rgb=True, ext_linegrid=True)
        self.channel = nvim.channel_id
        self.is_attached.set()
        screen = Screen()
        while (message := nvim.next_message()) is not None and message[1] != "end":
            if message[1] != "redraw":
                continue
            screen.apply(message[2])
            if any(event[0] == "flush" for event in message[2]):
                self.note(screen)
        nvim.close()

    def note(self, screen: Screen) -> None:
        at = time.monotonic_ns() / 1e6
        for row in screen.rows():
            if found := re.match("(.*?)⟦", row):
                self.frames.append(Frame(at, found[1]))
                return


def strokes(keys: list[tuple[float, str]], frames: list[Frame], answers: list[Answer]) -> list[Stroke]:
    """Return what each key brought that was followed by ghost text before the next key.

    `keys` are times and the line up to the cursor after each.
    """
    found = []
    for place, (at, line) in enumerate(keys):
        end = keys[place + 1][0] if place + 1 < len(keys) else at + 1000
        frame = next((each for each in frames if at < each.at < end and each.line == line), None)
        if frame is None:
            continue
        own = [each for each in answers if each.items and each.asked >= at and each.answered <= frame.at]
        found.append(Stroke(frame.at - at, own[-1].answered - own[-1].asked if own else None))
    return found


def table(found: list[Stroke]) -> list[str]:
    """Return the lines of the table, in milliseconds."""
    answered = [stroke for stroke in found if stroke.server is not None]
    rows = {
        "key to ghost text": [stroke.total for stroke in found],
        "  typed along, no request": [stroke.total for stroke in found if stroke.server is None],
        "  answered by the server": [stroke.total for stroke in answered],
        "    the server's share": [stroke.server for stroke in answered if stroke.server is not None],
        "    the editor's share": [stroke.total - stroke.server for stroke in answered if stroke.server is not None],
    }
    lines = [f"{'milliseconds':28} {'keys':>6} {'p50':>6} {'p95':>6} {'max':>6}"]
    for name, values in rows.items():
        figures = [f"{quantile(values, share):.0f}" if values else "-" for share in (0.5, 0.95, 1)]
        lines.append(f"{name:28} " + " ".join(f"{figure:>6}" for figure in (len(values), *figures)))
    return lines


def open_the_file(edit: Editor, folder: Path) -> str:
    """Open the first half of the file in a copy of its project, and wait for the model. Returns the second half."""
    shutil.copytree(REPOSITORY / "lsp" / "dovetail", folder / "dovetail", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text("[project]\nname = 'dovetail'\n")
    text = (folder / FILE).read_text(encoding="utf-8")
    middle = text.index("\n", len(text) // 2) + 1
    (folder / FILE).write_text(text[:middle], encoding="utf-8")
    edit.nvim.command(f"edit {folder / FILE}")
    edit.nvim.command("setlocal nowrap noautoindent indentexpr= indentkeys= textwidth=0")
    edit.wait_attached()
    ready = "local now = require('dovetail').status() return now.state == 'ready' and not now.indexing"
    wait_for(lambda: edit.lua(ready), "the model and the index", 120)
    return text[middle:]


def type_keys(edit: Editor, text: str, pause_s: float) -> list[tuple[float, str]]:
    """Type a text. Returns the time of each key with the line after it."""
    typed, line = [], ""
    edit.type("Go")
    time.sleep(1)
    for key in text:
        line = "" if key == "\n" else line + key
        typed.append((time.monotonic_ns() / 1e6, line))
        edit.type({"\n": "<CR>", "<": "<lt>"}.get(key, key))
        time.sleep(pause_s)
    return typed


def measure(executable: str, version: str, keys: int, pause_s: float, folder: Path) -> list[str]:
    """Type, and return the lines of the report."""
    watchdog_s = 300 + keys * (pause_s + 0.1)
    with editor(version, executable, folder, cmd=REAL, after=STAMPS, watchdog_s=watchdog_s) as edit:
        text = open_the_file(edit, folder / "project")[:keys]
        edit.nvim.ui_detach()
        watcher = Watcher(edit.nvim.eval("v:servername"))
        watcher.start()
        assert watcher.is_attached.wait(30), "no second user interface"
        typed = type_keys(edit, text, pause_s)
        time.sleep(1)
        stamps: list[Any] = edit.lua("return _G.stamps")
        edit.nvim.call("rpcnotify", watcher.channel, "end")
        watcher.join(30)
    answers = [Answer(asked / 1e6, answered / 1e6, items) for asked, answered, items in stamps]
    found = strokes(typed, watcher.frames, answers)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return [
        f"Neovim {version}, {len(typed)} keys, {pause_s * 1000:.0f} ms apart, {os.cpu_count()} CPUs, load {load}",
        f"{len(answers)} answers, {sum(each.items > 0 for each in answers)} of them with text",
        f"ghost text before the next key: {len(found)} of {len(typed)} keys",
        "",
        *table(found),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nvim", help="the Neovim to measure; by default the first of $NVIM_FOR_TESTS, or on PATH")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--pause", type=float, default=150, help="milliseconds between two keys")
    arguments = parser.parse_args()
    if arguments.nvim:
        os.environ["NVIM_FOR_TESTS"] = arguments.nvim
    if not neovims():
        parser.error("no Neovim 0.10 or newer was found: name one with --nvim")
    version, executable = neovims()[0]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DOVETAIL_RUNTIME_DIR=f"{folder}/runtime",
            DOVETAIL_STATE_DIR=f"{folder}/state",
            DOVETAIL_CACHE_DIR=f"{folder}/cache",
            DOVETAIL_LINGER_S="0",
        )
        Path(folder, "runtime").mkdir(mode=0o700)
        print("\n".join(measure(executable, version, arguments.keys, arguments.pause / 1000, Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
