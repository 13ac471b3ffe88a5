"""A real Neovim with nothing but its built-in client: our ghost text on its screen, accepted with a key."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pynvim
import pytest

WIDTH, HEIGHT = 100, 24
PATIENCE_S = 90

CONFIGURATION = """
vim.opt.runtimepath:append(vim.env.DOVETAIL_NEOVIM)
vim.opt.swapfile = false
vim.lsp.config("dovetail", { cmd = { vim.env.DOVETAIL_PYTHON, "-E", "-P", "-m", "dovetail", "serve" } })
vim.lsp.enable("dovetail")
vim.lsp.inline_completion.enable()
vim.keymap.set("i", "<Tab>", function()
  if not vim.lsp.inline_completion.get() then
    return "<Tab>"
  end
end, { expr = true })
"""


def neovim_executable() -> str | None:
    """$NVIM_FOR_TESTS, else `nvim` on PATH; None unless it is 0.12 or newer, the first with inline completion."""
    executable = os.environ.get("NVIM_FOR_TESTS") or shutil.which("nvim")
    if not executable:
        return None
    banner = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"NVIM v(\d+)\.(\d+)", banner)
    return executable if version and (int(version[1]), int(version[2])) >= (0, 12) else None


@pytest.fixture(autouse=True)
def pynvim_is_swept_up() -> Iterator[None]:
    """pynvim leaves its closed transport to the garbage collector, which warns of it long after the test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def neovim(repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pynvim.Nvim]:
    """A Neovim with our configuration and a screen, its own files below `folder`. Skips where there is none."""
    executable = neovim_executable()
    if executable is None:
        pytest.skip("needs Neovim 0.12 or newer on PATH or in $NVIM_FOR_TESTS")
    (folder / "init.lua").write_text(CONFIGURATION)
    monkeypatch.setenv("DOVETAIL_NEOVIM", str(repository / "editors" / "neovim"))
    monkeypatch.setenv("DOVETAIL_PYTHON", sys.executable)
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind))
    with tempfile.TemporaryDirectory() as short_folder:  # a socket's path is at most some 100 characters long
        address = rf"\\.\pipe\nvim-{os.getpid()}" if os.name == "nt" else f"{short_folder}/nvim"
        command = [executable, "--headless", "--listen", address, "-u", str(folder / "init.lua")]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(Path(address).exists)
                nvim = pynvim.attach("socket", path=address)
                nvim.ui_attach(WIDTH, HEIGHT, rgb=True, ext_linegrid=True)
                yield nvim
                nvim.close()
            finally:
                process.terminate()


def test_ghost_text_shows_on_the_screen_and_tab_accepts_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "example"
    shutil.copytree(repository / "docs" / "example", project)
    line = "        self.loans.append("  # the starter model is sure how this goes on
    with neovim(repository, tmp_path, monkeypatch) as nvim:
        nvim.command(f"edit {project / 'library' / 'readers.py'}")
        # The client listens for cursor moves once it is attached; keys typed earlier would ask for nothing.
        wait_for(lambda: nvim.eval("len(nvim_get_autocmds(#{event: 'CursorMovedI', buffer: 0}))") > 0)

        nvim.input(f"22GS{line.strip()}")
        wait_for(lambda: ghost_text(nvim) != "", retry=lambda: nvim.input("<BS>("))
        ghost = ghost_text(nvim)
        assert f"{line}{ghost}" in screen(nvim)

        nvim.input("<Tab>")
        wait_for(lambda: nvim.current.buffer[21] != line)
        assert nvim.current.buffer[21] == f"{line}{ghost}"
        wait_for(lambda: ghost_text(nvim) != ghost)


def ghost_text(nvim: pynvim.Nvim) -> str:
    """The first line of virtual text that stands in the buffer, where inline completion puts it."""
    marks = nvim.exec_lua("return vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })")
    chunks = [mark[3]["virt_text"] for mark in marks if mark[3].get("virt_text_pos") in ("inline", "overlay")]
    return "".join(text for text, _ in chunks[0]) if chunks else ""


def screen(nvim: pynvim.Nvim) -> str:
    """What the screen shows, line by line."""
    rows = nvim.exec_lua(
        """
        vim.cmd.redraw()
        local rows = {}
        for row = 1, vim.o.lines do
          local cells = {}
          for column = 1, vim.o.columns do
            cells[column] = vim.fn.screenstring(row, column)
          end
          rows[row] = table.concat(cells)
        end
        return rows
        """
    )
    return "\n".join(rows)


def wait_for(condition: Callable[[], bool], retry: Callable[[], object] | None = None) -> None:
    """Poll; `retry` every few seconds, as a user would who sees nothing come (the model may still be loading)."""
    deadline = time.monotonic() + PATIENCE_S
    next_retry = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        if retry is not None and time.monotonic() > next_retry:
            retry()
            next_retry += 5
        time.sleep(0.05)
