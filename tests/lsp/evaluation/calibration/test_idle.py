"""Calibration in the background: when it begins, that it ends at once, and that what has ended is not repeated."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from dovetail.cli.reports.threshold_report import calibration_checks
from dovetail.session import idle_calibration
from dovetail.session.caches import calibration_folder
from dovetail.session.calibrations import Calibrations, calibrations_path, read_calibrations, write_calibrations
from dovetail.session.child import COMMAND as DOVETAIL
from dovetail.session.idle_calibration import IDLE_S, IdleCalibration
from dovetail.settings import Settings
from tests.lsp.evaluation.calibration.samples import choice
from tests.lsp.evaluation.calibration.test_command import repository
from tests.lsp.evaluation.test_history import needs_git

COMMAND = """import json, os, sys, time
report = sys.argv[1]
with open(report + ".new", "w") as file:
    json.dump([os.getpid(), sys.argv[2:]], file)
os.replace(report + ".new", report)
"""
"""Stands in for the command: it writes its process and arguments into a file, and then sleeps or ends."""


class World:
    """A clock, a battery, and a command that records how it was started."""

    def __init__(self, folder: Path, then: str) -> None:
        self.now, self.on_battery = 0.0, False
        self.root: Path | None = folder
        self.report = folder / "started.json"
        script = folder / "command.py"
        script.write_text(COMMAND + then, encoding="utf-8")
        self.calibration = IdleCalibration(
            lambda: self.root,
            clock=lambda: self.now,
            is_on_battery=lambda: self.on_battery,
            command=(sys.executable, str(script), str(self.report)),
            look_again_s=0.01,
        )
        self.running = asyncio.create_task(self.calibration.run(Settings()))

    async def started(self) -> tuple[int, list[str]]:
        """Wait until the command runs; return its process and arguments, and forget the report."""
        await until(self.report.exists)
        process, arguments = json.loads(self.report.read_text(encoding="utf-8"))
        self.report.unlink()
        return process, arguments

    async def nothing_starts(self) -> None:
        """Let it look several times whether it may begin."""
        await asyncio.sleep(0.2)
        assert not self.report.exists()

    async def close(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds; the limit ends a test that would wait for ever."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - the state of a process has no event
            await asyncio.sleep(0.01)


def has_ended(process: int) -> bool:
    return not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE


SLEEP = "time.sleep(600)\n"


async def test_it_waits_for_idle_time_and_mains_power(tmp_path: Path) -> None:
    world = World(tmp_path, SLEEP)
    await world.nothing_starts()
    world.on_battery, world.now = True, IDLE_S
    await world.nothing_starts()
    world.on_battery = False
    process, arguments = await world.started()
    assert arguments[:2] == ["calibrate", str(tmp_path)] and "--resume" in arguments
    await world.close()
    assert has_ended(process), "closing the server ends it"


@pytest.mark.parametrize("reason", ["typing", "battery"])
async def test_it_ends_at_once_and_begins_again(tmp_path: Path, reason: str) -> None:
    world = World(tmp_path, SLEEP)
    world.now = IDLE_S
    process, _ = await world.started()
    if reason == "typing":
        world.calibration.note_activity()
    else:
        world.on_battery = True
    await until(lambda: has_ended(process))
    await world.nothing_starts()
    assert not list(calibration_folder().glob("*.done"))
    world.now += IDLE_S
    world.on_battery = False
    again, _ = await world.started()
    await world.close()
    assert again != process and has_ended(again)


async def test_what_has_ended_is_not_repeated_and_leaves_no_code(tmp_path: Path) -> None:
    world = World(tmp_path, "open(sys.argv[sys.argv.index('--out') + 1], 'w').write('code')\n")
    world.now = IDLE_S
    await world.started()
    await until(lambda: bool(list(calibration_folder().glob("*.done"))))
    assert [file.suffix for file in calibration_folder().iterdir()] == [".done"]
    await world.nothing_starts()
    await world.close()


async def test_one_that_cannot_be_resumed_begins_again(tmp_path: Path) -> None:
    world = World(tmp_path, "sys.exit(1)\n")
    calibration_folder().mkdir(parents=True)
    key = idle_calibration.model_key(idle_calibration.resolve_model("starter").path)
    (old,) = [calibration_folder() / f"{key}-{idle_calibration.replay_of(tmp_path)}.jsonl"]
    old.write_text("of other settings", encoding="utf-8")
    world.now = IDLE_S
    await world.started()
    await world.started()
    await until(lambda: bool(list(calibration_folder().glob("*.done"))))
    assert not old.exists()
    await world.nothing_starts()
    await world.close()


async def test_what_is_fresh_or_has_no_project_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World(tmp_path, SLEEP)
    world.root = None
    world.now = IDLE_S
    await world.nothing_starts()
    monkeypatch.setattr(idle_calibration, "model_key", lambda path: "key of m")
    today = idle_calibration.time.strftime("%Y-%m-%d")
    write_calibrations(calibrations_path(), Calibrations((), (dataclasses.replace(choice("m"), day=today),)))
    world.root = tmp_path
    await world.nothing_starts()
    await world.close()


@pytest.mark.long
@needs_git
async def test_a_real_one_yields_goes_on_and_keeps_what_it_found(tmp_path: Path) -> None:
    root = repository(tmp_path / "game", commits=17)
    now = IDLE_S
    calibration = IdleCalibration(
        lambda: root, clock=lambda: now, is_on_battery=lambda: False, command=DOVETAIL, look_again_s=0.05
    )
    now += IDLE_S
    running = asyncio.create_task(calibration.run(Settings(model="starter")))
    try:
        await until(lambda: answers() >= 10)
        calibration.note_activity()
        await until(lambda: not calibrating() and not (calibration_folder() / "temporary").exists())
        left = answers()
        assert left >= 10 and not list(calibration_folder().glob("*.done")), "the next idle time goes on with these"
        now += IDLE_S
        await until(lambda: answers() > left, seconds=300)
        await until(lambda: bool(list(calibration_folder().glob("*.done"))), seconds=300)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert not list(calibration_folder().glob("*.jsonl")), "the replay has code"
    path = idle_calibration.resolve_model("starter").path
    key = idle_calibration.model_key(path)
    (found,) = read_calibrations(calibrations_path()).of(path.stem, key).prompts
    assert found.source == "game" and found.trials
    report = "\n".join(str(check) for check in calibration_checks(path.stem, key, calibrations_path()))
    assert "game" in report and found.day in report


def answers() -> int:
    """Return the number of answers in the replay that is under way."""
    return sum(file.read_bytes().count(b"\n") - 1 for file in calibration_folder().glob("*.jsonl"))


def calibrating() -> bool:
    """Return whether a calibration is a child of this process."""
    children = psutil.Process().children(recursive=True)
    return any("calibrate" in child.cmdline() for child in children if child.status() != psutil.STATUS_ZOMBIE)
