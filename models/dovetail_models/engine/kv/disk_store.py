"""States of sequences on disk: what an editor was at when it was closed needs no reading when it is opened again.

A state holds what a prompt says, so it names the files that its text is from, and `forget` removes those that may not
be kept any more. A file is one line of JSON (what it is), then the state as llama.cpp gave it. Files appear whole at
once, and only their owner may read them; one that is damaged counts as not there.
"""

import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dovetail_models.engine.kv.common_length import common_length
from dovetail_models.engine.kv.memory_store import Parked, State

FORMAT = 1
"""Raised when the files change their form: those of another one are removed."""

SUFFIX, UNFINISHED = ".kv", ".new"

HEADER_BYTES = 2**20
"""A longer first line is none of ours: a window of 16,384 tokens takes a tenth of it."""

ABANDONED_S = 120.0
"""A file that has been unfinished for so long is left by a process that was killed while it wrote."""

RANK_S = 60.0
"""What is written as the second, third, ... newest is dated so much earlier each."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A state on disk: its tokens, and the absolute paths of the files that they are from."""

    path: Path
    tokens: tuple[int, ...]
    files: frozenset[str]


class Shelf:
    """The states of one model, in a folder of its own beside those of others; all together at most `capacity` bytes.

    `maker` names what made a state: only the same can read it. Hosts and servers share the folders: what one has seen
    there may be gone or another's by the time it is read.
    """

    def __init__(self, folder: Path, capacity: int, maker: str) -> None:
        """Looks what is there. Raises OSError if the folder cannot be made."""
        self.capacity = capacity
        self._folder = folder
        self._maker = maker
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in filter(_is_abandoned, folder.glob(f"*{UNFINISHED}")):
            _remove(left)
        self._places = {found.path: found for found in map(self._usable, sorted(folder.glob(f"*{SUFFIX}"))) if found}
        self._make_room()

    def __iter__(self) -> Iterator[Shelved]:
        return iter(self._places.values())

    def best(self, prompt: Sequence[int], most: int) -> tuple[Shelved | None, int]:
        """Of the states of at most `most` tokens the one that holds most of `prompt` from its front, and how many
        tokens that is; (None, 0) if none holds any."""
        fitting = (shelved for shelved in self._places.values() if len(shelved.tokens) <= most)
        commons = ((common_length(shelved.tokens, prompt), shelved) for shelved in fitting)
        common, shelved = max(commons, key=lambda pair: pair[0], default=(0, None))
        return (shelved, common) if common else (None, 0)

    def read(self, shelved: Shelved) -> Parked | None:
        """The state, which stays on the shelf; None if it is gone, damaged or another by now, and then it is looked for
        no longer."""
        found = _read(shelved.path)
        if found is None or (found.tokens, found.files) != (shelved.tokens, shelved.files):
            self._drop(shelved.path, remove=found is None)
            return None
        with suppress(OSError):
            os.utime(shelved.path)  # those read last stay longest
        return found

    def size(self, parked: Parked) -> int:
        """How many bytes a state takes here."""
        return len(self._line(parked)) + len(parked.state)

    def put(self, key: Hashable, parked: Parked, stamp: str, rank: int = 0) -> bool:
        """Keep a state in place of the key's last one. False, and nothing is left of it, if something has been
        forgotten since `stamp`. The `rank`th newest goes before those of lower rank. Raises OSError where it cannot be
        written; nothing is left of it then."""
        path = self._folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}{SUFFIX}"
        new = path.with_suffix(f".{os.getpid()}{UNFINISHED}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._line(parked))
                file.write(parked.state)
            when = time.time() - rank * RANK_S
            os.utime(new, (when, when))
            new.replace(path)
        finally:
            _remove(new)
        self._places[path] = Shelved(path, parked.tokens, parked.files)
        if self.stamp != stamp:
            self._drop(path)
            return False
        self._make_room()
        return True

    @property
    def stamp(self) -> str:
        """Another one each time that something has been forgotten anew."""
        return stamp_of(self._folder.parent)

    def _line(self, parked: Parked) -> bytes:
        header = {
            "format": FORMAT,
            "maker": self._maker,
            "tokens": parked.tokens,
            "files": sorted(parked.files),
        }
        return json.dumps({**header, "sum": _sum(header, parked.state)}).encode() + b"\n"

    def _usable(self, path: Path) -> Shelved | None:
        header = _header(path)
        if header is None or header["maker"] != self._maker:
            _remove(path)
            return None
        return Shelved(path, tuple(header["tokens"]), frozenset(header["files"]))

    def _drop(self, path: Path, remove: bool = True) -> None:
        self._places.pop(path, None)
        if remove:
            _remove(path)

    def _make_room(self) -> None:
        """Remove what was read or written longest ago, of whichever model."""
        used = 0
        for _, size, path in sorted(_dated(self._folder.parent), reverse=True):
            used += size
            if used > self.capacity:
                self._drop(path)


def forget(folder: Path, unwanted: Callable[[str], bool], anew: bool = True) -> int:
    """Remove every state, of whichever model, that holds text of an `unwanted` file, or that does not tell what it
    holds. `folder` has the folders of models. How many went.

    Where what is unwanted is so `anew`, nothing that was decided upon before is put there any more. Raises the first
    OSError where something could not be done; what can be removed is removed all the same.
    """
    if not folder.is_dir():
        return 0
    gone = 0
    first = _stamp(folder) if anew else None
    unwanted = cache(unwanted)
    for path in folder.glob(f"*/*{UNFINISHED}"):
        if anew or _is_abandoned(path):
            _remove(path)  # its writer will see the stamp
    for path in folder.glob(f"*/*{SUFFIX}"):
        header = _header(path)
        if header is None or any(map(unwanted, header["files"])):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                first = first or error
            else:
                gone += 1
    if first is not None:
        raise first
    return gone


def _remove(path: Path) -> None:
    """If it can be: whoever has it open on Windows lets go of it some time."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _stamp(folder: Path) -> OSError | None:
    try:
        (folder / "stamp").write_text(secrets.token_hex(8), encoding="ascii")
    except OSError as error:
        return OSError(error.errno, error.strerror, str(folder / "stamp"))
    return None


def _is_abandoned(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > ABANDONED_S
    return False


def stamp_of(folder: Path) -> str:
    """What `forget` has stamped the folder with last; "" if it never did."""
    try:
        return (folder / "stamp").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _dated(folder: Path) -> Iterator[tuple[int, int, Path]]:
    for path in folder.glob(f"*/*{SUFFIX}"):
        with suppress(OSError):
            found = path.stat()
            yield found.st_mtime_ns, found.st_size, path


def _header(path: Path) -> dict[str, Any] | None:
    """What a file says it is; None if it is none of this form."""
    try:
        with path.open("rb") as file:
            return _parsed(file.readline(HEADER_BYTES))
    except OSError:
        return None


def _read(path: Path) -> Parked | None:
    """A state, if it is all there."""
    try:
        with path.open("rb") as file:
            header = _parsed(file.readline(HEADER_BYTES))
            state = bytearray(file.read())
    except (OSError, MemoryError):
        return None
    if header is None or header.pop("sum", None) != _sum(header, state):
        return None
    return Parked(tuple(header["tokens"]), state, frozenset(header["files"]))


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        header = json.loads(line)
    except ValueError:
        return None
    if not isinstance(header, dict) or header.get("format") != FORMAT or not isinstance(header.get("maker"), str):
        return None
    for name, kind in (("tokens", int), ("files", str)):
        values = header.get(name)
        if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
            return None
    return header


def _sum(header: dict[str, Any], state: State) -> int:
    """Against damage, not against malice; 4 GB a second."""
    return zlib.crc32(state, zlib.crc32(json.dumps(header).encode()))
