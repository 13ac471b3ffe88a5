"""Starting a host process, and what can be told of its death.

One host a client for now. Finding a host that another client has started belongs here too: `launch` gives an address
and a token, wherever they come from.
"""

import asyncio
import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from dovetail_models.engine import transport, wire
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError

LISTEN_TIMEOUT_S = 60
"""From start to listening is Python's start alone, 0.2 s on an idle machine; the model is loaded later."""

EXIT_TIMEOUT_S = 5
"""A host that is deserted ends within milliseconds; one that does not is killed."""

LOG_TAIL_BYTES = 4096
"""How much of a dead host's log is looked at for the reason."""


class HostDied(Exception):
    """The host process is gone; the text says how it ended."""


@dataclass(slots=True)
class HostProcess:
    """A host that listens."""

    process: asyncio.subprocess.Process
    folder: Path
    address: str
    token: str

    def connected(self) -> None:
        """Let go of the host's standard input: from now on it lives by its connections."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    async def end(self) -> str:
        """Wait for the end of a host that has lost its client, kill it if need be, clean up. How it ended, in words."""
        self.connected()
        try:
            await asyncio.wait_for(self.process.wait(), EXIT_TIMEOUT_S)
        except TimeoutError:
            self.kill()
            await self.process.wait()
        cause = _cause_of_death(self.process.returncode or 0, self.folder / "log")
        transport.remove_private_folder(self.folder)
        return cause

    def kill(self) -> None:
        """End the host at once."""
        if self.process.returncode is None:
            self.process.kill()


async def launch(options: EngineOptions) -> HostProcess:
    """Start a host; it listens when this returns. Raises EngineError if it cannot be started, HostDied if it ends
    first."""
    folder = transport.make_private_folder()
    address, token = transport.new_address(folder), secrets.token_hex(32)
    process: asyncio.subprocess.Process | None = None
    try:
        process = await _start(folder)
        host = HostProcess(process, folder, address, token)
        config = {"address": address, "token": token, "options": wire.to_json(options)}
        await _await_listening(process, json.dumps(config).encode() + b"\n")
    except BaseException as error:
        if process is None:
            transport.remove_private_folder(folder)
            if isinstance(error, OSError):
                raise EngineError(f"the model's process cannot be started: {error}") from error
            raise
        host.kill()
        cause = await asyncio.shield(host.end())
        if isinstance(error, TimeoutError):
            cause = f"did not start within {LISTEN_TIMEOUT_S} s"
        if isinstance(error, OSError | EOFError):
            raise HostDied(cause) from error
        raise
    return host


async def _start(folder: Path) -> asyncio.subprocess.Process:
    with (folder / "log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            # -E and -P: a workspace with its own `dataclasses.py`, or a PYTHONPATH, must not become part of the host.
            *(sys.executable, "-E", "-P", "-m", "dovetail_models.engine.host", str(folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=_environment(),
            **transport.child_options(),
        )


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # Without it llama.cpp starts a debugger for a backtrace when it aborts, which takes seconds.
    environment["GGML_NO_BACKTRACE"] = "1"
    # OpenMP's threads otherwise spin at each barrier: beside a busy compiler a token then takes 70 times as long.
    environment.setdefault("OMP_WAIT_POLICY", "passive")
    return environment


async def _await_listening(process: asyncio.subprocess.Process, config: bytes) -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(config)
    await process.stdin.drain()
    line = await asyncio.wait_for(process.stdout.readline(), LISTEN_TIMEOUT_S)
    if not line:
        raise EOFError


def _cause_of_death(status: int, log: Path) -> str:
    """In words; the last line of the log, where there is one, holds the reason."""
    how = f"ended with status {status}" if status >= 0 else f"was killed by signal {-status}"
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return f"{how} ({lines[-1].strip()})" if lines else how
