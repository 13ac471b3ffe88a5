"""Only the user can read the cache, and what leaves the project leaves the disk. The tests check the bytes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dovetail_context.index import pending
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.pending import PURGE_LATEST_S, PURGE_QUIET_S, PURGE_SHARE, PurgeClock
from dovetail_context.index.storage import cache as cache_module
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.index.storage.store import RecordStore
from dovetail_context.workspace.exclude import excluded_name

MARKER = "quite_unmistakable"
LONG_S = 30.0  # how long a test waits before it gives up; nothing is asserted about time
POSIX = pytest.mark.skipif(os.name == "nt", reason="on Windows a user's own folders are private as they are")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexCache:
    """Return an empty cache. The files of a test are always young; here they count as old."""
    monkeypatch.setattr("dovetail_context.index.state.YOUNG_NS", -(10**18))
    return IndexCache(tmp_path / "cache", 10**9)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project, one file of which holds the marker: as a name, in a text, and in the name of the file."""
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    for number in range(5):
        (folder / f"m{number}.py").write_text(f"def f{number}(): ...\n", encoding="utf-8")
    (folder / "inner" / f"{MARKER}.py").write_text(f"def {MARKER}():\n    return '{MARKER}'\n", encoding="utf-8")
    return folder


def held(cache: IndexCache) -> list[str]:
    """Return the files of the cache that hold the marker in their bytes."""
    files = [path for path in cache.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if MARKER.encode() in path.read_bytes() or MARKER in path.name]


def delete(root: Path) -> list[str]:
    (root / "inner" / f"{MARKER}.py").unlink()
    return [f"inner/{MARKER}.py"]


def delete_folder(root: Path) -> list[str]:
    delete(root)
    (root / "inner").rmdir()
    return ["inner"]


def ignore(root: Path) -> list[str]:
    (root / ".gitignore").write_text("inner/\n", encoding="utf-8")
    return [".gitignore"]


def move_to_ignored(root: Path) -> list[str]:
    (root / ".gitignore").write_text("private/\n", encoding="utf-8")
    (root / "private").mkdir()
    (root / "inner" / f"{MARKER}.py").rename(root / "private" / "x.py")
    return [".gitignore", "private", "private/x.py", f"inner/{MARKER}.py"]


def rename_to_secret(root: Path) -> list[str]:
    assert excluded_name("secrets.toml") is not None
    (root / "inner" / f"{MARKER}.py").rename(root / "inner" / "secrets.toml")
    return ["inner/secrets.toml", f"inner/{MARKER}.py"]


LEAVING = [delete, delete_folder, ignore, move_to_ignored, rename_to_secret]


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("when", ["while open", "between starts", "to an index without a thread"])
def test_what_left_the_project_leaves_the_disk(
    leave: Callable[[Path], list[str]], when: str, root: Path, cache: IndexCache
) -> None:
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    assert held(cache)
    if when == "between starts":
        index.close()
        leave(root)
        index = WorkspaceIndex(root, cache=cache)
        index.build()
    else:
        if when == "while open":
            index.start()
            assert index.wait_idle(LONG_S)
        index.apply(leave(root))
        assert index.wait_idle(LONG_S) or when != "while open"
        assert not [name for name in held(cache) if name.startswith("records")]  # at once
    index.close()
    assert held(cache) == []
    again = WorkspaceIndex(root, cache=cache)
    again.build()
    assert len(again.snapshot.files) == 5
    again.close()


def test_it_leaves_the_image_of_an_idle_index(root: Path, cache: IndexCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "PURGE_QUIET_S", 0.05)
    index = WorkspaceIndex(root, cache=cache)
    index.start()
    assert index.wait_idle(LONG_S)
    index.apply(delete(root))
    deadline = time.monotonic() + LONG_S
    while held(cache) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert held(cache) == []
    assert set(index.snapshot.files) == {f"m{number}.py" for number in range(5)}
    index.close()


def test_a_file_that_cannot_be_used_any_more_leaves_the_disk(root: Path, cache: IndexCache) -> None:
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    path = root / "inner" / "changing.py"
    path.write_text(f"def {MARKER}_2(): ...\n", encoding="utf-8")
    index.apply(["inner/changing.py", *delete(root)])
    assert held(cache)
    path.write_bytes(b"\0\1\2" * 100)
    index.apply(["inner/changing.py"])
    index.close()
    assert held(cache) == []


def test_a_project_file_leaves_the_image(root: Path, cache: IndexCache) -> None:
    delete(root)
    (root / "package.json").write_text(f'{{"name": "{MARKER}"}}', encoding="utf-8")
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    assert held(cache)
    (root / "package.json").unlink()
    index.apply(["package.json"])
    index.close()
    assert held(cache) == []


def test_another_project_with_the_same_file_makes_its_record_again(
    root: Path, tmp_path: Path, cache: IndexCache
) -> None:
    twin = tmp_path / "twin"
    (twin / "inner").mkdir(parents=True)
    (twin / "inner" / f"{MARKER}.py").write_bytes((root / "inner" / f"{MARKER}.py").read_bytes())
    for folder in (root, twin):
        WorkspaceIndex(folder, cache=cache).build()
    delete(root)
    WorkspaceIndex(root, cache=cache).build()
    again = WorkspaceIndex(twin, cache=cache)
    again.build()
    assert f"inner/{MARKER}.py" in again.snapshot.files
    again.close()


