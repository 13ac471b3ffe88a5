"""What git ignores, compared with git itself: patterns, files of patterns, repositories around and inside the root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dovetail_context.workspace.ignore.gitignore import IgnoreRules
from dovetail_context.workspace.ignore.repository import MAX_IGNORE_BYTES
from dovetail_context.workspace.scan import IGNORED, is_excluded, scan
from tests.context.workspace.ignore.conftest import put, read, skipped
from tests.context.workspace.ignore.random_sets import IgnoreSet, ignored_by_git, levels, random_set, write
from tests.marks import needs_links

SETS = int(os.environ.get("DOVETAIL_IGNORE_SETS", "150"))
HANG_S = 120  # a guard against matching without end; nothing is asserted about time


# Random sets


@pytest.fixture
def separates_prefixes(git: Callable[..., str], tmp_path: Path) -> bool:
    """Whether git takes what follows a literal prefix for a new beginning: `x**/y` matches `x/a/y`, as in git 2.39."""
    git("init", "-q", str(tmp_path / "probe"))
    put(tmp_path / "probe" / ".gitignore", "x**/y\n")
    return bool(git("check-ignore", "--no-index", "xa/b/y", folder=tmp_path / "probe"))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the names of the random trees are not possible here")
def test_random_sets_are_ignored_as_git_does(separates_prefixes: bool, home: Path, tmp_path: Path) -> None:
    ignored = compared = 0
    for seed in range(SETS):
        chosen = random_set(seed)
        data = b"\n".join([*chosen.patterns.values(), chosen.info, chosen.own])
        if not separates_prefixes and re.search(rb"[^/*\n!]\*\*", data):
            continue
        top = tmp_path / "set"
        write(chosen, top, home)
        expected = ignored_by_git(chosen, top)
        assert_same(chosen, top, "", expected, seed)
        if chosen.sub and not any(level in expected for level in levels(chosen.sub)):
            assert_same(chosen, top, f"{chosen.sub}/", expected, seed)
        shutil.rmtree(top)
        ignored += len(expected)
        compared += len(chosen.folders) + len(chosen.files)
    assert 0.2 * compared < ignored < 0.8 * compared  # otherwise the sets would prove little


def assert_same(chosen: IgnoreSet, top: Path, inside: str, expected: set[str], seed: int) -> None:
    """Check that each path below `inside`, and a scan there, gives the same answer as git."""
    root = top / inside
    paths = [path for path in (*chosen.folders, *chosen.files) if path.startswith(inside)]
    wanted = set()
    for path in paths:
        relative = path[len(inside) :]
        reason = is_excluded(root, relative, names_folder=path in chosen.folders)
        if reason in (None, IGNORED):  # Our other rules come first.
            assert (reason == IGNORED) == (path in expected), (seed, path, chosen)
        if reason is None and path in chosen.files:
            wanted.add(relative)
    found = {file.path for file in scan(root).files}
    assert {path for path in found if not path.endswith(".gitignore")} == wanted, (seed, chosen)


CLASSES = ("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are not bytes here")
@pytest.mark.parametrize("ignore_case", [False, True])
def test_brackets_hold_the_bytes_that_git_says(ignore_case: bool, git: Callable[..., str], tmp_path: Path) -> None:
    names = [bytes([byte]) for byte in range(1, 256) if chr(byte) not in "/."]
    brackets = [f"[[:{name}:]]" for name in CLASSES]
    brackets += ["[!a-y]", "[A-Y]", "[a-\\y]", "[[-~]", "[^[:alpha:]0]", "\\A", "A"]
    git("init", "-q")
    git("config", "core.ignorecase", str(ignore_case).lower())
    for bracket in brackets:
        put(tmp_path / ".gitignore", bracket)
        done = subprocess.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"],
            cwd=tmp_path,
            input=b"".join(b"./" + name + b"\0" for name in names),
            capture_output=True,
            check=False,
        )
        rules = IgnoreRules.of_repository(tmp_path).entering(tmp_path, "")
        ours = {name for name in names if rules.ignores(os.fsdecode(name), is_folder=False)}
        assert ours == {name.removeprefix(b"./") for name in done.stdout.split(b"\0") if name}, bracket


# Single files of patterns

LINES: dict[str, tuple[str | bytes, list[str], list[str]]] = {
    "a mark at the beginning": (b"\xef\xbb\xbfx.py\n", ["x.py", "y.py"], ["y.py"]),
    "a class of characters": ("[[:alpha:]].py\n", ["x.py", "1.py"], ["1.py"]),
    "an unknown class": ("[[:nope:]].py\ny.py\n", ["x.py", "y.py"], ["x.py"]),
    "a range the wrong way round": ("[z-a].py\ny.py\n", ["b.py", "y.py", "z.py"], ["b.py"]),
    "lines end as on Windows": ("x.py\r\ny.py\r\n", ["x.py", "y.py", "z.py"], ["z.py"]),
    "no line end": ("x.py", ["x.py", "y.py"], ["y.py"]),
    "spaces at the end": ("x.py   \n", ["x.py", "y.py"], ["y.py"]),
    "an escaped space": ("x\\ \ny.py\n", ["x /a.py", "x/a.py", "y.py"], ["x/a.py"]),
    "a backslash at the end": ("x.py\\\ny.py\n", ["x.py", "y.py"], ["x.py"]),
    "an escaped mark": ("\\!x.py\n\\#y.py\n", ["!x.py", "#y.py", "x.py"], ["x.py"]),
    "nothing but marks": ("!\n/\n//\n\n \ny.py\n", ["x.py", "y.py"], ["x.py"]),
    "a zero ends the line": (b"x.py\0y\n", ["x.py", "y.py"], ["y.py"]),
    "other bytes than UTF-8": (b"\xff.py\ny.py\n", ["x.py", "y.py"], ["x.py"]),
    "a name of several bytes": ("é.py\n?ü.py\n", ["é.py", "aü.py", "ü.py"], ["ü.py"]),
    "a form feed ends no line": ("x.py\x0cy.py\nz.py\n", ["x.py", "y.py", "z.py"], ["x.py", "y.py"]),
    "stars that touch": ("a**b.py\n", ["ab.py", "axb.py", "a/b.py"], ["a/b.py"]),
    "folders between": ("/a/**/x.py\n", ["a/x.py", "a/b/c/x.py", "b/a/x.py"], ["b/a/x.py"]),
    "everything below": ("a/**\n!a/x.py\n", ["a/x.py", "a/y.py", "a/b/x.py"], ["a/x.py"]),
    "a long line": ("x" * 100_000 + "\ny.py\n", ["x.py", "y.py"], ["x.py"]),
    "too deep": ("**/" * 300 + "x.py\n", ["a/x.py", "y.py"], ["y.py"]),
}


@pytest.mark.skipif(sys.platform == "win32", reason="some of these names are not possible there")
@pytest.mark.parametrize(("text", "paths", "expected"), LINES.values(), ids=LINES)
def test_lines(
    text: str | bytes, paths: list[str], expected: list[str], git: Callable[..., str], tmp_path: Path
) -> None:
    git("init", "-q")
    for path in paths:
        put(tmp_path / path)
    put(tmp_path / ".gitignore", text)
    others = git("ls-files", "-z", "--others", "--exclude-standard").split("\0")
    assert sorted(path for path in others if path.endswith(".py")) == sorted(expected)
    assert read(tmp_path) == sorted(expected)


def test_a_deeper_file_takes_a_folder_back(tmp_path: Path) -> None:
    put(tmp_path / ".gitignore", "conf/\n")
    put(tmp_path / "a" / ".gitignore", "!conf/\n")
    for path in ("conf/x.py", "a/conf/y.py", "b/conf/z.py"):
        put(tmp_path / path)
    assert read(tmp_path) == ["a/conf/y.py"]
    assert is_excluded(tmp_path, "a/conf/y.py") is None
    assert is_excluded(tmp_path, "b/conf/z.py") == IGNORED


@pytest.mark.parametrize(
    "pattern",
    [
        "*a*a*a*a*a*a*a*ab.py",
        "a*" * 100 + "b.py",
        "**/" + "*a*/**/" * 40 + "b.py",
        "[!b]*" * 80 + "c",
        "?*" * 100 + "/x",
    ],
)
def test_no_pattern_takes_for_ever(pattern: str, tmp_path: Path) -> None:
    put(tmp_path / ".gitignore", f"{pattern}\n")
    put(tmp_path / ("a" * 240 + ".py"))
    put(tmp_path / "a" / "/".join(["a" * 60] * 20) / "x.py")
    code = f"""
