"""A real Neovim with a screen and our plugin, and a server with known answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pynvim  # type: ignore[import-untyped]

WIDTH, HEIGHT = 80, 20
PATIENCE_S = 15
WATCHDOG_S = 90
REPOSITORY = Path(__file__).resolve().parents[3]
PLUGIN = REPOSITORY / "editors" / "nvim"
SERVER = Path(__file__).with_name("scripted_server.py")
SCRIPTED = (sys.executable, str(SERVER))
REAL = (sys.executable, "-E", "-P", "-m", "dovetail", "serve")
GHOST_COLOUR = 0x012345

ON_PATH = "vim.opt.runtimepath:prepend(vim.env.DOVETAIL_PLUGIN)"
INIT = f"""
-- Looking for a Python for plugins takes seconds, and a file type asks for it.
vim.g.loaded_python3_provider = 0
vim.opt.swapfile = false
vim.opt.shortmess:append("I")
vim.opt.laststatus = 0
vim.opt.ruler = false
vim.opt.showmode = false
vim.opt.more = false
-- A message of several lines would wait for a key otherwise.
vim.opt.cmdheight = 6
vim.cmd.colorscheme("default")
vim.api.nvim_set_hl(0, "DovetailGhost", {{ fg = {GHOST_COLOUR} }})
"""


@cache
def neovims() -> tuple[tuple[str, str], ...]:
    """The Neovims to test, each its version and executable: those that $NVIM_FOR_TESTS lists, else `nvim` on PATH."""
    listed = os.environ.get("NVIM_FOR_TESTS") or shutil.which("nvim") or ""
    found = []
    for executable in filter(None, listed.split(os.pathsep)):
        banner = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout
        version = re.match(r"NVIM v(\d+\.\d+)", banner)
        if version and tuple(map(int, version[1].split("."))) >= (0, 10):
            found.append((version[1], executable))
    return tuple(found)


def wait_for(condition: Callable[[], object], what: str = "it", patience_s: float = PATIENCE_S) -> None:
    """Poll until a condition is true."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.02)


class Screen:
    """What a user interface shows: the cells and colours that Neovim has sent to it."""

    def __init__(self) -> None:
        self.cells = [[" "] * WIDTH for _ in range(HEIGHT)]
        self.looks = [[0] * WIDTH for _ in range(HEIGHT)]
        self.colours: dict[int, int | None] = {}

    def apply(self, batch: Sequence[Sequence[Any]]) -> None:
        """Follow the events of one `redraw` notification."""
        for name, *calls in batch:
            handler = getattr(self, f"on_{name}", None)
            if handler is not None:
                for call in calls:
                    handler(*call)

    def on_hl_attr_define(self, number: int, look: dict[str, Any], *_: Any) -> None:
        self.colours[number] = look.get("foreground")

    def on_grid_clear(self, grid: int) -> None:
        for row in range(HEIGHT):
            self.cells[row] = [" "] * WIDTH
            self.looks[row] = [0] * WIDTH

    def on_grid_line(self, grid: int, row: int, column: int, cells: Sequence[Sequence[Any]], *_: Any) -> None:
        look = 0
        for text, *more in cells:
            look = more[0] if more else look
            times = more[1] if len(more) > 1 else 1
            self.cells[row][column : column + times] = [text] * times
            self.looks[row][column : column + times] = [look] * times
            column += times

    def on_grid_scroll(self, grid: int, top: int, bottom: int, left: int, right: int, rows: int, columns: int) -> None:
        moved = range(top, bottom - rows) if rows > 0 else range(bottom - 1, top - rows - 1, -1)
        for row in moved:
            self.cells[row][left:right] = self.cells[row + rows][left:right]
            self.looks[row][left:right] = self.looks[row + rows][left:right]

    def rows(self) -> list[str]:
        """Return the rows without trailing space, ghost text within ⟦⟧, which no test uses otherwise."""
        found = []
        for texts, their_looks in zip(self.cells, self.looks, strict=True):
            row, inside = "", False
            for text, look in zip(texts, their_looks, strict=True):
                if (self.colours.get(look) == GHOST_COLOUR) != inside:
                    inside = not inside
                    row += "⟦" if inside else "⟧"
                row += text
            found.append((row + "⟧" * inside).rstrip())
        return found


