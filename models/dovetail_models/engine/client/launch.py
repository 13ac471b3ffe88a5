"""Find the host of a model or start one, and report why a host died.

The result is an endpoint. `connection.py` talks to a host; `restart.py` decides when to start one again.
"""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from dovetail_models.engine.ipc import transport, wire
from dovetail_models.engine.ipc.handshake import asked_to_leave
from dovetail_models.engine.ipc.registry import HostEndpoint, RegistryEntry, key_of
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError
from dovetail_models.hardware.memory import is_lack_of_memory

LISTEN_TIMEOUT_S = 60
"""From start to listening is Python's start alone, 0.2 s on an idle machine; the model is loaded later."""

EXIT_TIMEOUT_S = 5
"""A host that is deserted ends within milliseconds; one that does not is killed."""

LOOK_AGAIN_S = 0.02
"""Between two looks at whether another client's host is there, or this one's gone."""

LOG_TAIL_BYTES = 4096
"""How much of a dead host's log is looked at for the reason."""

HOST_MODULE = "dovetail_models.engine.host"


class HostDied(Exception):
    """The host process is gone; the message describes how it ended."""


class HostLeft(Exception):
    """The host has left in good order, or was about to: another may be started at once."""


@dataclass(frozen=True, slots=True)
class FoundHost:
    """A host that listens. `starter` is the process that was started for it, where this client has started it."""

    entry: RegistryEntry
    endpoint: HostEndpoint
    starter: "subprocess.Popen[bytes] | None" = None

    def connected(self) -> None:
        """Let go of the host's standard input: from now on it lives by its connections."""
        if self.starter is not None:
            _close_input(self.starter)

    @property
    def cause_of_death(self) -> str:
        """Return in words why the host died; the last line of its log holds the reason."""
        return _cause_of_death(Path(self.endpoint.folder) / "log")

    def kill(self) -> None:
        """End it at once: it hangs."""
        kill_host(self.endpoint.pid)

    async def gone(self) -> None:
        """Wait until it has ended, kill it if need be, and clean up after it."""
        for _ in range(int(EXIT_TIMEOUT_S / LOOK_AGAIN_S)):
            # A dying process loses its name first and its locks last.
            if not _is_host(self.endpoint.pid) and not (self.entry.holder == self.endpoint.pid and self.entry.held):
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        else:
            self.kill()
        self.entry.clear_if_deserted()


async def find_or_start(options: EngineOptions) -> FoundHost:
    """Return the host of these options, listening. Raises EngineError if it cannot be started, HostDied if it ends
    first."""
    entry = RegistryEntry(key_of(options))
    starter = None
    for _ in range(int(LISTEN_TIMEOUT_S / LOOK_AGAIN_S)):
        if not entry.held:
            starter = await _start(entry, options)
        if (endpoint := entry.endpoint()) is not None and entry.held:
            return FoundHost(entry, endpoint, starter)
        await asyncio.sleep(LOOK_AGAIN_S)
    if (holder := entry.holder) is not None:
        kill_host(holder)  # It hangs in its start.
    raise HostDied(f"did not start within {LISTEN_TIMEOUT_S} s")


async def dismiss(options: EngineOptions) -> None:
    """See to it that a host of these options, started but never joined, is gone, unless others use it."""
    entry = RegistryEntry(key_of(options))
    for _ in range(int(EXIT_TIMEOUT_S / LOOK_AGAIN_S)):
        if not entry.held:
            return
        if (endpoint := entry.endpoint()) is not None:
            if await asked_to_leave(endpoint):
                await FoundHost(entry, endpoint).gone()
            return
        await asyncio.sleep(LOOK_AGAIN_S)


def kill_host(pid: int) -> None:
    """Kill a process if it is a host: its number may belong to another by now."""
    if _is_host(pid):
        with suppress(psutil.Error):  # It is gone already.
            psutil.Process(pid).kill()


def _is_host(pid: int) -> bool:
    try:
        return HOST_MODULE in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


async def _start(entry: RegistryEntry, options: EngineOptions) -> "subprocess.Popen[bytes]":
    """Start a host, and wait until it listens or has found that it is not needed. Its standard input stays open."""
    folder = transport.make_private_folder()
    try:
        process = _process(folder, entry.folder)
    except OSError as error:
        transport.remove_private_folder(folder)
        raise EngineError(f"the model's process cannot be started: {error}") from error
    config = {"key": entry.key, "options": wire.to_json(options)}
    talk = asyncio.create_task(asyncio.to_thread(_first_words, process, json.dumps(config).encode() + b"\n"))
    try:
        words = await asyncio.wait_for(asyncio.shield(talk), LISTEN_TIMEOUT_S)
    except TimeoutError:
        _end(process, entry)
        words = await talk
    except asyncio.CancelledError:
        # Nobody waits for the host any more: it notices the end of its input.
        _close_input(process)
        await asyncio.wait([talk])
        raise
    verdict, _, reason = words.partition(" ")
    if verdict in ("listening", "taken"):
        return process
    _close_input(process)
    if verdict == "refused":
        raise EngineError(reason)
    cause = _cause_of_death(folder / "log")
    transport.remove_private_folder(folder)
    entry.clear_if_deserted()
    raise HostDied(cause)


def _process(folder: Path, runtime_folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            # -E and -P: a workspace with its own `dataclasses.py`, or a PYTHONPATH, must not become part of the host.
            (sys.executable, "-E", "-P", "-m", HOST_MODULE, str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=_environment(runtime_folder),
            **transport.child_options(),
        )


def _first_words(process: "subprocess.Popen[bytes]", config: bytes) -> str:
    """Send a new process its configuration, and return its first line: "" if it has died."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(config)
        process.stdin.flush()
        words = process.stdout.readline()
    except OSError:
        words = b""
    process.stdout.close()
    if sys.platform != "win32":
        process.wait()  # The host is its child, and it has ended already.
    return words.decode("utf-8", "replace").strip()


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(OSError):  # What was still to be written has no reader.
        process.stdin.close()


def _end(process: "subprocess.Popen[bytes]", entry: RegistryEntry) -> None:
    process.kill()
    if (holder := entry.holder) is not None:
        kill_host(holder)


def _environment(runtime_folder: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # The host runs in another folder: a relative path would name another runtime folder there.
    environment[transport.RUNTIME_FOLDER_VARIABLE] = str(runtime_folder)
    # Without it llama.cpp starts a debugger for a backtrace when it aborts, which takes seconds.
    environment["GGML_NO_BACKTRACE"] = "1"
    return environment


def _cause_of_death(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    if any(map(is_lack_of_memory, lines)):
        return "ran out of memory"
    return f"ended unexpectedly ({lines[-1].strip()})" if lines else "ended unexpectedly"
