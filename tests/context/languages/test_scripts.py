"""The language of scripts without a suffix comes from their first line, that of open buffers from the editor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.extraction import build
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.members import members_at
from dovetail_context.query import Query
from dovetail_context.workspace import scan as scan_module
from dovetail_context.workspace.scan import MAX_SCRIPT_BYTES, scan
from dovetail_context.workspace.selection import left_out

SCRIPT = "#!/usr/bin/env python3\ndef run(speed: int) -> None: ...\n"


@dataclass(frozen=True)
class Off:
    """Leaves out a language."""

    language: str = "python"

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        is_off = language == self.language or (not language and path.endswith(".py"))
        return f"{self.language} is off" if is_off else None


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WorkspaceIndex]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "LICENSE").write_text("You may.\n", encoding="utf-8")
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    workspace = WorkspaceIndex(tmp_path)
    yield workspace
    workspace.close()


def languages(index: WorkspaceIndex) -> dict[str, str]:
    return {path: record.language for path, record in index.snapshot.files.items()}


def test_a_script_is_read_as_what_runs_it(index: WorkspaceIndex, tmp_path: Path) -> None:
    (tmp_path / "serve").write_text("#!/usr/bin/env -S deno run\nfunction go(): number { return 1 }\n")
    (tmp_path / "build").write_text("#!/bin/sh\necho\n")
    report = index.build()
    assert languages(index) == {"a.py": "python", "bin/tool": "python", "build": "bash", "serve": "typescript"}
    assert report.counts == {"bash": 1, "python": 2, "typescript": 1}
    assert not report.skipped


def test_a_script_is_followed_on_disk(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    tool = tmp_path / "bin" / "tool"
    tool.write_text(SCRIPT.replace("run", "walk"), encoding="utf-8")
    index.apply(["bin/tool"])
    assert [symbol.name for symbol in index.snapshot.files["bin/tool"].symbols] == ["walk"]
    tool.write_text("no script\n", encoding="utf-8")
    index.apply(["bin/tool"])
    assert "bin/tool" not in index.snapshot.files
    tool.write_text(SCRIPT, encoding="utf-8")
    index.apply(["bin/tool"])
    assert "bin/tool" in index.snapshot.files
    tool.unlink()
    index.apply(["bin/tool"])
    assert "bin/tool" not in index.snapshot.files


def test_a_folder_without_a_suffix_that_goes_takes_its_files_along(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    (tmp_path / "bin" / "tool").unlink()
    (tmp_path / "bin").rmdir()
    index.apply(["bin"])
    assert languages(index) == {"a.py": "python"}


def test_a_second_start_knows_scripts(index: WorkspaceIndex, tmp_path: Path, cache_folder: Path) -> None:
    for _ in range(2):
        cached = WorkspaceIndex(tmp_path, cache=IndexCache(cache_folder, 10_000_000))
        cached.build()
        assert languages(cached) == {"a.py": "python", "bin/tool": "python"}
        cached.close()


def test_a_language_that_is_off_is_off_in_scripts_and_buffers(index: WorkspaceIndex, tmp_path: Path) -> None:
    index.build()
    index.set_overlay("loose", "x = 1\n", "python")
    assert set(languages(index)) == {"a.py", "bin/tool", "loose"}
    index.select(Off())
    assert languages(index) == {}
    index.set_overlay("loose", "x = 1\n", "python")
    index.apply(["bin/tool"])
    assert languages(index) == {}
    report = index.build()
    assert {(skip.path, skip.reason) for skip in report.skipped} == {
        ("a.py", "python is off"),
        ("bin/tool", "python is off"),
    }
    index.set_overlay("a.py", "const x = 1\n", "typescript")
    assert languages(index) == {"a.py": "typescript"}
    assert left_out(Off(), "bin/tool", "python") and not left_out(Off(), "bin/tool")


def test_what_may_not_be_opened_is_not_opened_to_see_what_runs_it(
    index: WorkspaceIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("id_rsa", "credentials", "ignored", "left-out"):
        (tmp_path / name).write_text(SCRIPT, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored\n", encoding="utf-8")
    if sys.platform != "win32":
        outside = tmp_path.parent / "outside"
        outside.write_text(SCRIPT, encoding="utf-8")
        (tmp_path / "link").symlink_to(outside)

    class LeftOut:
        def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
            return "left out" if path == "left-out" else None

    opened: list[str] = []

    def looked(file: str) -> str:
        opened.append(Path(file).name)
        return build.language_of_script(file)

    found = scan(tmp_path, build.is_wanted, LeftOut(), looked)
    assert set(opened) == {"tool", "LICENSE"}
    assert {file.path for file in found.files} == {"a.py", "bin/tool"}
    for name in ("id_rsa", "credentials", "ignored"):
        index.apply([name])
        assert name not in index.snapshot.files


def test_large_files_and_folders_full_of_data_are_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "MAX_SCRIPTS", 5)
    for number in range(20):
        (tmp_path / f"{number:04}").write_text("data", encoding="utf-8")
    (tmp_path / "0000").write_bytes(b"#!/usr/bin/python\n" + b" " * MAX_SCRIPT_BYTES)
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    opened: list[str] = []
    found = scan(tmp_path, build.is_wanted, script=lambda file: opened.append(file) or "")
    assert [Path(file).name for file in opened] == ["0001", "0002", "0003", "0004", "0005"]
    assert [file.path for file in found.files] == ["a.py"]


def test_an_open_buffer_counts_as_what_its_editor_says(index: WorkspaceIndex) -> None:
    index.build()
    index.set_overlay("NOTES", "def noted(): ...\n")
    assert "NOTES" not in index.snapshot.files
    index.set_overlay("NOTES", "def noted(): ...\n", "python")
    assert index.snapshot.files["NOTES"].symbols[0].name == "noted"
    index.set_overlay("a.py", "const x = 1\n", "typescript")
    assert languages(index)["a.py"] == "typescript"
    index.set_overlay("a.py", "some prose", "plaintext")
    assert index.snapshot.files["a.py"].text == "x = 1\n"
    index.set_overlay("NOTES", None)
    assert "NOTES" not in index.snapshot.files


def test_a_buffer_read_otherwise_than_its_file(index: WorkspaceIndex) -> None:
    """The same text in another language makes another record."""
    index.build()
    index.set_overlay("a.py", "x = 1\n", "typescript")
    index.set_overlay("a.py", "x = 1\n", "python")
    assert languages(index)["a.py"] == "python"


@pytest.mark.parametrize("path", ["app.py", "Untitled-1", "notes.txt", "app.ts"])
def test_a_query_is_answered_in_its_language(path: str, tmp_path: Path) -> None:
    (tmp_path / "money.py").write_text(
        "class Money:\n    def __init__(self, amount: int) -> None:\n        self.amount = amount\n", encoding="utf-8"
    )
    (tmp_path / "app.ts").write_text("const other = 1\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    text = "from money import Money\n\nMoney(1).am"
    query = Query(path, text, len(text), language="python")
    assert "Money" in "".join(piece.text for piece in gather(query, index.snapshot, 500).pieces)
    assert members_at(query, index.snapshot) == ("ount",)
    other = Query(path, text, len(text), language="cobol")
    assert gather(other, index.snapshot, 500).pieces == () and members_at(other, index.snapshot) == ()
    index.close()