KILLED = """
import os, pathlib, sys
from dovetail_context.index import state
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.index.index import WorkspaceIndex
root, folder, where = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
state.YOUNG_NS = -(10**18)
die = lambda *arguments, **named: os._exit(9)
if where == "before the first image":
    state.WorkspaceState.settle = die
index = WorkspaceIndex(root, cache=IndexCache(folder, 10**9))
index.build()
(gone,) = (root / "inner").iterdir()
new = root / "inner" / "new.py"
new.write_text(gone.read_text())
index.apply(["inner/new.py"])
gone.unlink()
if where == "before the purge":
    state.WorkspaceState._purge = die
index.apply([str(gone)])
os._exit(9)
"""


@pytest.mark.parametrize("where", ["before the first image", "before the purge", "before the image is made again"])
def test_what_a_killed_process_left_is_found_at_the_next_start(where: str, root: Path, cache: IndexCache) -> None:
    """Files that were deleted in the meantime, including those that no image has ever recorded."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(root), str(cache.folder), where], check=False)
    assert done.returncode == 9
    assert held(cache)
    for file in (root / "inner").iterdir():
        file.unlink()
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    assert held(cache) == []
    index.close()
    assert held(cache) == []


def test_an_image_that_cannot_be_made_again_is_removed(
    root: Path, cache: IndexCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = WorkspaceIndex(root, cache=cache)
    index.build()

    def full(*arguments: object, **named: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(cache_module.tempfile, "mkstemp", full)
    index.apply(delete(root))
    index.close()
    assert held(cache) == []
    assert any("is not used" in problem for problem in index.problems)


def test_where_nothing_is_to_be_kept_nothing_stays(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dovetail.session.caches import index_cache
    from dovetail.settings import Settings

    monkeypatch.setenv("DOVETAIL_CACHE_DIR", str(tmp_path / "all"))
    cache = index_cache(Settings())
    assert cache is not None
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    index.close()
    assert held(cache)
    assert index_cache(Settings(index_cache_mb=0)) is None
    assert list(cache.folder.iterdir()) == []


def test_dropped_records_are_overwritten_also_while_another_process_reads(tmp_path: Path) -> None:
    from tests.context.index.test_cache import _some_record

    store, other = RecordStore(tmp_path / "s.sqlite", 10**9), RecordStore(tmp_path / "s.sqlite", 10**9)
    record, words = _some_record()
    known = type(words)(f"{words.vocabulary}\0{MARKER}" * 500, words.ids)
    for number in range(20):
        store.put([(bytes([number]) * 16, f"{number}.py", record, known if number == 7 else words)])
    other.get([bytes(16)], [b""])
    store.drop(["7.py"])
    assert len(store.get([bytes([number]) * 16 for number in range(20)], [b""] * 20)) == 19
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert MARKER.encode() not in kept
    store.close()
    other.close()


def test_an_old_store_is_replaced(root: Path, cache: IndexCache) -> None:
    cache.folder.mkdir()
    with sqlite3.connect(cache.folder / "records.sqlite") as old:
        old.execute(
            "CREATE TABLE records (key BLOB PRIMARY KEY, place INTEGER, used INTEGER, bytes INTEGER, data BLOB)"
        )
        old.execute("INSERT INTO records VALUES (x'00', 1, 1, 1, ?)", (MARKER,))
    old.close()
    delete(root)
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    index.close()
    assert index.problems == ()
    assert held(cache) == []


# Rights.


def rights(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Set the most permissive umask, so that others may do everything by default."""
    before = os.umask(0)
    yield
    os.umask(before)


@POSIX
@pytest.mark.usefixtures("open_umask")
def test_others_may_not_look_into_the_cache(root: Path, tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "user" / "cache" / "index", 10**9)
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    found = rights(cache.folder)
    assert {"records.sqlite", "records.sqlite-wal", "records.sqlite-shm"} < set(found)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
    assert rights(tmp_path / "user")["cache"] == 0o700
    index.close()


@POSIX
def test_a_cache_that_others_may_read_is_closed_to_them(root: Path, cache: IndexCache) -> None:
    index = WorkspaceIndex(root, cache=cache)
    index.build()
    (cache.folder / "old.part").write_bytes(b"")
    for path in (cache.folder, *cache.folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    again = WorkspaceIndex(root, cache=cache)
    again.build()
    assert {name: oct(mode) for name, mode in rights(cache.folder).items() if mode & 0o077} == {}
    index.close()
    again.close()


# When.


def test_the_clock_waits_for_quiet_but_not_for_ever() -> None:
    clock = PurgeClock()
    assert clock.pause_s(0.0) is None
    clock.worked(False, 0.0)
    assert clock.pause_s(100.0) is None
    clock.worked(True, 100.0)
    assert clock.pause_s(100.0) == PURGE_QUIET_S
    clock.worked(True, 102.0)
    assert clock.pause_s(102.0) == PURGE_QUIET_S
    clock.worked(True, 100.0 + PURGE_LATEST_S - 1)
    assert clock.pause_s(100.0 + PURGE_LATEST_S) == 0
    clock.made(200.0, 210.0)
    assert clock.pause_s(300.0) is None
    clock.worked(True, 211.0)
    assert clock.pause_s(211.0) == 210.0 + PURGE_SHARE * 10 - 211.0
    clock.worked(False, 212.0)
    assert clock.pause_s(212.0) is None
