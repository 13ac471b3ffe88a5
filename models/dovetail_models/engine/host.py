"""The host process: `python -E -P -m dovetail_models.engine.host FOLDER`, started by `launch.py`.

FOLDER is its private one, which it removes in the end. It reads one line of JSON from standard input (address, token,
options), listens, says so by one line on standard output, and serves until it is deserted. It never outlives its
clients: it ends when the last connection has closed, and also when whoever started it is gone before the first
connection stood.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from dovetail_models.engine import transport, wire
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.service import Service

CRASH_STATUS = 70
"""Exit status after an error in our own code ("internal software error" in BSD's sysexits)."""

FIRST_CLIENT_TIMEOUT_S = 60
"""If no client has come by then, none will."""


def main() -> None:
    """Run the host. Never returns: threads in llama.cpp are not waited for."""
    folder = Path(sys.argv[1])
    try:
        line = sys.stdin.buffer.readline()
        if not line:
            _exit(folder, 0)  # Whoever started this process is gone already.
        config = json.loads(line)
        asyncio.run(_host(folder, config["address"], config["token"], wire.options_from_json(config["options"])))
    except BaseException:  # noqa: BLE001 - whatever it is, the process ends with it
        # Into the host's log file, whose end the client quotes.
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    _exit(folder, CRASH_STATUS)


async def _host(folder: Path, address: str, token: str, options: EngineOptions) -> None:
    loop = asyncio.get_running_loop()
    service = Service(options, os.getpid(), token, on_deserted=lambda: _exit(folder, 0))

    def leave_if_deserted() -> None:
        if service.deserted:
            _exit(folder, 0)

    listener = await transport.listen(address, service.serve)
    os.write(1, b"listening\n")
    os.dup2(2, 1)  # Whatever a library prints from now on goes to the log.
    threading.Thread(target=_when_input_ends, args=(loop, leave_if_deserted), daemon=True).start()
    loop.call_later(FIRST_CLIENT_TIMEOUT_S, leave_if_deserted)
    await service.run()
    del listener
    await asyncio.Event().wait()  # Loading failed: clients can still ask why, until the last has left.


def _when_input_ends(loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> None:
    """Wait for the end of standard input, which its starter holds open until it has connected."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(then)


def _exit(folder: Path, status: int) -> NoReturn:
    os.chdir(folder.parent)  # Windows removes no folder that a process stands in.
    transport.remove_private_folder(folder)
    # Not sys.exit: a computation in llama.cpp may still run, and nothing here needs an orderly end.
    os._exit(status)


if __name__ == "__main__":
    main()
