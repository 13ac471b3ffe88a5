"""Eglot, which is part of Emacs 29: no ghost text, but the suggestion as an item of the menu."""

from __future__ import annotations

from pathlib import Path

from tests.editors.emacs.conftest import Open, as_here, messages_after, needs_library
from tests.editors.pages import block
from tests.editors.terminal import LINE, Terminal


def shown_line(emacs: Terminal) -> str:
    return next((row for row in emacs.rows() if row.startswith(LINE)), "")


def test_the_suggestion_is_an_item_of_the_menu(opened: Open, readers: Path, tmp_path: Path) -> None:
    needs_library("eglot", "Eglot, which is part of Emacs 29")
    emacs = opened(as_here(block("emacs.md", "elisp", 1)))
    emacs.wait_row("[eglot:")
    emacs.type(f"\x1b>{LINE}")
    emacs.wait_row(LINE)
    emacs.type("\x1b\t")  # completion-at-point, which takes the only item at once
    emacs.wait_for(lambda: len(shown_line(emacs)) > len(LINE), "the rest of the line")
    shown = shown_line(emacs)
    reported = messages_after(emacs, tmp_path)
    assert readers.read_text(encoding="utf-8").splitlines()[-1] == shown
    assert "rror" not in reported and "Warning (eglot" not in reported, reported
