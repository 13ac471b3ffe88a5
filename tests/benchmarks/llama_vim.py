"""The real llama.vim at one place of a project, against Dovetail and against llama.cpp's own server.

    python -m tests.benchmarks.llama_vim --plugin FOLDER --nvim NVIM --llama-server PROGRAM [--model FILE.gguf]
                                         [--project ROOT --path FILE --after LINE --typed TEXT] [--visit FILE]...

Opens `path` in Neovim with llama.vim (https://github.com/ggml-org/llama.vim), adds a line below `after`, types `typed`
there, and prints the ghost text that llama.vim shows with either server. Both have the same model, by default the
starter model, and llama.vim its own defaults. `--visit` opens other files before, whose parts llama.vim then sends
along; both servers get them. By default the project is one of two files, and the name that fits is in the other.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dovetail.infill import LOOPBACK
from dovetail_models.files import STARTER, resolve_model
from tests.editors.nvim.driver import connected
from tests.game import write_game

# Both servers load a model; Dovetail also reads the project.
PATIENCE_S = 120
# llama.vim asks again by itself; after this time, a missing answer counts as none.
ANSWER_S = 20
GAME = """\
from board import Board


def start(size: int) -> Board:
    board = Board(size, size)
    return board
"""
AFTER, TYPED = 5, "    for square in range(board."
INIT = """
set runtimepath^={plugin} noswapfile noautoindent indentexpr= shada=
let g:llama_config = {{'endpoint_fim': 'http://{host}:{port}/infill', 'show_info': 0}}
"""
# The ghost text of all namespaces of the buffer: what follows the cursor, then lines of its own.
GHOST = """
local line, below = "", {}
for _, id in pairs(vim.api.nvim_get_namespaces()) do
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true })) do
    line = line .. (mark[4].virt_text and mark[4].virt_text[1][1] or "")
    for _, each in ipairs(mark[4].virt_lines or {}) do
      below[#below + 1] = each[1][1]
    end
  end
end
return table.concat({ line, unpack(below) }, "\\n")
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is added below line `after` (from 1) of `path` under `root`, and what is typed there.

    `visited` are files under `root` that are opened before.
    """

    root: Path
    path: str
    after: int
    typed: str
    visited: tuple[str, ...]


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not come within {seconds:.0f} s: look at its log, or try again on an idle machine")
        time.sleep(0.1)


def is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, log: Path, ready: bytes) -> Iterator[None]:
    """Yield a server that is healthy and whose log has `ready`."""
    kept = {f"DOVETAIL_{kind}_DIR": str(log.parent) for kind in ("CONFIG", "RUNTIME", "STATE", "CACHE")}
    environment = {**os.environ, **kept, "DOVETAIL_LINGER_S": "0"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)
    try:
        wait_for(lambda: is_healthy(port) and ready in log.read_bytes(), command[0])
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def ghost_text(nvim: str, plugin: Path, port: int, place: Place, folder: Path) -> str:
    """Return what llama.vim shows at a place, "" for nothing."""
    init = folder / "init.vim"
    init.write_text(INIT.format(plugin=plugin, host=LOOPBACK, port=port), encoding="utf-8")
    address = str(folder / "nvim") if os.name != "nt" else rf"\\.\pipe\dovetail-llama-vim-{port}"
    command = [nvim, "--headless", "--listen", address, "-i", "NONE", "-u", str(init)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with connected(address) as editor:
                for each in (*place.visited, place.path):
                    editor.command(f"edit {place.root / each}")
                time.sleep(3 if place.visited else 0)  # llama.vim takes up one part of a file a second
                editor.input(f"{place.after}Go<C-u>" + place.typed.replace("<", "<lt>"))
                deadline = time.monotonic() + ANSWER_S
                while not (shown := str(editor.exec_lua(GHOST)).strip()) and time.monotonic() < deadline:
                    time.sleep(0.1)
                return shown
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugin", type=Path, required=True)
    parser.add_argument("--nvim", default="nvim")
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--model", default=STARTER)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--path", default="game.py")
    parser.add_argument("--after", type=int, default=AFTER)
    parser.add_argument("--typed", default=TYPED)
    parser.add_argument("--visit", action="append", default=[])
    given = parser.parse_args()
    if not (given.plugin / "autoload" / "llama.vim").is_file():
        parser.error(f"{given.plugin} is no llama.vim: name the folder that has autoload/llama.vim")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        root = given.project
        if root is None:
            root = folder / "game"
            root.mkdir()
            (write_game(root) / "game.py").write_text(GAME, encoding="utf-8")
        model = resolve_model(given.model).path
        (folder / "config.toml").write_text(f"model = {json.dumps(str(model))}\n", encoding="utf-8")
        place = Place(root.resolve(), given.path, given.after, given.typed, tuple(given.visit))
        print(f"{place.path}, below line {place.after}: {place.typed}▯")
        port = free_port()
        ours = (sys.executable, "-E", "-P", "-m", "dovetail", "serve", "--infill", str(port), "--log-level", "info")
        theirs = (given.llama_server, "-m", str(model), "--host", LOOPBACK, "--port", str(port))
        for title, command, ready in [("llama-server", theirs, b""), ("Dovetail", ours, b": read ")]:
            log = folder / f"{title}.log"
            with running(command, port, place.root, log, ready):
                shown = ghost_text(given.nvim, given.plugin, port, place, folder)
            print(f"{title:>12}: {shown or '(nothing)'}", flush=True)


if __name__ == "__main__":
    main()
