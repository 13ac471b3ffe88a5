"""Pulls in processes that are killed, run out of disk, or run two at a time.

DOVETAIL_PULL_KILLS=20 runs the long form.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from dovetail_models.download.part import part_path
from dovetail_models.download.progress import PullError
from tests.models.download.conftest import CHUNK, Puller
from tests.models.download.gguf_files import gguf
from tests.models.download.loopback_hub import LoopbackHub

if sys.platform == "win32":
    pytest.skip("kill -9 and file size limits are of POSIX", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("DOVETAIL_PULL_KILLS", "8"))
NAME = "small.Q4_K_M.gguf"


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(hub: LoopbackHub) -> Iterator[Start]:
    """Yield a function that starts a pull into a folder. End all pulls afterwards."""
    processes: list[subprocess.Popen[str]] = []

    def begin(folder: Path, most_bytes: int = 0) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.models.download.pulling_process"]
        arguments = [hub.endpoint, str(folder), str(CHUNK), str(most_bytes)]
        processes.append(
            subprocess.Popen(
                [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str], status: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, err
    return out, err


def until(process: subprocess.Popen[str], beginning: str, count: int = 1) -> str:
    """Read the output up to the line that is the nth to begin so."""
    assert process.stdout is not None
    lines = (line for line in process.stdout if line.startswith(beginning))
    return next(islice(lines, count - 1, None))


@pytest.mark.long
def test_kill_9_at_random_moments_costs_at_most_a_chunk_each(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    rng = random.Random(7)
    folder = tmp_path / "models"
    hub.content = gguf(4 * KILLS * CHUNK)
    hub.delay_s = 0.002  # a block each time, so that there are moments
    for _ in range(KILLS):
        process = start(folder)
        assert process.stdout is not None
        for _, line in zip(range(rng.randint(1, 14)), process.stdout, strict=False):
            assert line.split()[0] in ("asking", "downloading")
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        assert process.returncode == -signal.SIGKILL
        assert not (folder / NAME).exists()
    hub.delay_s = 0.0
    finish(start(folder))
    assert (folder / NAME).read_bytes() == hub.content
    assert sorted(each.name for each in folder.iterdir()) == ["pins", NAME]
    assert hub.bytes_sent - len(hub.content) <= KILLS * CHUNK
    starts = [sent.start for sent in hub.sent]
    assert starts == sorted(starts)  # nothing that was durable was asked for again


def test_killed_while_it_verifies(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    process = start(tmp_path)
    until(process, "verifying")
    process.kill()
    process.wait(60)
    finish(start(tmp_path))
    assert (tmp_path / NAME).read_bytes() == hub.content
    assert hub.bytes_sent == len(hub.content)


def test_interrupted_as_by_ctrl_c(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    hub.delay_s = 0.01
    process = start(tmp_path)
    until(process, "downloading", count=7)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert process.returncode != 0
    kept = part_path(tmp_path / NAME).stat().st_size
    assert 0 < kept < len(hub.content)
    hub.delay_s = 0.0
    finish(start(tmp_path))
    assert hub.bytes_sent - len(hub.content) <= CHUNK


def test_two_pulls_at_once_fetch_it_once(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    hub.delay_s = 0.01
    first = start(tmp_path)
    until(first, "downloading", count=7)
    hub.flows.clear()
    second = start(tmp_path)
    assert "another process pulls it" in until(second, "waiting")
    hub.flows.set()
    finish(first)
    out, _ = finish(second)
    assert out.splitlines()[-1].startswith("done") and "downloading" not in out
    assert hub.bytes_sent == len(hub.content)


def test_the_second_goes_on_where_the_first_was_killed(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    hub.delay_s = 0.01
    first = start(tmp_path)
    until(first, "downloading", count=7)
    hub.flows.clear()
    second = start(tmp_path)
    until(second, "waiting")
    first.kill()
    first.wait(60)
    hub.flows.set()
    finish(second)
    assert (tmp_path / NAME).read_bytes() == hub.content
    assert hub.bytes_sent - len(hub.content) <= CHUNK


def test_a_limit_on_file_size_counts_as_a_full_disk(hub: LoopbackHub, start: Start, tmp_path: Path) -> None:
    _, err = finish(start(tmp_path, most_bytes=6 * CHUNK + 100), status=1)
    assert "the disk is full" in err and err.count("\n") == 1
    assert not (tmp_path / NAME).exists()
    finish(start(tmp_path))
    assert hub.bytes_sent - len(hub.content) <= CHUNK


def test_a_disk_that_really_is_full(puller: Puller, tmp_path: Path) -> None:
    """Use a file system of 1 MB in memory; the check for free space receives a false figure."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a file system")
    puller.folder = disk
    try:
        with pytest.raises(PullError, match=r"the disk is full .* are kept.*pull again to go on"):
            puller(free_bytes=lambda folder: 1 << 40)
        kept = part_path(disk / NAME).stat().st_size
        assert 10 * CHUNK < kept < len(puller.hub.content) and not (disk / NAME).exists()
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert puller(free_bytes=lambda folder: 1 << 40).read_bytes() == puller.hub.content
        assert puller.hub.bytes_sent - len(puller.hub.content) <= CHUNK
    finally:
        subprocess.run(["umount", str(disk)], check=True)
