"""Watching the disk: only the folders that count, and what happens where the system reports no changes."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace import watch
from dovetail_context.workspace.inotify import Inotify

LONG_S = 20.0  # how long a test waits before it gives up; nothing is asserted about time

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="about Linux's inotify")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WorkspaceIndex]:
    for path in ("src/a.py", "node_modules/lib/b.py", ".git/objects/ab/c.py", ".venv/lib/d.py", "built/e.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("x = 1\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("built/\n", encoding="utf-8")
    workspace = WorkspaceIndex(tmp_path)
    workspace.start()
    yield workspace
    workspace.close()


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONG_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    """Return the folders that are watched, relative to the project."""
    found: set[str] = set()
    real_add, real_remove = Inotify.add, Inotify.remove

    def add(self: Inotify, folder: str) -> None:
        found.add(Path(folder).relative_to(tmp_path).as_posix())
        real_add(self, folder)

    def remove(self: Inotify, folder: str) -> None:
        found.discard(Path(folder).relative_to(tmp_path).as_posix())
        real_remove(self, folder)

    monkeypatch.setattr(Inotify, "add", add)
    monkeypatch.setattr(Inotify, "remove", remove)
    return found


@only_linux
def test_only_folders_that_count_are_watched(index: WorkspaceIndex, watched: set[str], tmp_path: Path) -> None:
    index.watch()
    assert index.wait_idle(LONG_S)
    assert watched == {".", "src"}
    (tmp_path / "src" / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "er" / "n.py").write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: "src/deep/er/n.py" in index.snapshot.files)
    assert watched == {".", "src", "src/deep", "src/deep/er"}
    (tmp_path / ".gitignore").write_text("src/deep/\n", encoding="utf-8")
    assert until(lambda: set(index.snapshot.files) == {"src/a.py", "built/e.py"})
    assert until(lambda: watched == {".", "src", "built"})
    (tmp_path / "built" / "f.py").write_text("z = 1\n", encoding="utf-8")
    assert until(lambda: "built/f.py" in index.snapshot.files)


@only_linux
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EMFILE])
def test_at_the_systems_limit_the_disk_is_polled(
    code: int, index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(self: Inotify, folder: str) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Inotify, "add", full)
    monkeypatch.setattr(watch, "POLL_S", 0.4)
    monkeypatch.setattr(watch, "POLL_SHARE", 0)
    index.watch()
    assert index.wait_idle(LONG_S)
    assert [problem for problem in index.problems if "fs.inotify.max_user" in problem] == list(index.problems)
    assert len(index.problems) == 1
    (tmp_path / "src" / "new.py").write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: "src/new.py" in index.snapshot.files)
    (tmp_path / "src" / "a.py").unlink()
    assert until(lambda: "src/a.py" not in index.snapshot.files)


@only_linux
def test_lost_events_mean_a_walk(index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = Inotify.wait
    monkeypatch.setattr(Inotify, "wait", lambda self, timeout_s: None if real(self, 0.05) else [])
    index.watch()
    assert index.wait_idle(LONG_S)
    (tmp_path / "src" / "new.py").write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: "src/new.py" in index.snapshot.files)


def test_whole_trees_are_watched_elsewhere(
    index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The watcher for macOS and Windows works here, too, and does not report changes in excluded folders."""
    monkeypatch.setattr(watch, "_Folders", watch._Tree)
    reported: set[str] = set()
    index.watch(reported.update)
    assert index.wait_idle(LONG_S)
    (tmp_path / "node_modules" / "lib" / "more.py").write_text("y = 1\n", encoding="utf-8")
    (tmp_path / "src" / "new.py").write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: "src/new.py" in index.snapshot.files)
    assert str(tmp_path / "src" / "new.py") in reported
    assert not any("node_modules" in path for path in reported)


def test_an_error_of_a_listener_does_not_end_the_watching(index: WorkspaceIndex, tmp_path: Path) -> None:
    reported: list[frozenset[str]] = []

    def fail(paths: frozenset[str]) -> None:
        reported.append(paths)
        raise ValueError("of ours")

    index.watch(fail)
    assert index.wait_idle(LONG_S)
    for name in ("one", "two"):
        (tmp_path / "src" / f"{name}.py").write_text("y = 1\n", encoding="utf-8")
        assert until(lambda name=name: f"src/{name}.py" in index.snapshot.files)  # type: ignore[misc]
        assert until(lambda name=name: any(str(tmp_path / "src" / f"{name}.py") in paths for paths in reported))  # type: ignore[misc]
    assert any("could not be followed (ValueError: of ours)" in problem for problem in index.problems)


@only_linux
def test_where_folders_cannot_be_listed_the_disk_is_polled(
    index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(path: str) -> Iterator[str]:
        raise ValueError("of ours")

    monkeypatch.setattr(index, "_folders", fail)
    monkeypatch.setattr(watch, "POLL_S", 0.4)
    monkeypatch.setattr(watch, "POLL_SHARE", 0)
    index.watch()
    assert index.wait_idle(LONG_S)
    (tmp_path / "src" / "new.py").write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: "src/new.py" in index.snapshot.files)
    assert any("of ours" in problem for problem in index.problems)


@pytest.mark.parametrize("pattern", ["[z-a]", "[z-a]*\nsrc/a.py", "[", "*a*a*a*a*a*a*a*ab.py", "\\"])
def test_no_pattern_blinds_the_index(pattern: str, index: WorkspaceIndex, tmp_path: Path) -> None:
    """What is named beside such a pattern goes at once."""
    index.watch()
    assert index.wait_idle(LONG_S)
    (tmp_path / "src" / ("a" * 200 + ".py")).write_text("y = 1\n", encoding="utf-8")
    assert until(lambda: len(index.snapshot.files) == 2)
    (tmp_path / ".gitignore").write_text(f"{pattern}\nsrc/a.py\nbuilt/\n", encoding="utf-8")
    assert until(lambda: "src/a.py" not in index.snapshot.files)
    assert f"src/{'a' * 200}.py" in index.snapshot.files


@pytest.mark.parametrize("file", [".gitignore", "part/.gitignore", ".git/info/exclude"])
@pytest.mark.parametrize("whole_tree", [False, True])
def test_rules_above_the_root_are_followed(
    file: str, whole_tree: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if whole_tree:
        monkeypatch.setattr(watch, "_Folders", watch._Tree)
    (tmp_path / ".git" / "info").mkdir(parents=True)
    root = tmp_path / "part" / "root"
    root.mkdir(parents=True)
    for name in ("a", "b"):
        (root / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    index = WorkspaceIndex(root)
    try:
        index.start()
        index.watch()
        assert index.wait_idle(LONG_S)
        assert set(index.snapshot.files) == {"a.py", "b.py"}
        (tmp_path / "part" / "beside.py").write_text("x = 1\n", encoding="utf-8")  # not of the project
        (tmp_path / file).write_text("b.py\n", encoding="utf-8")
        assert until(lambda: set(index.snapshot.files) == {"a.py"})
        (tmp_path / file).unlink()
        assert until(lambda: set(index.snapshot.files) == {"a.py", "b.py"})
    finally:
        index.close()
