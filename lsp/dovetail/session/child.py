"""A `dovetail` command as a child process of the server, which never outlives its task."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

COMMAND = (sys.executable, "-E", "-P", "-m", "dovetail")
"""How the server starts this installation's command line: nothing of the user's environment can take its place."""
END_TIMEOUT_S = 5.0
"""Seconds within which a child that is asked to end must put its things in order."""


async def end(child: asyncio.subprocess.Process) -> None:
    """Ask a child to end, wait for that, and kill it where it takes too long."""
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), END_TIMEOUT_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
