"""Worker processes of a cold build: the result is the same as without them, even if they die."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from dovetail_context.index.extraction import crew
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.records.record import FileRecord

FILES = 60
LOWEST = 19  # of the priorities that a process may have, where it is a number
LONG_S = 30.0  # how long a test waits before it gives up


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for number in range(FILES):
        text = f"class C{number}:\n    def method(self) -> int: ...\n\nVALUE = C{number}()\n"
        (folder / f"m{number:03}.py").write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (folder / "binary.py").write_bytes(b"\0")
    return folder


def built(root: Path, workers: int, cache: IndexCache | None = None) -> WorkspaceIndex:
    index = WorkspaceIndex(root, cache=cache, workers=workers)
    index.build()
    index.close()
    return index


def records(index: WorkspaceIndex) -> dict[str, FileRecord]:
    return {path: index.snapshot.files[path] for path in sorted(index.snapshot.files)}


def worker_that(does: str) -> tuple[str, ...]:
    """Return a worker in which `read_text` does something to the file `bad.py`."""
    code = (
        "import os, sys, time\n"
        "from dovetail_context.index.extraction import build, worker\n"
        "real = build.read_text\n"
        "def patched(path, text):\n"
        f"    if path == 'bad.py': {does}\n"
        "    return real(path, text)\n"
        "build.read_text = patched\n"
        "worker.main()\n"
    )
    return (sys.executable, "-c", code)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(workers: int, root: Path, tmp_path: Path) -> None:
    alone, together = built(root, 0), built(root, workers, IndexCache(tmp_path / "cache", 10**8))
    assert records(together) == records(alone)
    assert together.snapshot.words.files_with("method") == alone.snapshot.words.files_with("method")
    assert dict(together.snapshot.projects) == dict(alone.snapshot.projects)
    assert together.last_report is not None and alone.last_report is not None
    assert together.last_report.skipped == alone.last_report.skipped
    assert not _workers_of(psutil.Process())


@pytest.mark.long
def test_a_file_that_ends_its_worker_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = records(built(root, 0))
    (root / "bad.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(crew, "COMMAND", worker_that("os._exit(3)"))
    index = built(root, 2)
    assert records(index) == expected
    assert index.last_report is not None
    reasons = {skip.path: skip.reason for skip in index.last_report.skipped}
    assert reasons["bad.py"] == "reading it ended the process that did"


def test_what_a_worker_prints_is_no_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bad.py").write_text("x = 1\n", encoding="utf-8")
    expected = records(built(root, 0))
    monkeypatch.setattr(crew, "COMMAND", worker_that("print('hello', flush=True)"))
    assert records(built(root, 1)) == expected


@pytest.mark.parametrize("command", [("no-such-program-at-all",), (sys.executable, "-c", "pass")])
def test_without_workers_this_process_reads(
    command: tuple[str, ...], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "COMMAND", command)
    assert len(records(built(root, 2))) == FILES


def test_workers_yield_to_others(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bad.py").write_text("x = 1\n", encoding="utf-8")
    seen = tmp_path / "niceness"
    monkeypatch.setattr(
        crew, "COMMAND", worker_that(f"import psutil; open({str(seen)!r}, 'w').write(str(psutil.Process().nice() + 0))")
    )
    built(root, 1)
    own = psutil.Process().nice()
    assert int(seen.read_text()) > own or own == LOWEST


def test_closing_ends_the_workers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bad.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(crew, "COMMAND", worker_that("time.sleep(0.5)"))
    begun = threading.Event()
    index = WorkspaceIndex(root, workers=2)
    index.start(progress=lambda done, total: begun.set())
    assert begun.wait(LONG_S)
    index.close()
    assert not _workers_of(psutil.Process())


def test_workers_end_with_who_started_them(root: Path) -> None:
    """A killed process cannot end its workers: they notice the closed pipe and end."""
    code = (
        "import sys, pathlib, time\n"
        "from dovetail_context.index.extraction.crew import _Crew\n"
        "crew = _Crew(pathlib.Path(sys.argv[1]), None)\n"
        "crew._start(); crew._start()\n"
        "print(*(worker.process.pid for worker in crew._workers), flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        parent.kill()
    deadline = time.monotonic() + LONG_S
    while any(psutil.pid_exists(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(psutil.pid_exists(pid) for pid in workers)


def _workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children(recursive=True) if "dovetail_context" in " ".join(child.cmdline())]
