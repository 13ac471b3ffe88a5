"""The index: cold, incremental, with open buffers, on its thread and with the watcher."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dovetail_context.index import buffers, state
from dovetail_context.index.extraction import build
from dovetail_context.index.index import THREAD_NAME, WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.words import TextWords
from dovetail_context.records.record import FileRecord

LONG_S = 20.0  # how long a test waits before it gives up; nothing is asserted about time


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WorkspaceIndex]:
    (tmp_path / "a.py").write_text("def first(): ...\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("from a import first\n", encoding="utf-8")
    workspace = WorkspaceIndex(tmp_path)
    yield workspace
    workspace.close()


def names(snapshot: IndexSnapshot, path: str) -> list[str]:
    record = snapshot.files.get(path)
    return [symbol.name for symbol in record.symbols] if record else []


def until(condition: Callable[[], bool]) -> bool:
    """Wait for what happens on other threads."""
    deadline = time.monotonic() + LONG_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_reads_nothing_before_it_is_asked_to(index: WorkspaceIndex) -> None:
    assert index.snapshot.files == {}
    assert not index.snapshot.complete


def test_build_reports(index: WorkspaceIndex, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def x(:\n", encoding="utf-8")
    (tmp_path / "binary.py").write_bytes(b"\0\1")
    steps: list[tuple[int, int]] = []
    report = index.build(lambda done, total: steps.append((done, total)))
    assert report.counts == {"python": 3}
    assert [(skip.path, skip.reason) for skip in report.skipped] == [("binary.py", "binary")]
    assert [(problem.path, problem.reason) for problem in report.problems] == [("broken.py", "line 1: does not parse")]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert index.snapshot.complete


def test_snapshots_do_not_change(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    before = index.snapshot
    words = before.words.files_with("first")
    index.set_overlay("a.py", "def second(): ...\n")
    (tmp_path / "b.py").unlink()
    index.apply(["b.py"])
    assert names(before, "a.py") == ["first"] and "b.py" in before.files
    assert before.words.files_with("first") == words == ["a.py", "b.py"]
    assert names(index.snapshot, "a.py") == ["second"] and "b.py" not in index.snapshot.files
    assert index.snapshot.version > before.version


def test_files_are_found_by_name(index: WorkspaceIndex, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Log-Controller.py").write_text("class LogController: ...\n")
    index.build()
    assert list(index.snapshot.files.named("logcontroller")) == ["deep/Log-Controller.py"]
    before = index.snapshot
    (tmp_path / "log_controller.py").write_text("class LogController: ...\n")
    index.apply(["log_controller.py"])
    assert set(index.snapshot.files.named("logcontroller")) == {"deep/Log-Controller.py", "log_controller.py"}
    (tmp_path / "deep" / "Log-Controller.py").unlink()
    index.apply(["deep/Log-Controller.py"])
    assert list(index.snapshot.files.named("logcontroller")) == ["log_controller.py"]
    assert list(before.files.named("logcontroller")) == ["deep/Log-Controller.py"]


def test_open_buffers_stand_over_disk(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    index.set_overlay("a.py", "def typed(): ...\n")
    assert names(index.snapshot, "a.py") == ["typed"]
    (tmp_path / "a.py").write_text("def saved_elsewhere(): ...\n", encoding="utf-8")
    index.apply([str(tmp_path / "a.py")])
    assert names(index.snapshot, "a.py") == ["typed"]
    index.set_overlay("a.py", None)
    assert names(index.snapshot, "a.py") == ["saved_elsewhere"]


def test_a_buffer_without_a_file(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    index.set_overlay(str(tmp_path / "new.py"), "def fresh(): ...\n")
    assert names(index.snapshot, "new.py") == ["fresh"]
    index.set_overlay("new.py", None)
    assert "new.py" not in index.snapshot.files


def test_buffers_that_do_not_belong(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    version = index.snapshot.version
    for path in (str(tmp_path.parent / "stranger.py"), "../up.py", "picture.png", "", "."):
        index.set_overlay(path, "def x(): ...\n")
    assert set(index.snapshot.files) == {"a.py", "b.py"}
    assert index.snapshot.version == version


def test_only_what_changed_is_read_again(
    index: WorkspaceIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.build()
    read: list[str] = []
    real = build.read_text
    monkeypatch.setattr(build, "read_text", lambda path, text: read.append(path) or real(path, text))
    index.build()
    (tmp_path / "c.py").write_text("def third(): ...\n", encoding="utf-8")
    index.apply(["c.py", "a.py"])
    index.build()
    assert read == ["c.py"]
    kept = index.snapshot.files["b.py"]
    index.apply(["a.py"])
    assert index.snapshot.files["b.py"] is kept


def test_folders_come_and_go(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    (tmp_path / "pack" / "deep").mkdir(parents=True)
    (tmp_path / "pack" / "deep" / "m.py").write_text("def deep(): ...\n", encoding="utf-8")
    index.apply(["pack"])
    assert names(index.snapshot, "pack/deep/m.py") == ["deep"]
    (tmp_path / "pack").rename(tmp_path / "moved")
    index.apply(["pack", "moved"])
    assert set(index.snapshot.files) == {"a.py", "b.py", "moved/deep/m.py"}


def test_gitignore_is_followed_when_it_changes(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    (tmp_path / ".gitignore").write_text("b.py\n", encoding="utf-8")
    index.apply([".gitignore"])
    assert set(index.snapshot.files) == {"a.py"}
    (tmp_path / "b.py").write_text("changed = 1\n", encoding="utf-8")
    index.apply(["b.py"])
    assert set(index.snapshot.files) == {"a.py"}


def test_project_files_change_import_roots(index: WorkspaceIndex, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "kit.py").write_text("def tool(): ...\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    index.build()
    assert index.snapshot.resolver("python").sources("kit", "b.py") == ()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = "code"\n', encoding="utf-8")
    index.apply(["pyproject.toml"])
    assert index.snapshot.resolver("python").sources("kit", "b.py") == ("code/kit.py",)


def test_on_its_thread(index: WorkspaceIndex) -> None:
    ready = threading.Event()
    seen: list[str] = []

    def on_ready(report: build.BuildReport) -> None:
        seen.append(threading.current_thread().name)
        ready.set()

    index.start(on_ready=on_ready)
    index.start()  # a second start changes nothing
    index.set_overlay("a.py", "def typed(): ...\n")
    assert ready.wait(LONG_S)
    assert index.wait_idle(LONG_S)
    assert seen == [THREAD_NAME]
    assert names(index.snapshot, "a.py") == ["typed"]
    assert index.last_report is not None and index.last_report.counts == {"python": 2}


def test_no_fault_ends_the_thread(index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(report: build.BuildReport) -> None:
        raise RuntimeError("in the caller's hook")

    index.start(on_ready=fails)
    assert index.wait_idle(LONG_S)
    assert index.problems == ("reading the workspace failed: RuntimeError: in the caller's hook",)
    index.set_overlay("a.py", "def still_working(): ...\n")
    assert index.wait_idle(LONG_S)
    assert names(index.snapshot, "a.py") == ["still_working"]


def test_a_fault_in_an_extractor_costs_one_file(
    index: WorkspaceIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dovetail_context.languages.python import language

    real = language.extract

    def fails(path: str, text: str) -> object:
        if path == "a.py":
            raise RuntimeError("a mistake of ours")
        return real(path, text)

    monkeypatch.setattr(language, "extract", fails)
    report = index.build()
    assert set(index.snapshot.files) == {"b.py"}
    assert [(skip.path, skip.reason) for skip in report.skipped] == [
        ("a.py", "the python extractor failed: RuntimeError: a mistake of ours")
    ]


def test_close_joins_and_may_be_repeated(index: WorkspaceIndex) -> None:
    before = set(threading.enumerate())  # other tests of this process may have some that are ending
    index.start()
    index.watch()
    index.close()
    index.close()
    index.set_overlay("a.py", "def late(): ...\n")  # A closed index ignores it.
    index.apply(["a.py"])
    assert not [each for each in set(threading.enumerate()) - before if each.name.startswith("dovetail")]


def test_close_during_a_build(index: WorkspaceIndex, tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"f{number}.py").write_text("def f(): ...\n", encoding="utf-8")
    begun, before = threading.Event(), set(threading.enumerate())
    index.start(progress=lambda done, total: begun.set())
    assert begun.wait(LONG_S)
    index.close()
    assert not [each for each in set(threading.enumerate()) - before if each.name == THREAD_NAME]


def test_the_watcher_sees_what_changes(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.start()
    assert index.wait_idle(LONG_S)
    index.watch()
    (tmp_path / "a.py").write_text("def changed(): ...\n", encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "new.py").write_text("def new(): ...\n", encoding="utf-8")
    (tmp_path / "b.py").unlink()
    assert until(lambda: names(index.snapshot, "a.py") == ["changed"])
    assert until(lambda: names(index.snapshot, "pack/new.py") == ["new"])
    assert until(lambda: "b.py" not in index.snapshot.files)
    (tmp_path / "pack").rename(tmp_path / "moved")
    assert until(lambda: set(index.snapshot.files) == {"a.py", "moved/new.py"})


@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")  # watchdog, of a folder created again
def test_after_a_storm_the_index_is_as_if_built_again(index: WorkspaceIndex, tmp_path: Path) -> None:
    """After random creations, changes, deletions and renames, the watcher alone brings the index up to date."""
    index.start()
    assert index.wait_idle(LONG_S)
    index.watch()
    rng = random.Random(7)
    for step in range(150):
        folder = tmp_path / rng.choice(["", "p", "p/q", "r"])
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"m{rng.randrange(6)}.py"
        if file.exists() and rng.random() < 0.3:
            file.unlink()
        elif file.exists() and rng.random() < 0.3:
            file.replace(folder / f"m{rng.randrange(6)}.py")
        else:
            file.write_text(f"def f{step}(): ...\n", encoding="utf-8")

    def symbols(snapshot: IndexSnapshot) -> dict[str, list[str]]:
        return {path: names(snapshot, path) for path in sorted(snapshot.files)}

    fresh = WorkspaceIndex(tmp_path)
    fresh.build()
    assert until(lambda: symbols(index.snapshot) == symbols(fresh.snapshot))
    assert index.problems == ()


def test_a_snapshot_reports_whether_anything_but_one_file_changed(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    before = index.snapshot.version_apart_from("a.py")
    index.set_overlay("a.py", "def second(): ...\n")
    assert until(lambda: names(index.snapshot, "a.py") == ["second"])
    index.set_overlay("a.py", "def third(): ...\n")
    assert until(lambda: names(index.snapshot, "a.py") == ["third"])
    assert index.snapshot.version_apart_from("a.py") == before
    assert index.snapshot.version_apart_from("b.py") == index.snapshot.version
    index.set_overlay("b.py", "x = 1\n")
    assert until(lambda: names(index.snapshot, "b.py") == ["x"])
    assert index.snapshot.version_apart_from("a.py") == index.snapshot.version


def test_generated_files_count_by_their_symbols(index: WorkspaceIndex, tmp_path: Path) -> None:
    """Callers of a service write the names that its stub defines, but no one writes code like the stub."""
    (tmp_path / "shop_pb2.py").write_text("class Order:\n    def serialized_order(self): ...\n", encoding="utf-8")
    (tmp_path / "shop.go").write_text(
        "// Code generated by protoc. DO NOT EDIT.\npackage shop\n\nfunc NewOrder() {}\n", encoding="utf-8"
    )
    report = index.build()
    assert report.counts == {"go": 1, "python": 3} and report.skipped == ()
    assert names(index.snapshot, "shop_pb2.py") == ["Order", "serialized_order"]
    assert names(index.snapshot, "shop.go") == ["NewOrder"]
    assert all(index.snapshot.files[path].generated for path in ("shop_pb2.py", "shop.go"))
    assert index.snapshot.words.files_with("serialized_order") == []
    assert index.snapshot.words.frequency("NewOrder") == 0
    assert len(index.snapshot.words.files["shop.go"].ids) == 0


def test_the_words_of_a_buffer_are_read_once(index: WorkspaceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of 1 MB takes a second, in which everything else is slow."""
    texts: list[str] = []

    def counted(record: FileRecord) -> TextWords:
        texts.append(record.text)
        return build.words_of_record(record)

    for module in (buffers, state):
        monkeypatch.setattr(module, "words_of_record", counted)
    index.set_overlay("a.py", "def typed(): ...\n")
    index.build()
    index.set_overlay("a.py", "def typed_more(): ...\n")
    index.build()
    assert texts.count("def typed(): ...\n") == texts.count("def typed_more(): ...\n") == 1
    assert texts.count("def first(): ...\n") <= 1
    assert list(index.snapshot.words.files_with("typed_more")) == ["a.py"]
    index.set_overlay("a.py", None)
    assert list(index.snapshot.words.files_with("typed_more")) == []
    assert sorted(index.snapshot.words.files_with("first")) == ["a.py", "b.py"]
