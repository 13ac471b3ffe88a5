"""lsp-mode 9.1 or newer: ghost text of the real server in a real Emacs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.emacs.conftest import GHOST_COLOUR, Open, as_here, messages_after, needs_library
from tests.editors.pages import block
from tests.editors.picture import LIGHT, picture
from tests.editors.terminal import LINE, Terminal

# What users are given, with answers to what Emacs would ask, and a colour by which ghost text is known.
CONFIGURATION = f"""
{as_here(block("emacs.md", "elisp", 0))}
(setq lsp-auto-guess-root t
      lsp-enable-snippet nil)
(set-face-attribute 'lsp-inline-completion-overlay-face nil :inherit nil :foreground "#{GHOST_COLOUR}")
"""


@pytest.fixture
def emacs(opened: Open) -> Terminal:
    """Return an Emacs with the server running."""
    needs_library("lsp-inline-completion", "lsp-mode with inline completion: its folder in $LSP_MODE_FOR_TESTS")
    found = opened(CONFIGURATION)
    found.wait_row("LSP[dovetail:")
    found.wait_for(lambda: not any("/starting]" in row for row in found.rows()), "the server")
    return found


def test_ghost_text_is_shown_and_accepted(emacs: Terminal, readers: Path, tmp_path: Path) -> None:
    emacs.type(f"\x1b>{LINE}")
    emacs.wait_for(lambda: emacs.coloured(GHOST_COLOUR), "the ghost text")
    ghost = emacs.coloured(GHOST_COLOUR)  # what it is depends on how much of the project has been read
    assert f"{LINE}{ghost}" in emacs.rows()
    picture(emacs, "emacs", LIGHT)
    emacs.type("\t")
    emacs.wait_for(lambda: emacs.coloured(GHOST_COLOUR) == "", "the end of the ghost text")
    reported = messages_after(emacs, tmp_path)
    assert readers.read_text(encoding="utf-8").splitlines()[-1] == f"{LINE}{ghost}"
    assert "Unknown" not in reported and "rror" not in reported and "Warning (lsp" not in reported, reported


def test_typing_on_without_looking_leaves_what_was_typed(emacs: Terminal, readers: Path, tmp_path: Path) -> None:
    emacs.type("\x1b>")
    for key in LINE:
        emacs.type(key)
    emacs.wait_for(lambda: emacs.coloured(GHOST_COLOUR), "the ghost text")
    emacs.type("self)")
    emacs.wait_row(f"{LINE}self)")
    messages_after(emacs, tmp_path)
    assert readers.read_text(encoding="utf-8").splitlines()[-1] == f"{LINE}self)"
