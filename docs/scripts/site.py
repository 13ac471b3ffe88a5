"""A hook of MkDocs: a folder in the navigation stands for all its pages, the index first, the others by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Replace each entry of the navigation that ends with a slash. Raises FileNotFoundError for an empty folder."""
    config.nav = [_expanded(entry, Path(config.docs_dir)) for entry in config.nav]
    return config


def _expanded(entry: Any, docs: Path) -> Any:
    if isinstance(entry, dict):
        return {title: _expanded(inner, docs) for title, inner in entry.items()}
    if isinstance(entry, list):
        return [_expanded(inner, docs) for inner in entry]
    if not entry.endswith("/"):
        return entry
    found = sorted((docs / entry).glob("*.md"), key=lambda page: (page.stem not in ("index", "README"), page.stem))
    if not found:
        raise FileNotFoundError(f"{docs / entry} has no pages: add one, or remove it from the navigation")
    return [page.relative_to(docs).as_posix() for page in found]
