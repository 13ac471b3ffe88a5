"""Downloading one wheel to a folder, complete or not at all."""

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.wheels.index import network_problem, open_url
from dovetail_models.backend.wheels.wheel import Link

PIECE_BYTES = 1 << 20

Advance = Callable[[int, int], None]
"""Called with the bytes fetched and the total bytes (0 if the server does not report them)."""


def fetch(link: Link, folder: Path, advance: Advance) -> Path:
    """Return the downloaded wheel in `folder`. Raises BackendError; nothing but a `.part` file may then be left."""
    target = folder / link.name
    part = folder / f"{link.name}.part"
    digest = hashlib.sha256()
    try:
        with open_url(link.url) as answer, part.open("wb") as file:
            total = int(answer.headers.get("Content-Length") or 0)
            _check_room(total, folder)
            done = 0
            while piece := answer.read(PIECE_BYTES):
                file.write(piece)
                digest.update(piece)
                done += len(piece)
                advance(done, total)
    except (OSError, HTTPException) as error:
        raise BackendError(network_problem(error, f"the wheel {link.name}")) from error
    if total and done != total:
        raise BackendError(f"{link.name} ended after {done} of {total} bytes: run this again")
    if link.sha256 and digest.hexdigest() != link.sha256:
        raise BackendError(f"{link.name} does not have the checksum that the index names: run this again")
    check_wheel(part)
    part.replace(target)
    return target


def check_wheel(path: Path) -> None:
    """Raise BackendError if a file is not a whole wheel."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise BackendError(f"{path.name} is not a wheel ({error}): run this again") from error
    if damaged is not None:
        raise BackendError(f"{path.name} arrived damaged (at {damaged}): run this again")


def _check_room(needed: int, folder: Path) -> None:
    """Twice the wheel: itself, and what it holds unpacked, which is seldom much more."""
    free = shutil.disk_usage(folder).free
    if free < 2 * needed:
        raise BackendError(
            f"the wheel needs {2 * needed >> 20} MiB of disk and {free >> 20} MiB are free: free some, then run this "
            "again"
        )
