"""What is kept between starts on this user's computer, and where: what the index knows, and, if the user asks for it,
what the model has read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dovetail.settings import Settings
from dovetail.user_folders import user_folder
from dovetail_context.api import IndexCache
from dovetail_models.api import forget_stored_states

MEGABYTE = 1_000_000


def index_cache(settings: Settings) -> IndexCache | None:
    """Return the user's cache for all projects; if the settings want none, remove the existing one and return None."""
    cache = IndexCache(_folder() / "index", settings.index_cache_mb * MEGABYTE)
    if not settings.index_cache_mb:
        cache.forget()
        return None
    return cache


def calibration_folder() -> Path:
    """Return the folder of a calibration in the background: replays that are not finished, which hold code."""
    return _folder() / "calibration"


def kv_folder() -> Path:
    """Return the folder for KV states, if the settings want any."""
    return _folder() / "kv"


def forget_states(unwanted: Callable[[str], bool], recheck: bool) -> None:
    """Remove the KV states that hold text of `unwanted` files (absolute paths).

    `recheck` checks all states again, because their files may have been wanted a moment ago. Raises OSError if a state
    cannot be removed.
    """
    forget_stored_states(kv_folder(), unwanted, recheck)


def _folder() -> Path:
    folder = os.environ.get("DOVETAIL_CACHE_DIR", "")
    return Path(folder) if folder else user_folder("cache")
