"""Fixtures of the tests with Emacs: a file of the example project in a real Emacs, in a terminal."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.editors.terminal import SERVER, Terminal, library, needs, terminal

GHOST_COLOUR = "8a8a8a"
# The end of what every configuration needs: no welcome, no files but ours, a colour by which ghost text is known.
# When Emacs ends, its messages and warnings go to a file.
INIT = """
(setq native-comp-async-report-warnings-errors nil
      inhibit-startup-screen t
      make-backup-files nil
      auto-save-default nil
      create-lockfiles nil)
(package-initialize)
(let ((folder (getenv "LSP_MODE_FOR_TESTS")))
  (when (and folder (not (string-empty-p folder)))
    (push folder load-path)))
%s
(add-hook 'kill-emacs-hook
          (lambda ()
            (with-temp-file "~/messages.txt"
              (dolist (name '("*Messages*" "*Warnings*"))
                (when (get-buffer name)
                  (insert-buffer-substring name))))))
"""

Open = Callable[[str], Terminal]


@cache
def emacs_has(library_name: str) -> bool:
    """Return whether Emacs finds a library among its packages, or in the folder that $LSP_MODE_FOR_TESTS names."""
    search = f"(progn {INIT.split('%s')[0]} (kill-emacs (if (locate-library {json.dumps(library_name)}) 0 1)))"
    command = ["emacs", "--batch", "-q", "--no-site-file", "--eval", search]
    return subprocess.run(command, capture_output=True, timeout=120).returncode == 0


@pytest.fixture
def readers(tmp_path: Path) -> Path:
    """Return a file of a project: `readers.py`, with `Copy` of `books.py` in it."""
    return library(tmp_path)


@pytest.fixture
def opened(tmp_path: Path, readers: Path) -> Iterator[Open]:
    """Yield a function that opens the file in an Emacs with a configuration."""
    needs("emacs")
    with ExitStack() as open_terminals:

        def open_one(configuration: str) -> Terminal:
            init = tmp_path / "init.el"
            init.write_text(INIT % configuration, encoding="utf-8")
            command = ("emacs", "-nw", "-q", "--no-site-file", "-l", str(init), str(readers))
            return open_terminals.enter_context(terminal(command, tmp_path))

        yield open_one


def as_here(configuration: str) -> str:
    """Return a configuration of users, with the command of the server that is tested."""
    users = '"dovetail" "serve"'
    assert users in configuration
    return configuration.replace(users, " ".join(json.dumps(part) for part in SERVER))


def needs_library(library_name: str, where: str) -> None:
    """Skip where Emacs has no such library."""
    needs("emacs")
    if not emacs_has(library_name):
        pytest.skip(f"needs {where}")


def messages_after(emacs: Terminal, folder: Path) -> str:
    """Save, leave, and return what Emacs has reported meanwhile."""
    emacs.type("\x18\x13")  # C-x C-s
    emacs.wait_row("Wrote ")
    emacs.type("\x18\x03")  # C-x C-c
    report = folder / "messages.txt"
    emacs.wait_for(report.exists, "the end of Emacs")
    return report.read_text(encoding="utf-8")
