"""The registry of hosts: a lock and an endpoint file for each, in a folder of the user.

The process that holds the lock of a key is the only host of that key. Its endpoint file describes how to reach it. The
registry also removes the files of killed hosts. It neither talks to a host nor starts one.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from dovetail_models.engine.ipc import transport
from dovetail_models.engine.options import EngineOptions
from dovetail_models.file_lock import FileLock

GATE = "start"
"""Name of the lock that a host holds until it has published its endpoint, so that each host sees earlier ones."""

ABANDONED_S = 120
"""Seconds. A folder without an endpoint belongs to a host that is starting; an older one was abandoned at its start."""


@dataclass(frozen=True, slots=True)
class HostEndpoint:
    """How to reach a host."""

    address: str
    """The socket or named pipe on which it listens."""
    token: str
    """The random token that it demands from clients."""
    folder: str
    """Its private folder."""
    pid: int
    """Its process."""
    model: str
    """The model file that it runs."""


class RegistryEntry:
    """The registry's entry of one key: the lock and the endpoint of its host."""

    def __init__(self, key: str, folder: Path | None = None) -> None:
        """Raises EngineError if there can be no runtime folder."""
        self.key = key
        self.folder = folder or transport.runtime_folder()
        self._lock_path = self.folder / f"{key}.lock"
        self._endpoint_path = self.folder / f"{key}.json"
        self.sandbox_fault = self.folder / f"{key}.nosandbox"
        """Holds why this key's host could not load its model in a sandbox, where that has happened."""

    def lock(self) -> FileLock | None:
        """Become this key's host and return its lock; None if there is a host."""
        return FileLock.take(self._lock_path)

    @property
    def held(self) -> bool:
        """Return whether this key has a host, be it one that only starts. A folder that is gone holds none."""
        try:
            if not self._lock_path.exists():
                return False
            lock = self.lock()
        except OSError:
            return False
        if lock is not None:
            lock.release()
        return lock is None

    @property
    def holder(self) -> int | None:
        """Return the id of the process that holds the lock; None if the lock file does not name one."""
        try:
            return int(self._lock_path.read_bytes())
        except (OSError, ValueError):
            return None

    def endpoint(self) -> HostEndpoint | None:
        """Return the published endpoint; its host may be gone. None if there is none."""
        try:
            found = json.loads(self._endpoint_path.read_bytes())
            address, token, folder = (str(found[name]) for name in ("address", "token", "folder"))
            return HostEndpoint(address, token, folder, int(found["pid"]), str(found["model"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, endpoint: HostEndpoint) -> None:
        """Publish an endpoint, whole at once. For the holder of the lock."""
        new = self._endpoint_path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(endpoint), file)
        new.replace(self._endpoint_path)

    def clear(self) -> None:
        """Remove the endpoint, and the folder of the host that it names. For the holder of the lock."""
        endpoint = self.endpoint()
        self._endpoint_path.unlink(missing_ok=True)
        if endpoint is not None and Path(endpoint.folder).name.startswith(transport.FOLDER_PREFIX):
            transport.remove_private_folder(Path(endpoint.folder))

    def clear_if_deserted(self) -> None:
        """Remove the files of a dead host as far as possible, unless another host has taken the key."""
        with suppress(OSError):
            if self._lock_path.exists() or self._endpoint_path.exists():
                lock = self.lock()
                if lock is not None:
                    self.clear()
                    lock.release()


def key_of(options: EngineOptions) -> str:
    """Return the name of the host that serves these options: another file, or other options, is another host."""
    chosen = {name: value for name, value in asdict(options).items() if name not in _OF_THE_CLIENT}
    return _hashed(f"{_identity(options.model_path)}:{chosen}")


def key_of_file(path: Path) -> str:
    """Return a name for what a model file holds, whatever the options."""
    return _hashed(_identity(path))


def running() -> list[tuple[RegistryEntry, HostEndpoint]]:
    """Return the entries and endpoints of this user's hosts that serve clients."""
    found = [(entry, entry.endpoint()) for entry in _entries(transport.runtime_folder()) if entry.held]
    return [(entry, endpoint) for entry, endpoint in found if endpoint is not None]


def sweep(folder: Path, now: float) -> None:
    """Remove what dead hosts have left. For the holder of the gate; `now` is the time of day in seconds."""
    for entry in _entries(folder):
        entry.clear_if_deserted()
    in_use = {Path(endpoint.folder) for entry in _entries(folder) if (endpoint := entry.endpoint())}
    for left in folder.glob(f"{transport.FOLDER_PREFIX}*"):
        with suppress(OSError):  # It is just being removed by its own host.
            if left not in in_use and left.is_dir() and now - left.stat().st_mtime > ABANDONED_S:
                transport.remove_private_folder(left)


_OF_THE_CLIENT = ("model_path", "linger_s", "several_models", "fallbacks", "unload_after_s")
"""Options that change nothing about the host that is looked for."""


def _identity(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return str(path)
    return f"{path.resolve()}:{state.st_mtime_ns}:{state.st_size}"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _entries(folder: Path) -> list[RegistryEntry]:
    keys = {path.stem for pattern in ("*.lock", "*.json") for path in folder.glob(pattern)}
    return [RegistryEntry(key, folder) for key in sorted(keys - {GATE})]
