"""What the caller's rules leave out: at the start, while the index runs, and in the middle of a build."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.scan import is_excluded, scan
from dovetail_context.workspace.selection import EVERYTHING, left_out

LONG_S = 20.0  # how long a test waits before it gives up; nothing is asserted about time


@dataclass(frozen=True)
class Without:
    """Leaves out the folders and files of these names."""

    names: frozenset[str]

    def excluded(self, path: str, is_folder: bool) -> str | None:
        name = path.rpartition("/")[2]
        return f"without {name}" if name in self.names else None


def without(*names: str) -> Without:
    return Without(frozenset(names))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("a.py", "b.py", "old/c.py", "old/deep/d.py", "new/old.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("def f(): ...\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def index(root: Path) -> Iterator[WorkspaceIndex]:
    workspace = WorkspaceIndex(root, without("old"))
    yield workspace
    workspace.close()


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONG_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_a_walk_does_not_enter_what_is_left_out(root: Path) -> None:
    found = scan(root, lambda path: path.endswith(".py"), without("old", "b.py"))
    assert [file.path for file in found.files] == ["a.py", "new/old.py"]
    assert {skip.path: skip.reason for skip in found.skipped} == {"old": "without old", "b.py": "without b.py"}


def test_one_path_is_judged_as_a_walk_does(root: Path) -> None:
    selection = without("old", "b.py")
    for path, reason in {"a.py": None, "b.py": "without b.py", "old/deep/d.py": "without old"}.items():
        assert is_excluded(root, path, selection) == left_out(selection, path) == reason
        assert is_excluded(root, path) is left_out(EVERYTHING, path) is None


def test_from_the_start(index: WorkspaceIndex) -> None:
    index.build()
    assert set(index.snapshot.files) == {"a.py", "b.py", "new/old.py"}
    index.apply(["old/c.py", "old"])
    index.set_overlay("old/c.py", "def g(): ...\n")
    index.set_overlay("old/fresh.py", "def g(): ...\n")
    assert set(index.snapshot.files) == {"a.py", "b.py", "new/old.py"}


def test_it_may_change(index: WorkspaceIndex) -> None:
    index.build()
    index.set_overlay("a.py", "def typed(): ...\n")
    index.select(without("a.py", "new"))
    assert set(index.snapshot.files) == {"b.py", "old/c.py", "old/deep/d.py"}
    index.select(EVERYTHING)
    assert set(index.snapshot.files) == {"a.py", "b.py", "new/old.py", "old/c.py", "old/deep/d.py"}
    assert [symbol.name for symbol in index.snapshot.files["a.py"].symbols] == ["f"]  # Buffers have to be set again.


def test_an_equal_selection_changes_nothing(index: WorkspaceIndex) -> None:
    index.build()
    before = index.snapshot
    index.select(without("old"))
    assert index.snapshot is before


def test_before_a_build_nothing_is_read(index: WorkspaceIndex) -> None:
    index.select(without("b.py"))
    assert index.snapshot.files == {}
    index.build()
    assert "old/c.py" in index.snapshot.files and "b.py" not in index.snapshot.files


def test_on_the_index_thread(index: WorkspaceIndex) -> None:
    index.start()
    assert index.wait_idle(LONG_S)
    index.select(without("a.py"))
    index.select(without("b.py"))
    assert index.wait_idle(LONG_S)
    assert set(index.snapshot.files) == {"a.py", "new/old.py", "old/c.py", "old/deep/d.py"}


def test_in_the_middle_of_a_build(root: Path, index: WorkspaceIndex) -> None:
    (root / "many").mkdir()
    for number in range(300):
        (root / "many" / f"m{number}.py").write_text("def f(): ...\n", encoding="utf-8")
    begun = threading.Event()
    index.start(progress=lambda done, total: begun.set())
    assert begun.wait(LONG_S)
    index.select(without("many"))
    assert until(lambda: index.snapshot.complete and index.wait_idle(LONG_S))
    assert set(index.snapshot.files) == {"a.py", "b.py", "new/old.py", "old/c.py", "old/deep/d.py"}