class Editor:
    """One Neovim. `script` is what its server answers, see `scripted_server.py`."""

    def __init__(self, nvim: pynvim.Nvim, version: str, folder: Path) -> None:
        self.nvim = nvim
        self.version = version
        self.folder = folder
        self._screen = Screen()

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.nvim.exec_lua(code, *arguments)

    def type(self, keys: str) -> None:
        self.nvim.input(keys)

    def lines(self) -> list[str]:
        return list(self.nvim.current.buffer[:])

    def mode(self) -> str:
        return str(self.nvim.request("nvim_get_mode")["mode"])

    def open(self, name: str = "game.py", text: str = "", attached: bool = True) -> Path:
        """Open a file of the project, by default one that the server is to complete, and wait until it does."""
        path = self.folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "project" / ".git").mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.nvim.command(f"edit {path}")
        if attached:
            self.wait_attached()
        return path

    def is_attached(self) -> bool:
        return bool(self.lua("return require('dovetail.client').is_attached(vim.api.nvim_get_current_buf())"))

    def wait_attached(self) -> None:
        wait_for(self.is_attached, "the server")

    def script(self, *rules: dict[str, Any], **others: Any) -> None:
        """Set the server's answers from now on."""
        write_script(self.folder, *rules, **others)

    def suggest(
        self,
        *rules: dict[str, Any],
        keys: str = "ix = ",
        shown: str | Sequence[str],
        name: str = "game.py",
        text: str = "",
    ) -> int:
        """Open a file, type, and wait until the screen shows these rows. Returns how many requests that took."""
        self.script(*rules)
        self.open(name, text)
        self.type(keys)
        self.wait_screen(*([shown] if isinstance(shown, str) else shown))
        return self.requests()

    def type_unseen(self, keys: str) -> None:
        """Type, and wait as long as ghost text would take to come; there must be none."""
        self.type(keys)
        self.settle()
        assert self.ghost() == ""

    def screen(self) -> list[str]:
        """Return the rows of the screen, ghost text within ⟦⟧."""
        self.nvim.call("rpcnotify", self.nvim.channel_id, "so_far")
        while (message := self.nvim.next_message()) is not None and message[1] != "so_far":
            if message[1] == "redraw":
                self._screen.apply(message[2])
        return self._screen.rows()

    def screen_cells(self) -> list[list[str]]:
        """Return the cells of the screen; the second cell of a wide character is empty."""
        self.screen()
        return self._screen.cells

    def ghost(self) -> str:
        """Return all ghost text on the screen, a line for each row."""
        return "\n".join(text for row in self.screen() for text in re.findall("⟦(.*?)⟧", row))

    def wait_screen(self, *rows: str) -> None:
        """Wait until the screen begins with these rows, or holds the only one that is given."""

        def fits() -> bool:
            shown = self.screen()
            return rows[0] in shown if len(rows) == 1 else shown[: len(rows)] == list(rows)

        try:
            wait_for(fits, patience_s=10)
        except AssertionError:
            raise AssertionError(f"the screen never showed {rows}:\n" + "\n".join(self.screen())) from None

    def wait_no_ghost(self) -> None:
        wait_for(lambda: self.ghost() == "", "the end of the ghost text")

    def settle(self, seconds: float = 0.25) -> None:
        """Wait as long as something unwanted would take to come."""
        time.sleep(seconds)
        self.nvim.eval("1")

    def received(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of the server's messages of one method, oldest first."""
        log = self.folder / "log.jsonl"
        messages = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        return [message.get("params") or {} for message in messages if message.get("method") == method]

    def requests(self) -> int:
        return len(self.received("textDocument/inlineCompletion"))

    def messages(self) -> str:
        return str(self.nvim.command_output("messages"))


def write_script(folder: Path, *rules: dict[str, Any], **others: Any) -> None:
    written = folder / "script.new"
    written.write_text(json.dumps({"rules": rules, **others}), encoding="utf-8")
    written.replace(folder / "script.json")


def lua_value(value: object) -> str:
    """Return a value as Lua source."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{json.dumps(name)}] = {lua_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua_value, value)) + "}"
    return "nil" if value is None else json.dumps(value)


def connected(address: str) -> pynvim.Nvim:
    """Return a connection to a Neovim that is about to listen; its socket appears a little earlier."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return pynvim.attach("socket", path=address)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def editor(
    version: str,
    executable: str,
    folder: Path,
    *,
    options: dict[str, Any] | None = None,
    before: str = "",
    after: str = "",
    setup: bool = True,
    cmd: Sequence[str] | None = SCRIPTED,
    variables: dict[str, str] | None = None,
    watchdog_s: float = WATCHDOG_S,
    on_path: bool = True,
) -> Iterator[Editor]:
    """Yield a Neovim with our plugin.

    `before` and `after` are Lua around `setup()`. `cmd` starts the server; without it, the plugin looks for one.
    `variables` are of the process environment. After `watchdog_s` seconds Neovim is killed. Without `on_path`, our
    plugin is not on 'runtimepath'.
    """
    given = dict(options or {})
    if cmd is not None:
        given["server"] = {"cmd": list(cmd), **given.get("server", {})}
    called = f"require('dovetail').setup({lua_value(given)})" if setup else ""
    init = folder / "init.lua"
    init.write_text("\n".join((ON_PATH if on_path else "", INIT, before, called, after)), encoding="utf-8")
    if not (folder / "script.json").exists():
        write_script(folder)
    environment = {
        **os.environ,
        "DOVETAIL_PLUGIN": str(PLUGIN),
        "DOVETAIL_SCRIPT": str(folder / "script.json"),
        "DOVETAIL_SCRIPT_LOG": str(folder / "log.jsonl"),
        **{f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        **(variables or {}),
    }
    with tempfile.TemporaryDirectory() as short_folder:  # a socket's path is at most some 100 characters long
        address = rf"\\.\pipe\nvim-{os.getpid()}" if os.name == "nt" else f"{short_folder}/nvim"
        command = [executable, "--headless", "--listen", address, "-i", "NONE", "-u", str(init)]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=folder
        ) as process:
            # A Neovim that waits for a key answers nothing.
            watchdog = threading.Timer(watchdog_s, process.kill)
            watchdog.start()
            try:
                nvim = connected(address)
                try:
                    nvim.ui_attach(WIDTH, HEIGHT, rgb=True, ext_linegrid=True)
                    yield Editor(nvim, version, folder)
                finally:
                    nvim.close()
            finally:
                watchdog.cancel()
                process.terminate()
