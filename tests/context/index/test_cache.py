"""What the index keeps between starts: it is never wrong, never needed, and never in the way."""

from __future__ import annotations

import errno
import io
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from dovetail_context.index.extraction import build
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.storage import cache as cache_module, image, store as store_module
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.index.storage.store import RecordStore, key_of
from dovetail_context.records.packed import unpack
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace

LARGE = 10**9


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with files of every language."""
    folder = tmp_path / "project"
    for number, file in enumerate(sorted(FIXTURES.rglob("symbols/*.txt"))):
        for path, text in read_workspace(file.read_text(encoding="utf-8")).files.items():
            target = folder / f"p{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexCache:
    """Return an empty cache. The files of a test are always young; here they count as old."""
    monkeypatch.setattr("dovetail_context.index.state.YOUNG_NS", -(10**18))
    return IndexCache(tmp_path / "cache", LARGE)


def content(snapshot: IndexSnapshot) -> dict[str, object]:
    """Return everything that a snapshot contains."""
    words = snapshot.words
    known = sorted({word for record in snapshot.files.values() for word in record.text.split() if word.isidentifier()})
    return {
        "files": {path: snapshot.files[path] for path in sorted(snapshot.files)},
        "projects": dict(snapshot.projects),
        "words": {word: sorted(words.files_with(word)) for word in known},
        "lines": {path: int((words.files[path].ids == 0).sum()) for path in sorted(words.files)},
    }


def from_scratch(root: Path) -> dict[str, object]:
    index = WorkspaceIndex(root)
    index.build()
    return content(index.snapshot)


def started(root: Path, cache: IndexCache) -> tuple[WorkspaceIndex, list[str]]:
    """Return an index after a start, and the files that it read."""
    read: list[str] = []
    real = build._read

    def noted(root: Path, task: build.Task) -> object:
        read.append(task.path)
        return real(root, task)

    index = WorkspaceIndex(root, cache=cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "_read", noted)
        index.build()
    index.close()
    return index, read


def test_a_second_start_reads_nothing(root: Path, cache: IndexCache) -> None:
    first, read = started(root, cache)
    assert len(read) == len(first.snapshot.files) + len(first.snapshot.projects)
    again, read = started(root, cache)
    assert read == []
    assert content(again.snapshot) == content(first.snapshot) == from_scratch(root)
    assert again.last_report is not None and first.last_report is not None
    assert again.last_report.counts == first.last_report.counts
    assert again.last_report.problems == first.last_report.problems
    assert again.problems == ()


def test_only_what_changed_is_read(root: Path, cache: IndexCache) -> None:
    first, _ = started(root, cache)
    changed, gone, *_ = sorted(first.snapshot.files)
    (root / changed).write_text("def added(): ...\n", encoding="utf-8")
    (root / gone).unlink()
    (root / "new.py").write_text("def brand_new(): ...\n", encoding="utf-8")
    again, read = started(root, cache)
    assert sorted(read) == sorted([changed, "new.py"])
    assert content(again.snapshot) == from_scratch(root)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not record when a file's times were set back")
def test_a_change_that_keeps_size_and_time_is_seen(root: Path, cache: IndexCache) -> None:
    (root / "a.py").write_text("def one(): ...\n", encoding="utf-8")
    before = (root / "a.py").stat()
    started(root, cache)
    (root / "a.py").write_text("def two(): ...\n", encoding="utf-8")
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    again, read = started(root, cache)
    assert read == ["a.py"]
    assert [symbol.name for symbol in again.snapshot.files["a.py"].symbols] == ["two"]


def test_young_files_are_looked_at_again(root: Path, tmp_path: Path) -> None:
    """They may have been written again under the same times."""
    cache = IndexCache(tmp_path / "cache", LARGE)
    first, _ = started(root, cache)
    _, read = started(root, cache)
    assert len(read) == len(first.snapshot.files) + len(first.snapshot.projects)


def test_what_was_read_before_is_not_extracted_again(
    root: Path, cache: IndexCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A branch that comes back; another work tree of the same project."""
    expected = from_scratch(root)
    started(root, cache)
    cache.drop_images(root)
    extracted: list[str] = []
    real = build.read_text
    monkeypatch.setattr(build, "read_text", lambda path, text: extracted.append(path) or real(path, text))
    again, read = started(root, cache)
    assert read and not extracted
    assert content(again.snapshot) == expected


