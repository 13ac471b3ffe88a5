"""What git ignores in repositories around and inside the root, and by configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dovetail_context.workspace.ignore.gitconfig import ignore_config
from dovetail_context.workspace.ignore.repository import repository_of
from dovetail_context.workspace.scan import IGNORED, is_excluded
from tests.context.workspace.ignore.conftest import put, read
from tests.marks import needs_links

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
