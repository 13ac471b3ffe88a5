"""KV states on disk: an editor that is opened again need not evaluate what was worked on when it was closed.

A state holds the text of a prompt, so it names the files from which that text comes. `forget` removes states that may
no longer be kept. A file is one line of JSON that describes it, then the state as llama.cpp returned it. Files are
written atomically, and only their owner may read them. A damaged file counts as missing.
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
from dovetail_models.engine.kv.memory_store import KvState, State

FORMAT = 1
"""Raised when the files change their form: those of another one are removed."""

SUFFIX, UNFINISHED = ".kv", ".new"

HEADER_BYTES = 2**20
"""The maximum length of a first line. A window of 16,384 tokens takes a tenth of it; a longer line is not ours."""

ABANDONED_S = 120.0
"""Seconds after which an unfinished file counts as abandoned by a process that was killed while it wrote."""

RANK_S = 60.0
"""Seconds between the dates of two ranks: the second newest state is dated this much earlier, the third twice that."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """What a state on disk holds."""

    path: Path
    """The file with the state."""
    tokens: tuple[int, ...]
    """The tokens that it holds."""
    files: frozenset[str]
    """Absolute paths of the files that its text is from."""


class DiskStateStore:
    """The states of one model, in a folder of its own beside those of others; all together at most `capacity` bytes.

    `maker` names what made a state: only the same can read it. Hosts and servers share the folders: what one has seen
    there may be gone or another's by the time it is read.
    """

    def __init__(self, folder: Path, capacity: int, maker: str) -> None:
        """List the stored states. Raises OSError if the folder cannot be created."""
        self.capacity = capacity
        self._folder = folder
        self._maker = maker
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in filter(_is_abandoned, folder.glob(f"*{UNFINISHED}")):
            _remove(left)
        self._states = {found.path: found for found in map(self._usable, sorted(folder.glob(f"*{SUFFIX}"))) if found}
        self._make_room()

    def __iter__(self) -> Iterator[StoredState]:
        return iter(self._states.values())

    def best(self, prompt: Sequence[int], most: int) -> tuple[StoredState | None, int]:
        """Return, of the states of at most `most` tokens, the one that holds most of `prompt` from its front, and how
        many tokens that is; (None, 0) if none holds any."""
        fitting = (stored for stored in self._states.values() if len(stored.tokens) <= most)
        commons = ((common_length(stored.tokens, prompt), stored) for stored in fitting)
        common, stored = max(commons, key=lambda pair: pair[0], default=(0, None))
        return (stored, common) if common else (None, 0)

    def read(self, stored: StoredState) -> KvState | None:
        """Return the state, which stays in the store; None if it is gone, damaged or another by now, and then it is
        looked for no longer."""
        found = _read(stored.path)
        if found is None or (found.tokens, found.files) != (stored.tokens, stored.files):
            self._drop(stored.path, remove=found is None)
            return None
        with suppress(OSError):
            os.utime(stored.path)  # those read last stay longest
        return found

    def size(self, kv_state: KvState) -> int:
        """Return how many bytes a state takes here."""
        return len(self._line(kv_state)) + len(kv_state.state)

    def put(self, key: Hashable, kv_state: KvState, stamp: str, rank: int = 0) -> bool:
        """Store a state in place of the key's last one. Return False if something has been forgotten since `stamp`.

        States of a higher `rank` count as older and are removed first. Raises OSError if the state cannot be written.
        In both cases of failure nothing of the state remains.
        """
        path = self._folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}{SUFFIX}"
        new = path.with_suffix(f".{os.getpid()}{UNFINISHED}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._line(kv_state))
                file.write(kv_state.state)
            when = time.time() - rank * RANK_S
            os.utime(new, (when, when))
            new.replace(path)
        finally:
            _remove(new)
        self._states[path] = StoredState(path, kv_state.tokens, kv_state.files)
        if self.stamp != stamp:
            self._drop(path)
            return False
        self._make_room()
        return True

    @property
    def stamp(self) -> str:
        """Return a new value each time that states have been forgotten."""
        return stamp_of(self._folder.parent)

    def _line(self, kv_state: KvState) -> bytes:
        header = {
            "format": FORMAT,
            "maker": self._maker,
            "tokens": kv_state.tokens,
            "files": sorted(kv_state.files),
        }
        return json.dumps({**header, "sum": _sum(header, kv_state.state)}).encode() + b"\n"

    def _usable(self, path: Path) -> StoredState | None:
        header = _header(path)
        if header is None or header["maker"] != self._maker:
            _remove(path)
            return None
        return StoredState(path, tuple(header["tokens"]), frozenset(header["files"]))

    def _drop(self, path: Path, remove: bool = True) -> None:
        self._states.pop(path, None)
        if remove:
            _remove(path)

    def _make_room(self) -> None:
        """Remove the least recently used states, of any model, until the rest fits."""
        used = 0
        for _, size, path in sorted(_dated(self._folder.parent), reverse=True):
            used += size
            if used > self.capacity:
                self._drop(path)


def forget(folder: Path, unwanted: Callable[[str], bool], now_unwanted: bool = True) -> int:
    """Remove every state, of any model, that holds text of an `unwanted` file or does not specify what it holds.

    Return the number of removed states. `folder` contains the folders of models. With `now_unwanted`, files may have
    become unwanted a moment ago, so that states which a host decided to write before are discarded.

    Raises the first OSError if something failed. Everything that can be removed is removed even then.
    """
    if not folder.is_dir():
        return 0
    gone = 0
    first = _stamp(folder) if now_unwanted else None
    unwanted = cache(unwanted)
    for path in folder.glob(f"*/*{UNFINISHED}"):
        if now_unwanted or _is_abandoned(path):
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
    """Remove a file if possible. On Windows, a process that has it open will close it later."""
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
    """Return what `forget` has stamped the folder with last; "" if it never did."""
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
    """Return a file's own description; None if the file does not have this format."""
    try:
        with path.open("rb") as file:
            return _parsed(file.readline(HEADER_BYTES))
    except OSError:
        return None


def _read(path: Path) -> KvState | None:
    """Return a state, if it is all there."""
    try:
        with path.open("rb") as file:
            header = _parsed(file.readline(HEADER_BYTES))
            state = bytearray(file.read())
    except (OSError, MemoryError):
        return None
    if header is None or header.pop("sum", None) != _sum(header, state):
        return None
    return KvState(tuple(header["tokens"]), state, frozenset(header["files"]))


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
    """Return a checksum against damage, not against malice; 4 GB a second."""
    return zlib.crc32(state, zlib.crc32(json.dumps(header).encode()))
