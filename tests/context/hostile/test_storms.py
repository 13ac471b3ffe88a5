"""The index under hostile input and events: odd encodings, huge files and trees, storms of changes.

`DOVETAIL_LONG=1` runs the long forms (minutes): 5,000 mutations of real files, a tree of 100,000 files, long storms.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.extraction.build import Task, read_files
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.languages.registry import language_for
from dovetail_context.query import Query
from dovetail_context.records.packed import unpack
from tests.context.conftest import FIXTURES
from tests.context.hostile.test_robustness import mutated
from tests.context.workspace_text import read_workspace

LONG = bool(os.environ.get("DOVETAIL_LONG"))
LONG_S = 120.0 if LONG else 30.0  # how long a test waits before it gives up; nothing is asserted about time
MUTATIONS = 5000 if LONG else 250
TREE_FILES = 100_000 if LONG else 2_000
STORM_STEPS = 4000 if LONG else 150

ENCODINGS = (
    *(
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "latin-1",
        "cp1252",
        "cp1251",
        "koi8-r",
        "shift_jis",
        "euc-jp",
        "gb18030",
        "big5",
    ),
    "iso8859-15",
)


def real_files(shared_folder: Path) -> list[Path]:
    """Return files of every language: those of evaluation projects if they are there, and this project's own."""
    repository = Path(__file__).parents[3]
    folders = [repository / "context", repository / "lsp", shared_folder / "eval" / "repos"]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*.*")]
    return sorted(path for path in files if language_for(path.name) and path.is_file() and path.stat().st_size < 60_000)


def test_mutated_files_never_raise(tmp_path: Path) -> None:
    """Flip, cut and double bytes of real files: each is read like any other, stored, and unpacked unchanged."""
    rng = random.Random(11)
    files = real_files(Path(__file__).parents[4] / "shared")
    by_language: dict[str, list[Path]] = {}
    for path in files:
        by_language.setdefault(path.suffix, []).append(path)
    fixtures = {
        name: text.encode()
        for file in sorted(FIXTURES.rglob("*.txt"))
        for name, text in read_workspace(file.read_text(encoding="utf-8")).files.items()
        if language_for(name)
    }
    for number in range(MUTATIONS):
        if number % 2 and by_language:
            source = rng.choice(by_language[rng.choice(sorted(by_language))])
            name, data = source.name, source.read_bytes()
        else:
            name = rng.choice(sorted(fixtures))
            data = fixtures[name]
        target = tmp_path / f"m{Path(name).suffix}"
        target.write_bytes(mutated(data, rng))
        (read,) = read_files(tmp_path, [Task(target.name)], None)
        assert not read.skipped.startswith("the "), read.skipped  # "the ... extractor failed"
        if read.record is not None:
            assert unpack(target.name, read.record).digest == read.record.digest


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    """The index follows byte order marks and encoding cookies. Without them it reads the code, if not the comments."""
    text = f"# -*- coding: {encoding} -*-\ndef before(): ...\n# テスト ж é\ndef after(): ...\n"
    (tmp_path / "a.py").write_bytes(text.encode(encoding, "replace"))
    (tmp_path / "a.go").write_bytes("package a\n// テスト ж é\nfunc Before() {}\n".encode(encoding, "replace"))
    index = WorkspaceIndex(tmp_path)
    index.build()
    assert [symbol.name for symbol in index.snapshot.files["a.py"].symbols] == ["before", "after"]
    assert [symbol.name for symbol in index.snapshot.files["a.go"].symbols] == ["Before"]


