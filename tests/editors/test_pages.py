"""The pages of docs/editors: complete, with links that lead somewhere and blocks that can be read."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.editors.pages import PAGES

EVERY = sorted(PAGES.glob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", [page for page in EVERY if page.name != "README.md"], ids=lambda page: page.name)
def test_each_page_says_whether_it_was_tried_and_is_in_the_index(page: Path) -> None:
    assert re.search(r"\*\*(Not tried|Tried)\*\*", page.read_text(encoding="utf-8"))
    assert f"({page.name}" in (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_configurations_can_be_read(page: Path) -> None:
    for language, text in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "json":
            json.loads(text)
        if language == "toml":
            tomllib.loads(text)
        if language in ("elisp", "vim"):
            assert text.count("(") == text.count(")")
