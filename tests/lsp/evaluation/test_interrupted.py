"""`dovetail eval`, killed at random moments and resumed: the results are those of a run that nobody interrupted.

DOVETAIL_KILLS=20 runs the long form.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.game import GAME

KILLS = int(os.environ.get("DOVETAIL_KILLS", "3"))
TIMES = ("ms", "tokens")  # how much of a prompt the KV cache held already is no result


@pytest.fixture
def tasks(project: Path) -> Path:
    """Return a tasks file of 24 holes: each line of the project's files, whole and in part."""
    rows = []
    for name in ("game.py", "board.py"):
        text = (project / name).read_text(encoding="utf-8")
        start = 0
        for number, line in enumerate(text.split("\n")):
            content = line.strip()
            for skipped in (0, 3):
                if len(content) > skipped + 3:
                    first = start + len(line) - len(line.lstrip()) + skipped
                    truth = content[skipped:]
                    rows.append(
                        {
                            "id": f"{name}/{number}/{skipped}",
                            "root": ".",
                            "path": name,
                            "start": first,
                            "end": first + len(truth),
                            "groundtruth": truth,
                        }
                    )
            start += len(line) + 1
    file = project / "tasks.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert len(rows) > 20 and GAME
    return file


@pytest.fixture
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder outside of the project, which the index does not read."""
    return tmp_path_factory.mktemp("results")


def command(tasks: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-E", "-P", "-m", "dovetail", "eval", str(tasks), "--out", str(out), *more]


def run(tasks: Path, out: Path, *more: str) -> str:
    done = subprocess.run(command(tasks, out, *more), capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def results(out: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").split("\n")[:-1]]
    return [{name: value for name, value in row.items() if name not in TIMES} for row in rows]


@pytest.mark.long
def test_killed_and_resumed_results_are_those_of_one_run(tasks: Path, results_folder: Path) -> None:
    whole, parts = results_folder / "whole.jsonl", results_folder / "parts.jsonl"
    printed = run(tasks, whole)
    expected = results(whole)
    rng = random.Random(7)
    for _ in range(KILLS):
        process = subprocess.Popen(
            command(tasks, parts, "--resume"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_lines(process, parts, rng.randrange(len(expected) // 2))
        time.sleep(rng.random() / 5)
        process.kill()
        process.wait()
        if rng.random() < 0.5:  # a line that the system did not write whole
            data = parts.read_bytes() if parts.exists() else b""
            if data:
                parts.write_bytes(data[: len(data) - rng.randrange(min(len(data), 400))])
    resumed = run(tasks, parts, "--resume")
    assert results(parts) == expected
    assert scores(resumed) == scores(printed)


def scores(printed: str) -> list[str]:
    """Return the lines of a summary but for the latency."""
    return [line for line in printed.splitlines() if not line.startswith("latency")]


def wait_for_lines(process: subprocess.Popen[bytes], out: Path, more: int) -> None:
    """Wait until a run has written this many further lines, or has ended."""
    before = lines(out)
    while process.poll() is None and lines(out) < before + more:
        time.sleep(0.01)


def lines(out: Path) -> int:
    return out.read_bytes().count(b"\n") if out.exists() else 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interrupt signal for one process")
def test_an_interrupt_says_how_to_go_on(tasks: Path, results_folder: Path) -> None:
    rows = [json.loads(line) for line in tasks.read_text(encoding="utf-8").split("\n")[:-1]]
    many = [{**row, "id": f"{row['id']}/{copy}"} for copy in range(100) for row in rows]  # more than are ever answered
    tasks.write_text("".join(json.dumps(row) + "\n" for row in many), encoding="utf-8")
    out = results_folder / "out.jsonl"
    process = subprocess.Popen(command(tasks, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    while process.poll() is None and lines(out) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "interrupted after" in said and "--resume" in said and "Traceback" not in said


def test_no_process_is_left_behind(tasks: Path, results_folder: Path) -> None:
    """The engine host of a killed command leaves by itself."""
    process = subprocess.Popen(
        command(tasks, results_folder / "out.jsonl"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not lines(results_folder / "out.jsonl"):
        time.sleep(0.01)
    hosts = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(hosts, timeout=60)
    assert not alive
