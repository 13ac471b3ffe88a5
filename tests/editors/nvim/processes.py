"""Finds the processes of a test by the folder that engine hosts register in, and reads what they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

RUNTIME_VARIABLE = "DOVETAIL_RUNTIME_DIR"
HOST_PACKAGE = "dovetail_models"


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process takes, in MiB."""

    rss: float  # resident pages, shared ones included
    pss: float | None  # shared pages divided among those that share them; only Linux reports it


def of_folder(runtime: Path) -> list[psutil.Process]:
    """Return the processes that were started with this folder for engine hosts, Neovims included."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUNTIME_VARIABLE) == str(runtime) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue  # It belongs to another user, or has ended.
    return found


def engine_hosts(runtime: Path) -> list[psutil.Process]:
    """Return the engine hosts that were started with this folder."""
    found = []
    for process in of_folder(runtime):
        try:
            if any(argument.startswith(HOST_PACKAGE) for argument in process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue  # it has ended since
    return found


def memory(process: psutil.Process) -> Memory:
    """Return the current usage of a process. Raise psutil.Error if it has ended."""
    info = process.memory_full_info()
    pss = getattr(info, "pss", None)
    return Memory(info.rss / 2**20, None if pss is None else pss / 2**20)
