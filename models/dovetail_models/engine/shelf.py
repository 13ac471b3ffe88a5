"""States of sequences on disk: what an editor was at when it was closed needs no reading when it is opened again.

A state holds what a prompt says, so it names the files that its text is from, and `forget` removes those that may not
be kept any more. A file is one line of JSON (what it is), then the state as llama.cpp gave it. Files appear whole at
once, and only their owner may read them; one that is damaged counts as not there.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dovetail_models.engine.common_length import common_length
from dovetail_models.engine.parking import Parked

FORMAT = 1
"""Raised when the files change their form: those of another one are removed."""

SUFFIX = ".kv"

HEADER_BYTES = 2**20
"""A longer first line is none of ours: a window of 16,384 tokens takes a tenth of it."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A state on disk: its tokens, and the absolute paths of the files that they are from."""

    path: Path
    tokens: tuple[int, ...]
    files: frozenset[str]


class Shelf:
    """The states of one model, in a folder of its own beside those of others; all together at most so many bytes.

    `maker` names what made a state: only the same can read it.
    """

    def __init__(self, folder: Path, capacity: int, maker: str) -> None:
        """Looks what is there. Raises OSError if the folder cannot be made."""
        self._folder = folder
        self.capacity = capacity
        self._maker = maker
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob("*.new"):  # by a process that was killed while it wrote
            left.unlink(missing_ok=True)
        self._places = {found.path: found for found in map(self._usable, sorted(folder.glob(f"*{SUFFIX}"))) if found}

    def __iter__(self) -> Iterator[Shelved]:
        return iter(self._places.values())

    def best(self, prompt: Sequence[int]) -> tuple[Shelved | None, int]:
        """What holds most of `prompt` from its front, and how many tokens that is; (None, 0) if none holds any."""
        commons = ((common_length(shelved.tokens, prompt), shelved) for shelved in self._places.values())
        common, shelved = max(commons, key=lambda pair: pair[0], default=(0, None))
        return (shelved, common) if common else (None, 0)

    def read(self, shelved: Shelved) -> Parked | None:
        """The state, which stays on the shelf; None if it is gone or damaged, and then it is there no longer."""
        state = _state(shelved.path)
        if state is None:
            self._drop(shelved.path)
            return None
        with suppress(OSError):
            os.utime(shelved.path)  # those read last stay longest
        return Parked(shelved.tokens, state, shelved.files)

    def size(self, parked: Parked) -> int:
        """How many bytes a state takes here."""
        return len(self._line(parked)) + len(parked.state)

    def put(self, key: Hashable, parked: Parked) -> None:
        """Keep a state in place of the key's last one. Raises OSError where it cannot be written; nothing is left of
        it then."""
        name = hashlib.sha256(repr(key).encode()).hexdigest()[:24]
        path = self._folder / f"{name}{SUFFIX}"
        known = self._places.get(path)
        if known is not None and known.tokens == parked.tokens and known.files == parked.files and path.exists():
            os.utime(path)
            return
        new = path.with_suffix(".new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._line(parked))
                file.write(parked.state)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        self._places[path] = Shelved(path, parked.tokens, parked.files)
        self._make_room()

    def _line(self, parked: Parked) -> bytes:
        header = {
            "format": FORMAT,
            "maker": self._maker,
            "tokens": parked.tokens,
            "files": sorted(parked.files),
            "sum": _sum(parked.state),
        }
        return json.dumps(header).encode() + b"\n"

    def _usable(self, path: Path) -> Shelved | None:
        header = _header(path)
        if header is None or header.get("maker") != self._maker:
            path.unlink(missing_ok=True)
            return None
        return Shelved(path, tuple(header["tokens"]), frozenset(header["files"]))

    def _drop(self, path: Path) -> None:
        self._places.pop(path, None)
        path.unlink(missing_ok=True)

    def _make_room(self) -> None:
        """Remove what was read or written longest ago, of whichever model."""
        found = sorted(_stamped(self._folder.parent), reverse=True)
        used = 0
        for _, size, path in found:
            used += size
            if used > self.capacity:
                self._drop(path)


def forget(folder: Path, unwanted: Callable[[str], bool]) -> int:
    """Remove every state, of whichever model, that holds text of an `unwanted` file, or that does not tell what it
    holds. `folder` has the folders of models. How many went. Raises OSError where one cannot be removed."""
    gone = 0
    for path in folder.glob(f"*/*{SUFFIX}"):
        header = _header(path)
        if header is None or any(map(unwanted, header["files"])):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _stamped(folder: Path) -> Iterator[tuple[int, int, Path]]:
    for path in folder.glob(f"*/*{SUFFIX}"):
        with suppress(FileNotFoundError):
            found = path.stat()
            yield found.st_mtime_ns, found.st_size, path


def _header(path: Path) -> dict[str, Any] | None:
    """What a file says it is; None if it is none of this form."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(HEADER_BYTES))
        known = header["format"] == FORMAT and all(isinstance(header[name], list) for name in ("tokens", "files"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return header if known else None


def _state(path: Path) -> bytearray | None:
    """What stands behind the first line, if it is all there."""
    header = _header(path)
    if header is None:
        return None
    try:
        with path.open("rb") as file:
            file.readline(HEADER_BYTES)
            state = bytearray(max(0, path.stat().st_size - file.tell()))
            whole = file.readinto(state) == len(state)
    except OSError:
        return None
    return state if whole and _sum(state) == header.get("sum") else None


def _sum(state: bytearray) -> int:
    return zlib.crc32(state)  # against damage, not against malice; 4 GB a second
