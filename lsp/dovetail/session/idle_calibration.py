"""Calibration in the background, for users who switch it on: when nobody types, on mains power, one child process.

The child is `dovetail calibrate` with a run file, so a keystroke can end it at any moment: the next idle time goes on
where it was. What it writes until then is in the cache folder, for it holds code.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dovetail.session.caches import calibration_folder
from dovetail.session.calibrations import CalibrationsError, calibrations_path, read_calibrations
from dovetail.session.child import COMMAND, end
from dovetail.session.inference.models import models_folder
from dovetail.session.power import on_battery, yield_to_others
from dovetail.settings import Settings
from dovetail_models.api import ModelError, model_key, resolve_model

log = logging.getLogger(__name__)

IDLE_S = 300.0
"""Seconds without a keystroke or a request before anything begins: shorter pauses are for thinking."""
LOOK_AGAIN_S = 30.0
"""Seconds between two looks whether it may begin."""
AGAIN_S = 30 * 86_400.0
"""Seconds after which a model is calibrated again: a month of commits is new code."""
COMMITS, HOLES_A_COMMIT, PROMPT_MINUTES = "100", "4", "20"
"""What is replayed: with a model of 1 s an answer, about ten minutes in all."""


class IdleCalibration:
    """Runs at most one calibration at a time. For the event loop."""

    def __init__(
        self,
        root: Callable[[], Path | None],
        *,
        clock: Callable[[], float] = time.monotonic,
        is_on_battery: Callable[[], bool] = on_battery,
        command: tuple[str, ...] = COMMAND,
        look_again_s: float = LOOK_AGAIN_S,
    ) -> None:
        """`root` returns the project whose history is replayed: None where there is none."""
        self._root = root
        self._clock = clock
        self._is_on_battery = is_on_battery
        self._command = command
        self._look_again_s = look_again_s
        self._active_at = clock()
        self._running: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # with those that are still ending

    def note_activity(self) -> None:
        """Record that the user is at work: whatever runs ends at once."""
        self._active_at = self._clock()
        self._end()

    async def run(self, settings: Settings) -> None:
        """Calibrate whenever it may and is due, until this is cancelled."""
        try:
            while True:
                await asyncio.sleep(self._look_again_s)
                if not self._may_run():
                    self._end()
                elif self._running is None:
                    self._running = asyncio.create_task(self._calibrate(settings))
                    self._tasks.add(self._running)
                    self._running.add_done_callback(self._ended)
        finally:
            self._end()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task is self._running:
            self._running = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("background calibration failed: %s", error)

    def _may_run(self) -> bool:
        return self._clock() - self._active_at >= IDLE_S and not self._is_on_battery()

    async def _calibrate(self, settings: Settings) -> None:
        root = self._root()
        if root is None or settings.remote.url:
            return
        due = await asyncio.to_thread(partial(_due, settings))
        if due is None:
            return
        model, key = due
        folder = calibration_folder()
        replay = folder / f"{key}-{replay_of(root)}.jsonl"
        temporary = folder / "temporary"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is written there holds code
        temporary.mkdir(exist_ok=True)
        is_resumed = replay.exists()
        arguments = ["calibrate", str(root), "--model", str(model), "--out", str(replay), "--resume"]
        arguments += ["--commits", COMMITS, "--per-commit", HOLES_A_COMMIT, "--minutes", PROMPT_MINUTES]
        try:
            status = await self._child(arguments, temporary)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        log.info("background calibration of %s ended with status %d", model.stem, status)
        replay.unlink(missing_ok=True)
        if status == 0 or not is_resumed:  # what was resumed may fit no more; the next idle time begins again
            _done_path(key).touch()

    async def _child(self, arguments: list[str], temporary: Path) -> int:
        log.info("background calibration begins")
        child = await asyncio.create_subprocess_exec(
            *(*self._command, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)},
        )
        yield_to_others(child.pid)
        try:
            return await child.wait()
        finally:
            if child.returncode is None:
                await end(child)


def replay_of(root: Path) -> str:
    """Return what names the replay of a project in the folder of calibrations."""
    return hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _due(settings: Settings) -> tuple[Path, str] | None:
    """Return the model's file and key, where its calibration is too old or missing; None where it is not due."""
    try:
        path = resolve_model(settings.model, models_folder()).path
        key = model_key(path)
        known = read_calibrations(calibrations_path()).of(path.stem, key)
        days = [*(each.day for each in known.thresholds), *(each.day for each in known.prompts)]
        kept = max((time.mktime(time.strptime(day, "%Y-%m-%d")) for day in days), default=0.0)
    except (ModelError, OSError, ValueError, CalibrationsError) as error:
        log.info("no background calibration: %s", error)
        return None
    done = _done_path(key)
    tried = done.stat().st_mtime if done.exists() else 0.0
    return (path, key) if time.time() - max(tried, kept) >= AGAIN_S else None


def _done_path(key: str) -> Path:
    """Return the empty file that records when a calibration of a model ended."""
    return calibration_folder() / f"{key}.done"
