"""A project may hold anything under any name. None of it stalls the index, ends a language, or goes unmentioned."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import Query
from dovetail_context.workspace.manifest import read_json, read_toml
from dovetail_context.workspace.read import decode, read_project_file, read_source
from tests.bounded import HANG_S, bounded
from tests.context.hostile.manifests import SOURCES

NEEDS_PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def nested(name: str) -> bytes:
    depth = 3000
    text = {"toml": "a = " + "[" * depth + "]" * depth, "json": "[" * depth + "]" * depth}
    return text.get(name.rpartition(".")[2], "replace (\n" * depth).encode()


def digits(name: str) -> bytes:
    number = "9" * 5000
    return {
        "pyproject.toml": f"[tool.mypy]\nmypy_path = {number}",
        "Cargo.toml": f"[package]\nname = 0x{'f' * 5000}",
        "compile_commands.json": f'[{{"directory": {number}}}]',
        "go.mod": f"go {number}",
    }.get(name, f'{{"name": {number}, "extends": {number}}}').encode()


def wrong_types(name: str) -> bytes:
    return {
        "pyproject.toml": b"tool = 5",
        "Cargo.toml": b"package = [1]\ndependencies = 3",
        "compile_commands.json": b'{"directory": 1}',
        "go.mod": b"nothing here",
        "setup.cfg": b"package_dir = 5",
        "pyrightconfig.json": b'{"extraPaths": 5}',
    }.get(name, b'{"name": 1, "exports": 3, "extends": 5, "compilerOptions": []}')


CONTENTS = {
    "nested": nested,
    "digits": digits,
    "wrong types": wrong_types,
    "binary": lambda name: b"\x7fELF\0\0\0" * 1000,
    "not of the format": lambda name: b"{{{ \xff\xfe ]]] \x01\n" * 50,
    "empty key": lambda name: b'{"": {"": ' if name.endswith("json") else b'"" = {"" = ',
}


def make(kind: str, path: Path) -> None:
    """Put something that is no sound manifest at `path`."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "link out":
        outside = path.parent.parent / f"outside-{path.name}"
        outside.write_text("{}", encoding="utf-8")
        path.symlink_to(outside)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "folder":
        path.mkdir()
    elif kind == "50 MB":
        with path.open("wb") as file:
            file.truncate(50_000_000)
    else:
        path.write_bytes(CONTENTS[kind](path.name))


KINDS = ("pipe", "link to a device", "link out", "loop", "folder", "50 MB", *CONTENTS)


