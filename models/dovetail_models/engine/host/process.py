"""The host process: `python -E -P -m dovetail_models.engine.host FOLDER`, started by `launch.py`.

FOLDER is its private folder, which it removes at the end. The process reads one line of JSON from standard input (key,
options). It takes the key's lock to become its host, listens, and publishes its endpoint. One line on standard output
reports the result: "listening", "taken" if the key already has a host, or "refused" and why.

The host serves until it is deserted. It leaves some seconds after its last client. It also leaves if the process that
started it is gone before a client has connected.
"""

import asyncio
import glob
import json
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from dovetail_models.engine.host import sandbox
from dovetail_models.engine.host.sandbox import Sandbox
from dovetail_models.engine.host.service import Service
from dovetail_models.engine.ipc import transport, wire
from dovetail_models.engine.ipc.handshake import asked_to_leave
from dovetail_models.engine.ipc.registry import GATE, HostEndpoint, RegistryEntry, running, sweep
from dovetail_models.engine.options import EngineOptions
from dovetail_models.file_lock import FileLock

CRASH_STATUS = 70
"""Exit status after an error in our own code ("internal software error" in BSD's sysexits)."""

FIRST_CLIENT_TIMEOUT_S = 60
"""Seconds. If no client has connected by then, none will."""

LOCK_PATIENCE_S = 1.0
"""Seconds. A lock held for longer belongs to a host: a process that only checks the lock holds it for microseconds."""

SPLIT_NAME = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")
"""How llama.cpp names the parts of a model that is split into several files."""

GATE_PATIENCE_S = 10.0
"""Another host's start, up to its endpoint, takes some tenths of a second."""


def main() -> None:
    """Run the host. Never returns: threads in llama.cpp are not waited for."""
    folder = Path(sys.argv[1])
    try:
        line = sys.stdin.buffer.readline()
        if not line:
            _exit(folder, 0)  # The process that started this one is gone already.
        config = json.loads(line)
        options = wire.options_from_json(config["options"])
        transport.leave_the_starter()
        asyncio.run(_Host(folder, RegistryEntry(config["key"]), options).run())
    except BaseException:  # noqa: BLE001 - whatever it is, the process ends with it
        # Into the host's log file, whose end the client quotes.
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    _exit(folder, CRASH_STATUS)


