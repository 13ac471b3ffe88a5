"""A project may hold anything under any name. None of it stalls the index, ends a language, or goes unmentioned."""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.registry import LANGUAGES, language_for, language_of_project_file
from dovetail_context.query import Query
from dovetail_context.workspace import manifest
from dovetail_context.workspace.exclude import MAX_FILE_BYTES, max_bytes
from dovetail_context.workspace.manifest import MAX_DEPTH, read_json, read_json_with_comments, read_toml
from dovetail_context.workspace.read import decode, read_project_file, read_source

HANG_S = 60.0  # Far more than any test here takes; without a bound, a test could take hours or hang.

# A file of each language that has manifests, what is asked in it, and its manifest.
SOURCES = {
    "pyproject.toml": ("a.py", "def first(count: int): ...\n", "b.py", "from a import first\nfirst("),
    "package.json": ("a.ts", "export function first(count: number) {}\n", "b.ts", 'import {first} from "./a"\nfirst('),
    "go.mod": ("k/a.go", "package k\n\nfunc First(count int) {}\n", "k/b.go", "package k\n\nfunc f() {\n\tFirst("),
    "Cargo.toml": ("src/a.rs", "pub fn first(n: u8) {}\n", "src/lib.rs", "mod a;\nfn f() {\n    a::first("),
    "compile_commands.json": ("a.h", "void first(int count);\n", "b.cpp", '#include "a.h"\nvoid f() {\n  first('),
}
SOURCES["tsconfig.json"] = SOURCES["deno.json"] = SOURCES["package.json"]
SOURCES["setup.cfg"] = SOURCES["pyrightconfig.json"] = SOURCES["pyproject.toml"]
SOURCES["go.work"] = SOURCES["go.mod"]
SOURCES["App.csproj"] = (
    "A.cs",
    "class A { public void First(int n) {} }\n",
    "B.cs",
    "class B { void F(A a) { a.First(",
)
# Other names of files in the same form.
ALIKE = {
    "tsconfig.json": {"tsconfig*.json", "jsconfig*.json", "base.json"},
    "deno.json": {"deno.jsonc", "import_map.json", "importMap.json", "jsr.json"},
    "setup.cfg": {"mypy.ini", ".mypy.ini", "pytest.ini", "tox.ini"},
    "App.csproj": {"*.csproj", "*.projitems", "Directory.Build.props", "Directory.Build.targets"},
}
NO_TABLES = ("go.mod", "go.work", "setup.cfg", "App.csproj")
NEEDS_PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def bounded(work: Callable[[], object]) -> None:
    """Do the work on a thread, so that one that hangs fails its test and not the whole run."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert not thread.is_alive(), "this hangs"
    if failed:
        raise failed[0]


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
    (told,) = [problem for problem in index.last_report.problems if problem.path == name]
    assert told.reason and "\n" not in told.reason
    assert f"{name}: {told.reason}" in index.problems
    index.close()


@NEEDS_PIPES
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_that_turns_bad_is_told_and_told_no_more_when_it_is_good(
    kind: str, name: str, tmp_path: Path
) -> None:
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


# Parsers and bounds.


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "[" * 3000 + "]" * 3000, f"nested more than {MAX_DEPTH} levels deep"),
        ("a = " + "{a=" * 3000 + "1" + "}" * 3000, f"nested more than {MAX_DEPTH} levels deep"),
        (
            "\n".join("[" + ".".join("a" * 60) + f".b{n}." + ".".join("c" * 40) + "]" for n in range(2)),
            "a key has more",
        ),
        ("[" + ".".join("a" * 60) + "]\n" + ".".join("b" * 40) + " = 1", f"nested more than {MAX_DEPTH} levels deep"),
        ("a = " + "9" * 5000, "holds a number of too many digits"),
        (".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        (" . ".join(['"\\""'] * 100_000) + " = 1", "a key has more than 64 parts"),
        ('x = """\n""", ' + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ("x = '''\n\"'''\n" + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ('# """\n' + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ("a", "not TOML: "),
        ("[" + "x" * 5000 + "]\n" * 2 + "[" + "x" * 5000 + "]", "not TOML: "),
    ],
    ids=range(12),
)
def test_toml_out_of_bounds(text: str, problem: str) -> None:
    def read() -> None:
        found = read_toml(text)
        assert found.value == {} and found.problem.startswith(problem) and len(found.problem) < 200

    bounded(read)