def test_another_version_of_the_extractors_starts_again(
    root: Path, cache: IndexCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(root, cache)
    monkeypatch.setattr(cache_module, "extractor_version", lambda: "f" * 32)
    monkeypatch.setattr(build, "extractor_version", lambda: "f" * 32)
    _, read = started(root, cache)
    assert read
    assert len(list(cache.folder.glob("*.image"))) == 1


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_image_does_no_harm(seed: int, root: Path, cache: IndexCache) -> None:
    """Truncate the image or flip bytes: the index reads again from the sources what it finds damaged."""
    expected = from_scratch(root)
    started(root, cache)
    (path,) = cache.folder.glob("*.image")
    data = bytearray(path.read_bytes())
    rng = random.Random(seed)
    if seed % 3 == 0:
        del data[rng.randrange(len(data)) :]
    else:
        for _ in range(1 if seed % 3 == 1 else 40):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    again, _ = started(root, cache)
    assert content(again.snapshot)["files"] == expected["files"]
    for word in ("name", "self", "Money"):
        again.snapshot.words.files_with(word)
    if again.problems:
        assert all("will be made again" in problem for problem in again.problems)
        final, _ = started(root, cache)
        assert content(final.snapshot) == expected


@pytest.mark.parametrize("data", [b"", b"no database at all" * 500, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_store_is_replaced(data: bytes, root: Path, cache: IndexCache) -> None:
    cache.folder.mkdir()
    (cache.folder / "records.sqlite").write_bytes(data)
    index, _ = started(root, cache)
    assert content(index.snapshot) == from_scratch(root)
    cache.drop_images(root)
    index, _ = started(root, cache)
    assert index.problems == ()


def test_a_damaged_row_is_extracted_again(root: Path, cache: IndexCache) -> None:
    started(root, cache)
    cache.drop_images(root)
    with sqlite3.connect(cache.folder / "records.sqlite") as connection:
        connection.execute("UPDATE records SET data = substr(data, 1, length(data) - 3)")
    connection.close()
    index, _ = started(root, cache)
    assert content(index.snapshot) == from_scratch(root)


def test_a_folder_that_cannot_be_is_reported_once(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    index, _ = started(root, IndexCache(tmp_path / "file" / "cache", LARGE))
    assert content(index.snapshot) == from_scratch(root)
    assert len(index.problems) == 2 and all("is not used" in problem for problem in index.problems)


def test_a_full_disk_is_reported_once(root: Path, cache: IndexCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(out: io.IOBase, entries: Sequence[image.Entry], words: Sequence[str]) -> None:
        if not isinstance(out, io.BytesIO):
            out.write(b"a beginning")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real_write(out, entries, words)

    real, real_write = store_module._connected, image.write_image

    def small(path: Path) -> sqlite3.Connection:
        connection = real(path)
        connection.execute("PRAGMA max_page_count = 4")
        return connection

    monkeypatch.setattr(cache_module, "write_image", full)
    monkeypatch.setattr(store_module, "_connected", small)
    index, _ = started(root, cache)
    assert content(index.snapshot) == from_scratch(root)
    assert sorted("full" in problem or "No space" in problem for problem in index.problems) == [True, True]
    assert not list(cache.folder.glob("*.part"))


def test_several_share_one_cache(root: Path, cache: IndexCache) -> None:
    expected = from_scratch(root)
    results: list[dict[str, object]] = []

    def run() -> None:
        index = WorkspaceIndex(root, cache=cache)
        index.build()
        results.append(content(index.snapshot))
        index.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4
    started(root, cache)  # one may have dropped what another had just read and no image knew yet
    assert started(root, cache)[1] == []


def test_an_image_in_use_may_be_replaced(root: Path, cache: IndexCache) -> None:
    index, _ = started(root, cache)
    old = index.snapshot
    expected = content(old)
    for number in range(60):
        (root / f"more{number}.py").write_text(f"def f{number}(): ...\n", encoding="utf-8")
    started(root, cache)
    assert content(old) == expected


def test_a_start_that_is_killed_leaves_nothing_in_the_way(root: Path, cache: IndexCache) -> None:
    code = (
        "import sys, os, pathlib\n"
        "from dovetail_context.index.storage import cache\n"
        "from dovetail_context.index.index import WorkspaceIndex\n"
        "real = cache.write_image\n"
        "def dies(out, entries, words):\n"
        "    real(out, entries, words); out.flush(); os._exit(9)\n"
        "cache.write_image = dies\n"
        "root, folder = map(pathlib.Path, sys.argv[1:])\n"
        "WorkspaceIndex(root, cache=cache.IndexCache(folder, 10**9)).build()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root), str(cache.folder)], check=False)
    assert done.returncode == 9
    (part,) = cache.folder.glob("*.part")
    os.utime(part, (0, 0))
    index, _ = started(root, cache)
    assert content(index.snapshot) == from_scratch(root)
    assert not part.exists()


def test_too_much_is_evicted(root: Path, tmp_path: Path) -> None:
    started(root, IndexCache(tmp_path / "all", LARGE))
    whole = sum(file.stat().st_size for file in (tmp_path / "all").glob("*.image"))
    small = IndexCache(tmp_path / "small", whole)
    for name in ("one", "two", "three"):
        started(shutil.copytree(root, tmp_path / name), small)
    assert len(list(small.folder.glob("*.image"))) < 3
    store = RecordStore(tmp_path / "records", 20_000)
    record, words = _some_record()
    for number in range(100):
        store.put([(bytes([number]) * 16, f"{number}.py", record, words)])
    store.evict()
    kept = [number for number in range(100) if store.get([bytes([number]) * 16], [b""])]
    assert 0 < len(kept) < 100
    store.close()


@pytest.mark.parametrize("how", ["by its name", "ignored", "left out by rules"])
def test_what_is_not_read_is_not_kept(how: str, root: Path, cache: IndexCache) -> None:
    marker = "quite_unmistakable"
    (root / "inner").mkdir()
    if how == "by its name":
        (root / ".env").write_text(f"{marker} = 1\n", encoding="utf-8")
        (root / "secrets.toml").write_text(f"{marker} = 1\n", encoding="utf-8")
        started(root, cache)
    else:
        (root / "inner" / "a.py").write_text(f"def {marker}(): ...\n", encoding="utf-8")
        started(root, cache)
        assert _holds(cache, marker)
        if how == "ignored":
            (root / ".gitignore").write_text("inner/\n", encoding="utf-8")
            started(root, cache)
        else:
            index = WorkspaceIndex(root, cache=cache)
            index.build()
            index.select(_LeavesOut("inner"))
            index.close()
    assert not _holds(cache, marker)


class _LeavesOut:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def excluded(self, path: str, is_folder: bool) -> str | None:
        return "by the rules" if path == self._folder else None


def _holds(cache: IndexCache, word: str) -> bool:
    """Return whether the word can be found in the cache."""
    for path in cache.folder.glob("*.image"):
        if word in image.open_image(path, lambda what: None).words():
            return True
    connection = sqlite3.connect(cache.folder / "records.sqlite")
    try:
        return any(word.encode() in data for (data,) in connection.execute("SELECT data FROM records"))
    finally:
        connection.close()


def _some_record() -> tuple[build.PackedRecord, build.TextWords]:
    record = build.read_text("a.py", "def f(): ...\n" * 50)
    assert not isinstance(record, str)
    return build.pack(record), build.words_of_record(record)


def test_keys_distinguish_what_decides_a_record() -> None:
    assert len({key_of(path, text, version) for path in "ab" for text in "xy" for version in "12"}) == 8


def test_a_packed_record_is_the_same_record(root: Path) -> None:
    for path in sorted(root.rglob("*.*")):
        record = build.read_text(path.name, path.read_text(encoding="utf-8"))
        if not isinstance(record, str):
            assert unpack(path.name, build.pack(record)) == record
