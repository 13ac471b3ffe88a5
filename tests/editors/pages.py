"""The configurations that docs/editors gives to users, for the tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "editors"


def block(page: str, language: str, number: int = 0) -> str:
    """Return the text of one fenced block of a page, counted among those of its language."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[number]
