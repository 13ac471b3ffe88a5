"""Where the index keeps what it knows between starts, on this user's computer."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from dovetail.settings import Settings
from dovetail_context.index.cache import IndexCache


def index_cache(settings: Settings) -> IndexCache | None:
    """The user's cache for all projects; None if the settings want none."""
    if not settings.index_cache_mb:
        return None
    folder = os.environ.get("DOVETAIL_CACHE_DIR", "")
    base = Path(folder) if folder else platformdirs.user_cache_path("dovetail", appauthor=False)
    return IndexCache(base / "index", settings.index_cache_mb * 1_000_000)
