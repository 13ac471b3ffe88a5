"""Pictures of a terminal for docs/editors: the screen as a page, drawn by Chromium.

Tests take them where $PICTURES_OF_TESTS names a folder:

    PICTURES_OF_TESTS=docs/editors python -m pytest -n 0 tests/editors/emacs tests/editors/coc
"""

from __future__ import annotations

import html
import os
import subprocess
import tempfile
from pathlib import Path

from tests.editors.terminal import COLUMNS, ROWS, Terminal, needs

CELL_WIDTH, CELL_HEIGHT = 9.04, 20  # pixels of DejaVu Sans Mono at 15 px
MARGIN = 8
# The colours that terminals name, on a light ground and on a dark one.
LIGHT = {"default": "#24292f", "ground": "#ffffff", "brightblack": "#8c959f", "black": "#24292f", "white": "#d0d7de"}
DARK = {"default": "#e6edf3", "ground": "#0d1117", "brightblack": "#8b949e", "black": "#0d1117", "white": "#b1bac4"}
NAMED = {"red": "#cf222e", "green": "#2da44e", "brown": "#bf8700", "blue": "#388bfd", "magenta": "#a475f9"}
NAMED |= {"cyan": "#39a5ad", "brightred": "#ff7b72", "brightgreen": "#7ee787", "brightblue": "#79c0ff"}
NAMED |= {"brightcyan": "#56d4dd", "brightwhite": "#ffffff", "brightbrown": "#e3b341", "brightmagenta": "#d2a8ff"}


def picture(screen: Terminal, name: str, palette: dict[str, str]) -> None:
    """Write `name`.png of a screen into the folder that $PICTURES_OF_TESTS names; nothing without it."""
    folder = os.environ.get("PICTURES_OF_TESTS")
    if not folder:
        return
    size = f"{round(COLUMNS * CELL_WIDTH) + 2 * MARGIN},{ROWS * CELL_HEIGHT + 2 * MARGIN}"
    with tempfile.TemporaryDirectory() as temporary:
        written = Path(temporary) / "screen.html"
        written.write_text(_page(screen, palette), encoding="utf-8")
        to = Path(folder).resolve() / f"{name}.png"
        command = [needs("chromium"), "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={size}"]
        subprocess.run([*command, f"--screenshot={to}", written.as_uri()], check=True, capture_output=True, timeout=120)


def _page(screen: Terminal, palette: dict[str, str]) -> str:
    """Return a screen as HTML."""

    def colour(name: str, alone: str) -> str:
        return palette[alone] if name == "default" else {**NAMED, **palette}.get(name, f"#{name}")

    lines = []
    for row in screen.cells():
        spans = []
        for text, front, back, inverted in row:
            ink, ground = colour(front, "default"), colour(back, "ground")
            ink, ground = (ground, ink) if inverted else (ink, ground)
            spans.append(f'<i style="color:{ink};background:{ground}">{html.escape(text)}</i>')
        lines.append("".join(spans))
    font = f"font:15px/{CELL_HEIGHT}px 'DejaVu Sans Mono';padding:{MARGIN}px"
    look = f"i{{font-style:normal}}body{{margin:0;background:{palette['ground']}}}pre{{margin:0;{font}}}"
    return f'<meta charset="utf-8"><style>{look}</style><pre>' + "\n".join(lines) + "</pre>"
