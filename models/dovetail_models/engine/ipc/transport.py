"""Local sockets and what else depends on the platform: Unix domain sockets, Windows named pipes, private folders.

A socket is in a folder that only its owner may enter. A Windows pipe is open to others, which is one reason why the
host asks each client for a token.
"""

import asyncio
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dovetail_models.engine.ipc.wire import MESSAGE_BYTES
from dovetail_models.errors import EngineError

FOLDER_PREFIX = "dovetail-"

RUNTIME_FOLDER_VARIABLE = "DOVETAIL_RUNTIME_DIR"
"""The environment variable that names another runtime folder (tests and bench use it to be left alone)."""

SOCKET_PATH_BYTES = 100
"""A Unix socket's path may have 108 bytes on Linux and 104 on macOS, the closing zero included."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def runtime_folder() -> Path:
    """Return the folder in which this user's clients and hosts find each other; nobody else may enter. Raises
    EngineError."""
    folder = _runtime_folder_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform != "win32":
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                raise EngineError(
                    f"{folder} is not a folder of your own: remove it, or name another in {RUNTIME_FOLDER_VARIABLE}"
                )
            folder.chmod(0o700)
    except OSError as error:
        raise EngineError(
            f"{folder} cannot be made ({error.strerror}): name another folder in {RUNTIME_FOLDER_VARIABLE}"
        ) from error
    return folder


def make_private_folder() -> Path:
    """Return a new folder that only this user may enter, short enough in name for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=runtime_folder()))
    if sys.platform != "win32" and len(bytes(folder / "socket")) > SOCKET_PATH_BYTES:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="/tmp"))
    return folder


def remove_private_folder(folder: Path) -> None:
    """Remove the folder and its contents. Ignore files that are gone already or still open on Windows."""
    if not folder.name.startswith(FOLDER_PREFIX):
        raise ValueError(f"{folder} was not made here and is not removed")
    shutil.rmtree(folder, ignore_errors=True)


def new_address(folder: Path) -> str:
    """Return where a host that keeps its things in `folder` may listen."""
    if sys.platform == "win32":
        return rf"\\.\pipe\dovetail-{secrets.token_hex(16)}"
    return str(folder / "socket")


def leave_the_starter() -> None:
    """Detach from the parent process: a host outlives the client that started it, and the client need not wait for it.

    Call this first in a host, before it loads anything or starts a thread. On Windows it does nothing.
    """
    if sys.platform != "win32" and os.fork():
        os._exit(0)


def child_options() -> dict[str, Any]:
    """Return how a host process is set apart from the terminal, so that Ctrl-C in it reaches only the client."""
    if sys.platform == "win32":
        import subprocess

        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def listen(address: str, serve: Serve) -> object:
    """Listen from now on, calling `serve` for each connection. Keep what is returned: it is the listener."""
    if sys.platform == "win32":
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=MESSAGE_BYTES), serve)

        return await loop.start_serving_pipe(protocol, address)  # type: ignore[attr-defined]
    return await asyncio.start_unix_server(serve, address, limit=MESSAGE_BYTES)


async def connect(address: str) -> Streams:
    """Connect to a host that listens. Raises OSError."""
    if sys.platform == "win32":
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MESSAGE_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, address)  # type: ignore[attr-defined]
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
    return await asyncio.open_unix_connection(address, limit=MESSAGE_BYTES)


def _runtime_folder_path() -> Path:
    if named := os.environ.get(RUNTIME_FOLDER_VARIABLE):
        return Path(named).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or tempfile.gettempdir()) / "dovetail" / "run"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute():  # there already, and emptied when the user logs out; a relative one is to be ignored
        return runtime / "dovetail"
    return Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{os.getuid()}"