def test_dots_in_texts_are_no_keys() -> None:
    dots = ".".join("a" * 500)
    text = f'a = "{dots}" # {dots}\nb = """{dots}\n"{dots}"""\nc = \'{dots}\'\nd = [{"1.5, " * 200}]\n'
    assert set(read_toml(text).value) == set("abcd")


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 3000 + "1" + "}" * 3000, "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "", "nul", "[1]", '{"a": "\\ud8"}'],
)
def test_json_out_of_bounds(text: str) -> None:
    assert read_json(text).value == {}
    assert bool(read_json(text).problem) == bool(text)
    assert read_json_with_comments(text).value == {}


@pytest.mark.parametrize("unit", ["/*", '"', '"\\', "//", ",", ", ", "/", '"\n', "/**", "\\", "[/*", "\n", " ", "*/"])
def test_comments_take_time_in_line_with_their_length(unit: str) -> None:
    bounded(lambda: read_json_with_comments(unit * (MAX_FILE_BYTES // len(unit))))


def test_comments_and_commas_go_and_texts_stay() -> None:
    text = '// one\n{"a": "//x /* y */ ,]", /* b\n */ "c": [1, 2, /* d */ ], "e\\"": ",}" , // f\n}'
    assert read_json_with_comments(text).value == {"a": "//x /* y */ ,]", "c": [1, 2], 'e"': ",}"}


def test_what_is_kept_says_the_same_as_the_whole() -> None:
    """A resolver may be given either, and what is kept can be kept again."""
    for name, text in KNOWN_KEYS.items():
        language = language_of_project_file(name)
        assert language is not None
        once = language.read_project(name, text)
        assert once.problem == "" and once.text
        assert language.read_project(name, once.text).text == once.text


KNOWN_KEYS = {
    "pyproject.toml": """
        [tool.setuptools]
        package-dir = {"" = "lib", one = "code"}
        [tool.setuptools.packages.find]
        where = ["code"]
        [tool.pytest.ini_options]
        pythonpath = "code"
        [tool.mypy]
        mypy_path = "code"
        [tool.pyright]
        extraPaths = ["code"]
        [tool.basedpyright]
        extraPaths = ["code"]
        [tool.ruff]
        src = ["code"]
        [tool.pdm.build]
        package-dir = "code"
        [tool.uv.build-backend]
        module-root = "code"
        [tool.maturin]
        python-source = "code"
        [tool.hatch.build.targets.wheel]
        packages = ["code/pack"]
        [tool.hatch.build.targets.wheel.sources]
        "code/pack" = "one"
        [tool.hatch.build.targets.wheel.force-include]
        "code/pack.py" = "one/pack.py"
        [tool.hatch.build]
        sources = ["code"]
        [tool.poetry]
        packages = [{include = "pack", from = "code", to = "one"}]
        """,
    "Cargo.toml": """
        [package]
        name = "one-two"
        [lib]
        name = "one"
        path = "src/code.rs"
        [[bin]]
        path = "src/tool.rs"
        [[example]]
        path = "demo/a.rs"
        [[test]]
        path = "checks/a.rs"
        [[bench]]
        path = "speed/a.rs"
        [workspace.dependencies]
        near = {path = "near"}
        [dependencies]
        near = {workspace = true}
        far = {package = "away"}
        [dev-dependencies]
        near = {path = "near"}
        [build-dependencies]
        near = {path = "near"}
        [target.unix.dependencies]
        near = {path = "near"}
        """,
    "package.json": json.dumps(
        {
            "name": "@x/one",
            "exports": {".": {"import": "./src/a.ts"}, "./*": ["./src/*.ts"]},
            "imports": {"#x/*": "./src/*.ts"},
            "source": "src/a.ts",
            "types": "a.d.ts",
            "typings": "a.d.ts",
            "module": "a.mjs",
            "main": "a.js",
            "tsconfig": "base.json",
            "dependencies": {"near": "workspace:@x/one@*", "far": "file:../far"},
            "devDependencies": {"near": "npm:@x/one@1"},
            "peerDependencies": {"near": "link:.."},
            "optionalDependencies": {"near": "portal:../one"},
        }
    ),
    "tsconfig.json": json.dumps(
        {
            "extends": ["./tsconfig.base.json", "@x/one/base.json"],
            "references": [{"path": "./near/tsconfig.json"}],
            "include": ["src/**/*"],
            "compilerOptions": {"baseUrl": "src", "paths": {"@/*": ["${configDir}/src/*"]}},
        }
    ),
    "deno.json": json.dumps(
        {
            "name": "@x/one",
            "exports": {".": "./src/a.ts"},
            "imports": {"@/": "./src/", "near": "jsr:@x/one@1"},
            "importMap": "near/deno.json",
        }
    ),
    "pyrightconfig.json": json.dumps(
        {"extraPaths": ["code"], "stubPath": "types", "executionEnvironments": [{"root": "a", "extraPaths": ["b"]}]}
    ),
    "setup.cfg": "[options]\npackage_dir =\n    = src\n    one = code\n[options.packages.find]\nwhere = src\n"
    "[tool:pytest]\npythonpath = a b\n[mypy]\nmypy_path = a:b\n",
    "go.work": "go 1.22\nuse ./one\nreplace example.com/two => ./two\n",
    "App.csproj": '<Project><ItemGroup><Using Include="A.B;C" /><!-- <Using Include="D"/> --></ItemGroup></Project>',
    "compile_commands.json": json.dumps(
        [
            {"directory": "/p", "file": "src/b.cpp", "command": "cc -Iinclude '-Iwith blank' -I\"x y\" -I z -c b.cpp"},
            {"directory": "/p", "file": "src/c.cpp", "arguments": ["cc", "-isystem", "include", "-Iother"]},
        ]
    ),
    "go.mod": 'module "example.com/one"\nreplace example.com/two v1.0.0 => ../two // near\nreplace (\n\ta => ./b\n)\n',
}


def values(rng: random.Random, depth: int = 0) -> object:
    """Any value that JSON has."""
    kind = rng.randrange(10 if depth < 3 else 7)
    if kind == 7:
        return [values(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind >= 8:
        return {rng.choice(WORDS): values(rng, depth + 1) for _ in range(rng.randrange(4))}
    return [None, True, rng.randrange(-5, 5), 10**50, 1.5, rng.choice(WORDS), rng.choice(WORDS)][kind]


WORDS = ["", ".", "..", "/", "*", "./*", "#x", "a/../..", "src", "\ud800", "\0", "*" * 50, "a\\b", "-I", "name", "path"]


def spots(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Yield the path of a value and of each value inside it."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from spots(child, (*path, key))


def put(value: object, path: tuple[object, ...], new: object) -> object:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


def whole(name: str, text: str) -> object:
    return manifest.load_toml(text) if name.endswith(".toml") else manifest.load_json(text)


def ask_everything(name: str, text: str) -> None:
    """Read a manifest and ask its resolver all that can be asked."""
    language = language_of_project_file(name)
    assert language is not None
    read = language.read_project(name, text)
    assert "\n" not in read.problem
    files = dict.fromkeys(("src/a" + language.suffixes[0], "near/src/lib.rs", "pack/b" + language.suffixes[0]), ())
    for kept in (text, read.text):
        resolver = language.resolver(files, {name: kept, f"near/{name}": kept})
        for module in (
            "one",
            "near",
            "far",
            "@x/one/a",
            "#x/a",
            "@/a",
            "pack",
            '"a.h"',
            "crate::a",
            "example.com/one/b",
        ):
            for path in files:
                resolver.sources(module, path)
                resolver.is_package(module, path)
                resolver.ambient(path)
                resolver.companions(path)


@pytest.mark.parametrize("name", [name for name in KNOWN_KEYS if name not in NO_TABLES])
def test_any_value_in_place_of_any_known_one(name: str) -> None:
    rng = random.Random(name)
    good = whole(name, KNOWN_KEYS[name])
    for spot in spots(good):
        for _ in range(12):
            # TOML is read from JSON here, too: a TOML file can hold all of these values, but nothing here writes it.
            ask_everything(name, json.dumps(put(good, spot, values(rng))))


@pytest.mark.parametrize("name", KNOWN_KEYS)
def test_manifests_cut_off_or_changed_anywhere(name: str) -> None:
    rng = random.Random(name)
    text = KNOWN_KEYS[name]
    for _ in range(150):
        start = rng.randrange(len(text))
        ask_everything(name, text[:start] + rng.choice(['"', "[", "{", "=", "\0", "\n", "9", ""]) + text[start + 1 :])


def test_a_wrong_type_is_named() -> None:
    language = language_of_project_file("pyproject.toml")
    assert language is not None
    read = language.read_project("pyproject.toml", "[tool.mypy]\nmypy_path = 3\n[tool.ruff]\nsrc = ['lib']\n")
    assert read.problem == "tool.mypy.mypy_path is a number, not a text or a list"
    assert json.loads(read.text) == {"tool": {"ruff": {"src": ["lib"]}}}


def test_long_chains_and_lists_are_bounded(tmp_path: Path) -> None:
    """Cycles and chains of `extends`, a long list of them, patterns with many stars, a hundred thousand commands."""
    typescript = language_for("a.ts")
    assert typescript is not None
    chain = {f"p{n}/tsconfig.json": json.dumps({"extends": f"../p{n + 1}"}) for n in range(3000)}
    cycle = {
        "tsconfig.json": json.dumps({"extends": ["./tsconfig.json"] * 100_000 + [f"./x{n}" for n in range(50_000)]})
    }
    stars = {"package.json": json.dumps({"name": "m", "exports": {"./*": "*" * 500_000}})}
    mapped = {"q/tsconfig.json": json.dumps({"compilerOptions": {"paths": {"*": ["*" * 500_000]}}})}

    def ask() -> None:
        for projects in (chain, cycle, stars, mapped):
            resolver = typescript.resolver({"a.ts": (), "p0/a.ts": (), "q/a.ts": ()}, projects)
            for path in ("a.ts", "p0/a.ts", "q/a.ts"):
                resolver.sources("m/" + "x" * 50_000, path)

    bounded(ask)


def test_a_hundred_thousand_compile_commands(tmp_path: Path) -> None:
    command = '/usr/bin/c++ -DNAME=\\"x\\" -I/p/include -I/p/src/part{part} -isystem /usr/include/x -O2 -c src/f{n}.cpp'
    entries = [
        {"directory": "/p/build", "command": command.format(n=n, part=n % 40), "file": f"/p/src/f{n}.cpp"}
        for n in range(100_000)
    ]
    text = json.dumps(entries)
    assert len(text) < max_bytes("compile_commands.json")
    (tmp_path / "compile_commands.json").write_text(text, encoding="utf-8")
    (tmp_path / "src" / "part7").mkdir(parents=True)
    (tmp_path / "src" / "part7" / "deep.h").write_text("void deep(int count);\n", encoding="utf-8")
    (tmp_path / "src" / "f0.cpp").write_text("#include <deep.h>\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    bounded(index.build)
    assert index.problems == ()
    assert len(index.snapshot.projects["compile_commands.json"]) < 100_000
    assert index.snapshot.resolver("cpp").sources("<deep.h>", "src/f0.cpp") == ("src/part7/deep.h",)
    index.close()


@pytest.mark.parametrize(
    "unit", ["\n", " ", "module ", "a => ", "replace a v", "v" * 50 + " ", "\t\n", "(", "a =>./\n"]
)
def test_a_go_mod_takes_time_in_line_with_its_length(unit: str) -> None:
    bounded(lambda: ask_everything("go.mod", unit * (MAX_FILE_BYTES // len(unit))))


def test_every_language_with_project_files_is_tried_here() -> None:
    names = {name for language in LANGUAGES for name in language.project_files}
    assert names | {"App.csproj", "tsconfig.json"} == set(SOURCES).union(*ALIKE.values())
    assert set(KNOWN_KEYS) == set(SOURCES)


def test_a_recursion_limit_of_the_caller_does_no_harm() -> None:
    """A manifest is parsed wherever a resolver is needed, with little of the stack left or much."""

    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        else:
            read_toml("a = " + "[" * 50 + "]" * 50)
            read_json("[" * 50 + "]" * 50)

    deep(sys.getrecursionlimit() - 200)