@NEEDS_PIPES
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_manifest_ends_a_language(kind: str, name: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    path, text, asked_in, asked = SOURCES[name]
    for file, content in ((path, text), (asked_in, asked)):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(content, encoding="utf-8")
    make(kind, root / name)
    index = WorkspaceIndex(root)
    bounded(index.build)
    bundle = gather(Query(asked_in, asked, len(asked)), index.snapshot, 500)
    assert any(piece.path == path for piece in bundle.pieces)
    assert index.last_report is not None
    if (kind, name) == ("digits", "go.mod"):  # An invalid Go version does not matter here.
        return
    (problem,) = [each for each in index.last_report.problems if each.path == name]
    assert problem.reason and "\n" not in problem.reason
    assert f"{name}: {problem.reason}" in index.problems
    index.close()


@pytest.mark.long(keep=30)
@NEEDS_PIPES
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_that_turns_bad_is_reported_until_it_is_good(kind: str, name: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    good = {"toml": "", "json": "[]" if name == "compile_commands.json" else "{}", "mod": "module m\n", "cfg": ""}
    good |= {"work": "go 1.22\n", "csproj": "<Project/>"}
    content = good[name.rpartition(".")[2]]
    (root / name).write_text(content, encoding="utf-8")
    index = WorkspaceIndex(root)
    index.build()
    assert index.problems == ()
    (root / name).unlink()
    make(kind, root / name)
    bounded(lambda: index.apply([name]))
    if (kind, name) != ("digits", "go.mod"):
        assert [problem.partition(":")[0] for problem in index.problems] == [name]
    remove(root / name)
    (root / name).write_text(content, encoding="utf-8")
    index.apply([name])
    assert index.problems == ()
    make_gone = root / name
    make_gone.unlink()
    make(kind, root / name)
    index.apply([name])
    remove(root / name)
    index.apply([name])
    assert index.problems == ()
    index.close()


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def test_what_is_wrong_with_a_manifest_outlives_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dovetail_context.index.storage.cache import IndexCache

    monkeypatch.setattr("dovetail_context.index.state.YOUNG_NS", -(10**18))
    root, cache = tmp_path / "project", IndexCache(tmp_path / "cache", 10**9)
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool", encoding="utf-8")
    for _ in range(2):
        index = WorkspaceIndex(root, cache=cache)
        index.build()
        index.close()
        assert [problem[:24] for problem in index.problems] == ["pyproject.toml: not TOML"]


# What happens to a file after it was indexed.
def as_pipe(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def as_device(path: Path, outside: Path) -> None:
    path.symlink_to("/dev/zero")


def as_folder(path: Path, outside: Path) -> None:
    path.mkdir()


def as_link_out(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def as_link_to_secrets(path: Path, outside: Path) -> None:
    (path.parent / ".env").write_text("TOKEN=quite_unmistakable\n", encoding="utf-8")
    path.symlink_to(".env")


@NEEDS_PIPES
@pytest.mark.parametrize("become", [as_pipe, as_device, as_folder, as_link_out, as_link_to_secrets])
@pytest.mark.parametrize("seen", ["as a change", "by a walk", "while it is read"])
def test_a_file_that_becomes_something_else(
    become: Callable[[Path, Path], None], seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves the snapshot, and its replacement is never read, not even between a check and the read."""
    root, outside = tmp_path / "project", tmp_path / "outside.py"
    root.mkdir()
    outside.write_text("def quite_unmistakable(): ...\n", encoding="utf-8")
    for name in ("a.py", "b.py"):
        (root / name).write_text("def first(): ...\n", encoding="utf-8")
    index = WorkspaceIndex(root, workers=0)
    index.build()
    index.start()
    index.wait_idle(HANG_S)
    if seen == "while it is read":
        from dovetail_context.index.extraction import build

        real = build._read

        def late(root: Path, task: build.Task) -> object:
            (root / task.path).unlink()
            become(root / task.path, outside)
            return real(root, task)

        (root / "a.py").write_text("def second(): ...\n", encoding="utf-8")
        monkeypatch.setattr(build, "_read", late)
    else:
        (root / "a.py").unlink()
        become(root / "a.py", outside)
    index.apply(["a.py"] if seen != "by a walk" else [str(root)])
    assert index.wait_idle(HANG_S), "the index thread hangs"
    monkeypatch.undo()
    if seen == "while it is read" and become is as_link_to_secrets:
        index.apply(["a.py"])  # the link stays inside the project: it is the change of the name that is noticed
        assert index.wait_idle(HANG_S)
    assert set(index.snapshot.files) == {"b.py"}
    assert index.snapshot.words.files_with("quite_unmistakable") == []
    assert index.problems == ()
    index.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs folders that this user cannot read")
def test_a_folder_that_is_closed_costs_no_other_change(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "a.py").write_text("def a(): ...\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    (tmp_path / "closed").chmod(0)
    (tmp_path / "b.py").write_text("def b(): ...\n", encoding="utf-8")
    index.apply(["closed/a.py", "b.py"])
    (tmp_path / "closed").chmod(0o700)
    assert set(index.snapshot.files) == {"b.py"}
    index.close()


@pytest.mark.parametrize("name", ["x" * 5000 + ".py", "nul\0.py", "half\ud800.py"])
def test_a_name_that_no_file_can_have_costs_no_other_change(name: str, tmp_path: Path) -> None:
    index = WorkspaceIndex(tmp_path)
    index.build()
    (tmp_path / "b.py").write_text("def b(): ...\n", encoding="utf-8")
    index.apply([name, "b.py"])
    assert set(index.snapshot.files) == {"b.py"}
    index.close()


@NEEDS_PIPES
def test_the_reader_reads_regular_files_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    cases = {"file": "", "link": "", "pipe": "not a plain file", "zero": "not a plain file"}
    for name, problem in cases.items():
        read = read_project_file(tmp_path / name, 5)
        assert (read.problem, read.data) == (problem, None if problem else b"12345")
    assert read_project_file(tmp_path / "file", 4).problem == "larger than 0 kB"
    assert read_project_file(tmp_path, 4).problem == "is a folder, not a file"
    assert read_project_file(tmp_path / "loop", 4).problem.startswith("unreadable")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert not read_project_file(tmp_path / "dangling", 4).missing
    assert read_project_file(tmp_path / "none", 4).missing
    assert read_project_file(tmp_path / "file" / "below", 4).missing
    assert read_project_file(tmp_path / "nul\0", 4).problem == "unreadable: ValueError"
    assert read_project_file(tmp_path / ("x" * 5000), 4).problem.startswith("unreadable")
    assert read_project_file(Path("/proc/self/mem"), 4).data is None
    assert read_source(tmp_path / "pipe").skipped == "not a plain file"


def test_the_reader_stays_within_a_folder(tmp_path: Path) -> None:
    root, beside = tmp_path / "root", tmp_path / "root-beside"
    for folder in (root, beside):
        folder.mkdir()
        (folder / "file").write_bytes(b"1")
    (root / "in").symlink_to("file")
    (root / "out").symlink_to("../root-beside/file")
    (root / "folder").symlink_to(beside)
    (tmp_path / "alias").symlink_to("root")
    for folder in (root, tmp_path / "alias"):
        assert read_project_file(folder / "file", 9, within=folder).data == b"1"
        assert read_project_file(folder / "in", 9, within=folder).data == b"1"
        for name in ("out", "folder/file", "../root-beside/file"):
            assert read_project_file(folder / name, 9, within=folder).problem == "links out of the workspace"


def test_a_file_that_grows_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"x" * 10)
    reads: list[int] = []
    monkeypatch.setattr(os, "read", lambda descriptor, size: reads.append(size) or b"x" * size)
    assert read_project_file(tmp_path / "log", 100).problem == "larger than 0 kB"
    assert sum(reads) <= 101


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_byte_order_marks_are_no_part_of_a_text(mark: bytes) -> None:
    encoding = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}[mark]
    assert decode(mark + "model = 1".encode(encoding)) == ("model = 1", "")
    assert read_toml("\ufeffa = 1").value == {"a": 1}
    assert read_json('\ufeff{"a": 1}').value == {"a": 1}


@pytest.mark.parametrize(
    "encoding", ["punycode", "idna", "PunyCode", "undefined", "zlib", "rot13", "no-such", "utf-16"]
)
def test_no_encoding_takes_longer_than_its_text(encoding: str) -> None:
    data = f"# coding: {encoding}\n".encode() + b"a" * 400_000 + b"-" + b"b" * 400_000

    def read() -> None:
        text, _ = decode(data, is_python=True)
        assert text.startswith("# coding") or encoding == "utf-16"

    bounded(read)


def test_a_fault_in_a_reader_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dovetail_context.languages.python import language

    def fails(path: str, text: str) -> object:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(language, "read_settings", fails)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.py").write_text("def a(): ...\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    assert set(index.snapshot.files) == {"a.py"}
    assert index.problems == ("pyproject.toml: the python reader failed: RuntimeError: a mistake of ours",)
