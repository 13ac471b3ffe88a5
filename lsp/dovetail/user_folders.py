"""Where a user's own files are: configuration, state, cache. Nothing is read or written here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import platformdirs

Kind = Literal["config", "state", "cache", "data"]

VARIABLES: dict[Kind, str] = {"config": "DOVETAIL_CONFIG_DIR", "data": "DOVETAIL_DATA_DIR"}
"""Environment variables that name other folders; those for state and cache belong to the modules that use them."""


def user_folder(kind: Kind) -> Path:
    """Return the folder for files of one kind, which the environment may name.

    A user without a home folder, as in some containers, has it in the folder for running processes, which nobody else
    may enter. Raises EngineError where there can be none either.
    """
    if named := os.environ.get(VARIABLES.get(kind, "")):
        return Path(named).absolute()
    find = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
        "cache": platformdirs.user_cache_path,
        "data": platformdirs.user_data_path,
    }[kind]
    try:
        folder = find("dovetail", appauthor=False)
    except RuntimeError:
        folder = Path("~")
    if folder.is_absolute():
        return folder
    from dovetail_models.api import runtime_folder

    return runtime_folder() / kind
