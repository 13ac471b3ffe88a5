"""Run a program within limits: time, memory, files, processes, output, and no network.

This module and `guard.py` hold all that depends on the platform. Linux: Landlock and seccomp, resource limits. macOS:
`sandbox_init`, resource limits (not run yet). Windows cannot take the network from a program, so none is run there.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from dovetail.evaluation.execution.guard import REFUSED
from dovetail.evaluation.execution.limits import End, Ended, Limits

LOOK_EVERY_S = 0.05
"""How often memory, output and processes are looked at."""

ERROR_CHARACTERS = 2000
"""Of standard error, its end, that are kept."""

GUARD = "dovetail.evaluation.execution.guard"
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "JAVA_HOME", "GOROOT", "CLASSPATH", "RUSTUP_HOME")
"""Variables of the environment that a program sees: what it takes to find compilers and libraries, and no secrets."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run."""

    arguments: Sequence[str]
    """The program and its arguments."""
    stdin: str = ""
    """What it reads."""
    readable: Sequence[Path] = ()
    """Files and folders that it may read beside the system's and its own."""
    writable: Sequence[Path] = ()
    """Folders in which it may write beside its own."""
    environment: Mapping[str, str] | None = None
    """Further variables of its environment."""


def run_limited(command: Command, folder: Path, limits: Limits, stopped: Callable[[], bool] = lambda: False) -> Ended:
    """Run a program in `folder`, the only one in which it may write, and return how it ended.

    It is killed as soon as `stopped` returns true. Nothing that it started is left when this returns.
    """
    allowed = {
        "CPU": math.ceil(limits.seconds),
        "DATA": limits.memory_bytes,
        "FSIZE": limits.file_bytes,
        "CORE": 0,
        "readable": [str(path) for path in command.readable],
        "writable": [str(path) for path in (folder, *command.writable)],
    }
    guarded = [sys.executable, "-E", "-P", "-m", GUARD, json.dumps(allowed)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
        given.write(command.stdin.encode("utf-8", "replace"))
        given.seek(0)
        process = subprocess.Popen(
            [*guarded, *command.arguments],
            stdin=given,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env=_environment(folder, command.environment),
            start_new_session=True,
        )
        try:
            end = _watched(process, output, errors, limits, stopped)
        finally:
            _end_all(process)
        status = process.wait()
        text, complaint = _text(output, limits.output_bytes), _text(errors, limits.output_bytes)[-ERROR_CHARACTERS:]
    if end == "exit" and status == REFUSED:
        end = "refused"
    elif end == "exit" and status in (-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGKILL", 0)) and status:
        end = "time"
    return Ended(end, status, text, complaint)


def _environment(folder: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    if "RUSTUP_HOME" not in kept and (usual := Path.home() / ".rustup").is_dir():
        kept["RUSTUP_HOME"] = str(usual)
    own = {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **own, **(more or {})}


def _watched(
    process: subprocess.Popen[bytes],
    output: IO[bytes],
    errors: IO[bytes],
    limits: Limits,
    stopped: Callable[[], bool],
) -> End:
    """Wait for the end of a process, and return why it ended or must be ended."""
    deadline = time.monotonic() + limits.seconds
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or stopped():
            return "time"
        try:
            process.wait(min(LOOK_EVERY_S, left))
        except subprocess.TimeoutExpired:
            reason = _over(process, output, errors, limits)
            if reason is not None:
                return reason
        else:
            return "exit"


def _over(process: subprocess.Popen[bytes], output: IO[bytes], errors: IO[bytes], limits: Limits) -> End | None:
    """Return the limit that a running process has gone over."""
    if sum(os.fstat(file.fileno()).st_size for file in (output, errors)) > limits.output_bytes:
        return "output"
    used, count = 0, 0
    for each in _family(process):
        try:
            used += each.memory_info().rss
            count += 1
        except psutil.Error:
            continue
    if used > limits.memory_bytes:
        return "memory"
    return "processes" if count > limits.processes else None


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        own = psutil.Process(process.pid)
        return [own, *own.children(recursive=True)]
    except psutil.Error:
        return []


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all that it started."""
    family = _family(process)
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # all have ended; macOS says so with the second
            os.killpg(process.pid, signal.SIGKILL)
    for each in family:
        try:
            each.kill()
        except psutil.Error:
            continue
    process.wait()
    psutil.wait_procs(family, timeout=5)


def _text(file: IO[bytes], most: int) -> str:
    file.seek(0)
    return file.read(most).decode("utf-8", "replace")
