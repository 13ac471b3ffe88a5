"""A pull for an editor: `dovetail models pull NAME --json` as a child process, whose lines become progress.

The server itself opens no connection to another machine. The child may be killed at any moment: the next pull resumes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dovetail.session.child import COMMAND, end
from dovetail_models.api import ModelError

LINE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class PullState:
    """The progress of a pull.

    stage: its current activity: "waiting", "asking", "downloading" or "verifying".
    percent: the progress of that stage; None where it is not known.
    note: one line about something out of the ordinary, "" if there is nothing to report.
    """

    stage: str
    percent: int | None
    note: str


async def pull_in_child(name: str, on_state: Callable[[PullState], None]) -> Path:
    """Return the file of a model of the catalogue, pulled now or already there.

    Raises ModelError with the child's line. If this is cancelled, the child ends and keeps what came.
    """
    child = await asyncio.create_subprocess_exec(
        *(*COMMAND, "models", "pull", "--json", "--", name),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    try:
        assert child.stdout is not None and child.stderr is not None
        errors = asyncio.create_task(child.stderr.read())
        try:
            file = await _follow(child.stdout, on_state)
            lines = (await errors).decode("utf-8", "replace").strip().splitlines()
        finally:
            errors.cancel()
        status = await child.wait()
    finally:
        if child.returncode is None:
            await end(child)
    if file is None or status:
        line = lines[-1].removeprefix("dovetail: ") if lines else f"the pull of {name} ended with status {status}"
        raise ModelError(line)
    return file


async def _follow(output: asyncio.StreamReader, on_state: Callable[[PullState], None]) -> Path | None:
    """Pass on the child's lines; return the file that the last one names."""
    file = None
    while line := await output.readline():
        value = json.loads(line)
        if value["stage"] == "done":
            file = Path(value["file"])
            continue
        total = value["total"]
        on_state(PullState(value["stage"], 100 * value["done"] // total if total else None, value["note"]))
    return file