from pathlib import Path
from dovetail_context.workspace.scan import is_excluded, scan
root = Path({str(tmp_path)!r})
assert len(scan(root, lambda path: path.endswith(".py")).files) == 2
assert is_excluded(root, {"a" * 240 + ".py"!r}) is None
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=HANG_S)  # the interpreter itself would be held


@pytest.mark.long
def test_many_patterns_are_compiled_once_and_found_by_name(tmp_path: Path) -> None:
    lines = [f"name{number}.py\nfolder{number}/\n*.{number}\np{number}*\nq{number}*[ab]\n" for number in range(8000)]
    put(tmp_path / ".gitignore", "".join(lines))
    for path in ("name7999.py", "x.py", "folder77/y.py", "q12xb.py", "a/q12xb"):
        put(tmp_path / path)
    code = f"""
from pathlib import Path
from dovetail_context.workspace.scan import is_excluded, scan
root = Path({str(tmp_path)!r})
assert [file.path for file in scan(root, lambda path: not path.startswith(".")).files] == ["q12xb.py", "x.py"]
assert [is_excluded(root, "x.py") for _ in range(1000)] == [None] * 1000
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=HANG_S)


# Files of patterns that are none


def test_a_huge_file_of_patterns_leaves_out_what_it_could_name(tmp_path: Path) -> None:
    put(tmp_path / "a" / ".gitignore", b"#" * (MAX_IGNORE_BYTES + 1))
    put(tmp_path / "a" / "x.py")
    put(tmp_path / "y.py")
    assert read(tmp_path) == ["y.py"]
    assert "larger than" in skipped(tmp_path)["a/.gitignore"]
    assert is_excluded(tmp_path, "a/x.py") == IGNORED


def test_an_unreadable_file_of_patterns_leaves_out_what_it_could_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = put(tmp_path / "a" / ".gitignore", "x.py\n")
    put(tmp_path / "a" / "y.py")
    put(tmp_path / "z.py")
    real = os.open

    def refuse(path: str | Path, *more: int) -> int:
        if Path(path) == forbidden:
            raise PermissionError(13, "Permission denied")
        return real(path, *more)

    monkeypatch.setattr(os, "open", refuse)
    assert read(tmp_path) == ["z.py"]
    assert "cannot be read" in skipped(tmp_path)["a/.gitignore"]
    assert is_excluded(tmp_path, "a/y.py") == IGNORED


@needs_links
def test_a_link_is_no_file_of_patterns(git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q")
    put(tmp_path / "rules", "x.py\n")
    (tmp_path / ".gitignore").symlink_to("rules")
    put(tmp_path / "x.py")
    assert read(tmp_path) == ["x.py"]
    assert "link" in skipped(tmp_path)[".gitignore"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("place", [".gitignore", ".git/info/exclude", ".git/config", ".git/commondir"])
def test_nobody_waits_for_a_pipe(place: str, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / place)
    put(tmp_path / "x.py")
    assert read(tmp_path) == ["x.py"]
    assert is_excluded(tmp_path, "x.py") is None


def test_a_folder_is_no_file_of_patterns(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").mkdir()
    put(tmp_path / "x.py")
    assert read(tmp_path) == ["x.py"]


@needs_links
def test_a_link_to_a_folder_is_no_folder(git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q")
    put(tmp_path / ".gitignore", "link/\nhidden\n")
    put(tmp_path / "real" / "x.py")
    (tmp_path / "link").symlink_to("real")
    put(tmp_path / "hidden" / "y.py")
    (tmp_path / "to_hidden").symlink_to("hidden")
    assert git("check-ignore", "--no-index", "link") == ""
    assert read(tmp_path) == ["real/x.py"]
    assert is_excluded(tmp_path, "link/x.py") is None
    assert "hidden" in str(is_excluded(tmp_path, "to_hidden/y.py"))
