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

from dovetail_context.workspace.ignore.gitconfig import ignore_config
from dovetail_context.workspace.ignore.gitignore import IgnoreRules
from dovetail_context.workspace.ignore.repository import MAX_IGNORE_BYTES, repository_of
from dovetail_context.workspace.scan import IGNORED, is_excluded, scan
from tests.context.ignore_sets import IgnoreSet, ignored_by_git, levels, random_set, write

SETS = int(os.environ.get("DOVETAIL_IGNORE_SETS", "150"))
HANG_S = 120  # a guard against matching without end; nothing is asserted about time

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a user without their own configuration."""
    folder = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs git in a folder."""
    if shutil.which("git") is None:
        pytest.skip("needs git")

    def run(*arguments: str, folder: Path = tmp_path) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, check=False)
        assert done.returncode in (0, 1), done.stderr.decode()
        return os.fsdecode(done.stdout)

    return run


def put(file: Path, text: str | bytes = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(os.fsencode(text) if isinstance(text, str) else text)
    return file


def read(root: Path) -> list[str]:
    """Return the files that a scan finds."""
    return [file.path for file in scan(root, lambda path: path.endswith(".py")).files]


def skipped(root: Path) -> dict[str, str]:
    return {skip.path: skip.reason for skip in scan(root, lambda path: path.endswith(".py")).skipped}


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


# The repository around the root


def test_a_part_of_a_repository_obeys_the_whole(git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q")
    put(tmp_path / ".gitignore", "*.gen.py\n/packages/app/local/\n")
    put(tmp_path / "packages" / ".gitignore", "tmp/\napp/own.py\n")
    put(tmp_path / ".git" / "info" / "exclude", "mine.py\n/packages/app/here.py\n")
    root = tmp_path / "packages" / "app"
    for path in ("x.py", "a.gen.py", "local/a.py", "deep/local/b.py", "tmp/c.py", "own.py", "mine.py", "here.py"):
        put(root / path)
    put(root / ".gitignore", "!own.py\n")
    assert read(root) == ["deep/local/b.py", "own.py", "x.py"]
    assert is_excluded(root, "local/a.py") == IGNORED
    assert is_excluded(root, "deep/local/b.py") is None


def test_an_ignored_root_is_read_since_it_was_opened(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path / ".gitignore", "/generated/\n*.log.py\n")
    put(tmp_path / "generated" / "x.py")
    put(tmp_path / "generated" / "y.log.py")
    assert read(tmp_path) == []
    assert read(tmp_path / "generated") == ["x.py"]


def test_what_is_above_another_repository_does_not_count(git: Callable[..., str], tmp_path: Path) -> None:
    """Many people keep their home folder in a repository that ignores everything."""
    git("init", "-q")
    put(tmp_path / ".gitignore", "*\n")
    git("init", "-q", "project")
    put(tmp_path / "project" / "a" / "x.py")
    assert read(tmp_path / "project" / "a") == ["x.py"]


def test_an_empty_git_folder_is_no_repository(git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q")
    put(tmp_path / ".gitignore", "secret.py\n")
    (tmp_path / "part" / ".git").mkdir(parents=True)
    put(tmp_path / "part" / "secret.py")
    assert git("check-ignore", "--no-index", "secret.py", folder=tmp_path / "part")
    assert read(tmp_path / "part") == []


@needs_links
def test_a_root_that_is_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real" / ".git").mkdir(parents=True)
    put(tmp_path / "real" / ".gitignore", "/part/x.py\n")
    put(tmp_path / "real" / "part" / "x.py")
    (tmp_path / "link").symlink_to("real/part")
    assert read(tmp_path / "link") == []


def test_a_linked_work_tree_shares_what_is_excluded(git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q", "main")
    git("commit", "-q", "--allow-empty", "-m", "x", folder=tmp_path / "main")
    git("worktree", "add", "-q", "../linked", folder=tmp_path / "main")
    put(tmp_path / "main" / ".git" / "info" / "exclude", "x.py\n")
    put(tmp_path / "linked" / "x.py")
    put(tmp_path / "linked" / "y.py")
    assert git("check-ignore", "--no-index", "x.py", "y.py", folder=tmp_path / "linked") == "x.py\n"
    assert read(tmp_path / "linked") == ["y.py"]


@pytest.fixture
def submodule(git: Callable[..., str], tmp_path: Path) -> Path:
    """Create a repository `outer` with a submodule `inner`, which has its own rules."""
    git("init", "-q", "other")
    git("commit", "-q", "--allow-empty", "-m", "x", folder=tmp_path / "other")
    git("init", "-q", "outer")
    git("submodule", "--quiet", "add", str(tmp_path / "other"), "inner", folder=tmp_path / "outer")
    put(tmp_path / "outer" / ".gitignore", "outer.py\nboth.py\n")
    put(tmp_path / "outer" / ".git" / "modules" / "inner" / "info" / "exclude", "inner.py\n")
    put(tmp_path / "outer" / "inner" / ".gitignore", "own.py\n!both.py\n")
    for name in ("outer", "both", "inner", "own", "x"):
        put(tmp_path / "outer" / "inner" / f"{name}.py")
        put(tmp_path / "outer" / f"{name}.py")
    return tmp_path / "outer"


def test_a_submodule_as_root_obeys_its_own_rules(submodule: Path) -> None:
    assert read(submodule / "inner") == ["both.py", "outer.py", "x.py"]


def test_inside_a_repository_both_its_own_and_the_outer_rules_hold(submodule: Path) -> None:
    assert read(submodule) == ["inner.py", "inner/x.py", "own.py", "x.py"]
    assert is_excluded(submodule, "inner/both.py") == is_excluded(submodule, "inner/inner.py") == IGNORED


# The user's own rules

CONFIGS = {
    "by default": ({".config/git/ignore": "x.py\n"}, {}),
    "in another place": ({"xdg/git/ignore": "x.py\n"}, {"XDG_CONFIG_HOME": "{home}/xdg"}),
    "a file in the home folder": (
        {".gitconfig": "[user]\n\tname = x\n[Core]\n\texcludesFile = ~/mine ; a note\n", "mine": "x.py\n"},
        {},
    ),
    "in quotes": ({".gitconfig": '[core] excludesfile = "~/my \\"own\\"" # x', 'my "own"': "x.py\n"}, {}),
    "over two lines": ({".gitconfig": "[core]\nexcludesfile = ~/mi\\\nne\n", "mine": "x.py\n"}, {}),
    "included": (
        {".gitconfig": "[include]\npath = more\n", "more": "[core]\nexcludesfile = ~/mine\n", "mine": "x.py\n"},
        {},
    ),
    "included for some folders": (
        {
            ".gitconfig": '[includeIf "gitdir:{root}/"]\npath = more\n[includeIf "gitdir:/elsewhere/"]\npath = less\n',
            "more": "[core]\nexcludesfile = ~/mine\n",
            "less": "[core]\nexcludesfile = ~/none\n",
            "mine": "x.py\n",
        },
        {},
    ),
    "the later one wins": (
        {
            ".config/git/config": "[core]\nexcludesfile = ~/none\n",
            ".gitconfig": "\ufeff[core]\r\nexcludesfile = ~/mine\r\n",
            "mine": "x.py\n",
        },
        {},
    ),
    "named by the environment": (
        {"other": "[core]\nexcludesfile = ~/mine\n", "mine": "x.py\n", ".gitconfig": "[core]\nexcludesfile=\n"},
        {"GIT_CONFIG_GLOBAL": "{home}/other"},
    ),
    "it includes itself": (
        {".gitconfig": "[core]\nexcludesfile = ~/mine\n[include]\npath = .gitconfig\n", "mine": "x.py\n"},
        {},
    ),
}


@pytest.mark.parametrize(("files", "environment"), CONFIGS.values(), ids=CONFIGS)
def test_the_users_own_rules(
    files: dict[str, str],
    environment: dict[str, str],
    home: Path,
    git: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git("init", "-q", "project")
    root = tmp_path / "project"
    for path, text in files.items():
        put(home / path, text.replace("{root}", str(root)))
    for name, value in environment.items():
        monkeypatch.setenv(name, value.replace("{home}", str(home)))
    put(root / "x.py")
    put(root / "y.py")
    if "path = .gitconfig" not in files.get(".gitconfig", ""):  # git gives up where a file includes itself
        assert git("check-ignore", "--no-index", "x.py", "y.py", folder=root) == "x.py\n"
    assert read(root) == ["y.py"]


def test_the_repositorys_configuration_comes_last(home: Path, git: Callable[..., str], tmp_path: Path) -> None:
    git("init", "-q")
    put(home / ".gitconfig", "[core]\nexcludesfile = ~/mine\n")
    put(home / "mine", "x.py\n")
    put(tmp_path / "theirs", "y.py\n!z.py\n")
    git("config", "core.excludesfile", "theirs")
    put(tmp_path / ".git" / "info" / "exclude", "z.py\n")
    for name in ("x.py", "y.py", "z.py"):
        put(tmp_path / name)
    assert git("check-ignore", "--no-index", "x.py", "y.py", "z.py") == "y.py\nz.py\n"
    assert read(tmp_path) == ["x.py"]


def test_configuration_may_be_anything(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for data in (
        b"\0\xff[[[",
        b"[core",
        b"[core]\n=\n",
        b"[core]\nexcludesfile",
        b'[core]\nexcludesfile = "',
        b"\\" * 999,
    ):
        put(tmp_path / ".git" / "config", data)
        put(home / ".gitconfig", data)
        ignore_config(repository_of(tmp_path))
    put(tmp_path / "x.py")
    assert read(tmp_path) == ["x.py"]


@needs_links
def test_configuration_that_names_a_device_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / ".git" / "config", "[core]\nexcludesfile = /dev/zero\n")
    put(tmp_path / "x.py")
    assert read(tmp_path) == ["x.py"]