class _Host:
    """From the lock to the exit."""

    def __init__(self, folder: Path, entry: RegistryEntry, options: EngineOptions) -> None:
        self._folder = folder
        self._entry = entry
        self._options = options
        self._token = secrets.token_hex(32)
        self._service = Service(options, os.getpid(), self._token, self._on_deserted, self._leave)
        self._lock: FileLock | None = None

    async def run(self) -> None:
        """Never returns."""
        loop = asyncio.get_running_loop()
        gate = await _patiently(lambda: FileLock.take(self._entry.folder / f"{GATE}.lock"), GATE_PATIENCE_S)
        if gate is None:
            self._refuse("another host takes too long to start: try again")
        self._lock = await _patiently(self._entry.lock, LOCK_PATIENCE_S)
        if self._lock is None:
            gate.release()
            self._say("taken")
            _exit(self._folder, 0)
        self._entry.clear()
        sweep(self._entry.folder, time.time())
        if not self._options.several_models and (objection := await _objection(self._entry.key)):
            gate.release()
            self._refuse(objection)
        address = transport.new_address(self._folder)
        listener = await transport.listen(address, self._service.serve)
        model = str(self._options.model_path)
        self._entry.put(HostEndpoint(address, self._token, str(self._folder), os.getpid(), model))
        gate.release()
        self._say("listening")
        os.dup2(2, 1)  # Whatever a library prints from now on goes to the log.
        self._service.confined(self._confine())
        threading.Thread(target=_when_input_ends, args=(loop, self._leave_if_unwanted), daemon=True).start()
        loop.call_later(FIRST_CLIENT_TIMEOUT_S, self._leave_if_unwanted)
        try:
            await self._service.run()
        except (ImportError, OSError, RuntimeError) as error:
            self._refuse_the_sandbox(error)
            raise
        del listener
        await asyncio.Event().wait()  # Loading failed: clients can still ask why, until the last has left.

    def _confine(self) -> Sandbox:
        """Give up what the host does not need. It has one thread yet: others would keep their rights."""
        options = self._options
        if not options.sandbox:
            return Sandbox(missing=("the setting sandbox is off: the host runs with all of your rights",))
        with suppress(OSError):
            reason = self._entry.sandbox_fault.read_text("utf-8", "replace")
            return Sandbox(missing=(f"the model did not load in a sandbox ({reason}): the host runs without",))
        models = [file for path in (options.model_path, *options.fallbacks) for file in model_files(path)]
        kv_folder = [options.kv_folder] if options.kv_folder is not None else []
        for folder in kv_folder:
            with suppress(OSError):  # Then nothing is kept in it, which the engine reports.
                folder.mkdir(parents=True, exist_ok=True)
        writable = [self._entry.folder, self._folder, *kv_folder]
        return sandbox.confine([*sandbox.readable_folders(), *models], writable)

    def _refuse_the_sandbox(self, error: Exception) -> None:
        """Let the next host start without a sandbox, if it may have been for lack of a right that this one failed."""
        if self._service.is_loading_confined:
            with suppress(OSError):
                self._entry.sandbox_fault.write_text(" ".join(str(error).split()), "utf-8")

    def _on_deserted(self) -> None:
        """Leave after the last client, but first wait for another one if the host lingers and can be joined."""
        departures = self._service.departures

        def leave() -> None:
            if self._service.deserted and self._service.departures == departures and not self._service.keeping:
                self._leave()

        # No client joins a host that failed, or that cannot be found because its lock or endpoint was removed.
        can_be_joined = not self._service.failed and self._is_found
        linger_s = self._options.linger_s if can_be_joined else 0.0
        if linger_s:
            asyncio.get_running_loop().call_later(linger_s, leave)
        else:
            leave()

    def _leave_if_unwanted(self) -> None:
        if self._service.deserted and not self._service.departures:
            self._on_deserted()

    @property
    def _is_found(self) -> bool:
        """Return whether clients that look for a host find this one."""
        return self._lock is not None and self._lock.is_found and self._has_endpoint

    @property
    def _has_endpoint(self) -> bool:
        """Return whether the published endpoint is this host's: where its files were removed, another may run."""
        endpoint = self._entry.endpoint()
        return endpoint is not None and endpoint.token == self._token

    def _leave(self) -> NoReturn:
        _exit(self._folder, 0, self._lock, self._entry if self._has_endpoint else None)

    def _refuse(self, message: str) -> NoReturn:
        self._say(f"refused {message}")
        _exit(self._folder, 0, self._lock)

    def _say(self, line: str) -> None:
        os.write(1, line.encode() + b"\n")


def model_files(path: Path) -> list[Path]:
    """Return the files that a model is read from: one, or all parts of one that is split."""
    path = path.resolve()
    if not (part := SPLIT_NAME.search(path.name)):
        return [path]
    return sorted(path.parent.glob(f"{glob.escape(path.name[: part.start()])}-?????-of-{part[1]}.gguf"))


async def _objection(key: str) -> str:
    """Return why no other host may run beside the running ones. Ask hosts that nobody needs to leave."""
    for entry, endpoint in running():
        if entry.key != key and not await asked_to_leave(endpoint):
            return (
                f"another window runs {Path(endpoint.model).stem} (process {endpoint.pid}), or runs it with other "
                "options, and one model at a time is the rule: use the same model and options in all windows, or close "
                "the other"
            )
    return ""


async def _patiently(take: Callable[[], FileLock | None], patience_s: float) -> FileLock | None:
    give_up = time.monotonic() + patience_s
    while (lock := take()) is None and time.monotonic() < give_up:  # noqa: ASYNC110 - its holder notifies nobody
        await asyncio.sleep(0.01)
    return lock


def _when_input_ends(loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> None:
    """Wait for the end of standard input, which its starter holds open until it has connected."""
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    loop.call_soon_threadsafe(then)


def _exit(folder: Path, status: int, lock: FileLock | None = None, entry: RegistryEntry | None = None) -> NoReturn:
    """Clean up as far as possible, then exit. The folders may be gone or belong to another host by now."""
    try:
        steps: list[Callable[[], object]] = [
            lambda: os.chdir(folder.parent),  # Windows removes no folder in which a process runs.
            lambda: transport.remove_private_folder(folder),
        ]
        if entry is not None:
            steps.insert(0, entry.clear)
        if lock is not None:
            steps.append(lock.release)
        for step in steps:
            with suppress(OSError):
                step()
    finally:
        # Not sys.exit: a computation in llama.cpp may still run, and nothing here needs an orderly end.
        os._exit(status)