def test_huge_files_and_buffers(tmp_path: Path) -> None:
    huge = b"x = 1\n" * (50_000_000 // 6)
    (tmp_path / "huge.py").write_bytes(huge)
    (tmp_path / "a.py").write_text("def small(): ...\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    report = index.build()
    assert [(skip.path, skip.reason) for skip in report.skipped] == [("huge.py", "larger than 1000 kB")]
    index.set_overlay("a.py", huge.decode())
    index.set_overlay("huge.py", huge.decode())
    assert list(index.snapshot.files) == ["a.py"]
    assert len(index.snapshot.files["a.py"].text) < 100


@pytest.mark.long
def test_large_trees(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for number in range(TREE_FILES):
        folder = root / f"d{number % 100:02}" / f"e{number // 100 % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"m{number}.py").write_text(f"def f{number}(): ...\n", encoding="utf-8")
    cache = IndexCache(tmp_path / "cache", 10**9)
    for _ in range(2):
        index = WorkspaceIndex(root, cache=cache)
        report = index.build()
        assert report.counts == {"python": TREE_FILES}
        path = f"d{(TREE_FILES - 1) % 100:02}/e{(TREE_FILES - 1) // 100 % 10}/m{TREE_FILES - 1}.py"
        assert index.snapshot.words.files_with(f"f{TREE_FILES - 1}") == [path]
        index.close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_loops_of_links_under_the_watcher(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "m.py").write_text("def f(): ...\n", encoding="utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    index = WorkspaceIndex(tmp_path)
    index.start()
    index.watch()
    try:
        assert index.wait_idle(LONG_S)
        (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
        (tmp_path / "a" / "n.py").write_text("def g(): ...\n", encoding="utf-8")
        _until_like_new(index, tmp_path)
    finally:
        index.close()


def test_a_branch_switch_and_a_storm(tmp_path: Path) -> None:
    """Folders replaced, renamed and deleted under the watcher while contexts are asked for: nothing stale is left."""
    root = tmp_path / "root"
    branches = [tmp_path / name for name in ("main", "feature")]
    for number, branch in enumerate(branches):
        for file in range(60):
            folder = branch / "src" / f"p{file % 7}"
            folder.mkdir(parents=True, exist_ok=True)
            text = f"class C{file}:\n    def only_in_{branch.name}_{file}(self): ...\n" * (1 + (file + number) % 3)
            (folder / f"m{file}.py").write_text(text, encoding="utf-8")
    shutil.copytree(branches[0], root)
    index = WorkspaceIndex(root, cache=IndexCache(tmp_path / "cache", 10**9))
    index.start()
    index.watch()
    stop, failures, answered = threading.Event(), [], []

    def ask() -> None:
        while not stop.is_set():
            try:
                gather(Query("src/p0/new.py", "from src.p1.m1 import C1\nC1().", 31), index.snapshot, 300)
                answered.append(1)
            except Exception as error:  # noqa: BLE001 - the test reports it
                failures.append(error)
                return
            time.sleep(0.001)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert index.wait_idle(LONG_S)
        shutil.rmtree(root / "src")
        shutil.copytree(branches[1] / "src", root / "src")
        rng = random.Random(5)
        for step in range(STORM_STEPS):
            _disturb(root / "src", rng, step)
        _until_like_new(index, root)
        assert not any("only_in_main" in record.text for record in index.snapshot.files.values())
    finally:
        stop.set()
        asking.join()
        index.close()
    assert not failures and answered
    assert index.problems == ()


def _disturb(folder: Path, rng: random.Random, step: int) -> None:
    """One change of a file or a folder."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    chosen = rng.choice(folders)
    kind = rng.random()
    if kind < 0.05 and len(folders) > 2:
        shutil.rmtree(chosen)
    elif kind < 0.15:
        chosen.rename(folder / f"r{step}")
    elif kind < 0.2:
        shutil.copytree(chosen, folder / f"c{step}")
    else:
        (chosen / f"n{rng.randrange(8)}.py").write_text(f"def f{step}(): ...\n", encoding="utf-8")


def _until_like_new(index: WorkspaceIndex, root: Path) -> None:
    """Wait until the index knows what one built from scratch knows."""
    fresh = WorkspaceIndex(root)
    fresh.build()
    expected = _names(fresh.snapshot)
    deadline = time.monotonic() + LONG_S
    while _names(index.snapshot) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _names(index.snapshot) == expected


def _names(snapshot: IndexSnapshot) -> dict[str, list[str]]:
    return {path: [symbol.qualified for symbol in snapshot.files[path].symbols] for path in sorted(snapshot.files)}
