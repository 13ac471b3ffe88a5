"""The ways to install the plugin: its branch with vim.pack and lazy.nvim, LuaRocks; the entries for other lists."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import PLUGIN, SCRIPTED, Editor, lua_value, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar)"]}
SETUP = f"require('dovetail').setup({{ server = {{ cmd = {lua_value(SCRIPTED)} }} }})"
IDENTITY = {f"GIT_{who}_{what}": "nobody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, **IDENTITY}
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def plugin_branch() -> ModuleType:
    """Return the script that makes the branch, as a module."""
    spec = importlib.util.spec_from_file_location("plugin_branch", PLUGIN / "scripts" / "plugin_branch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def published(plugin_branch: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository like this one, whose branch `nvim` holds the plugin as its root."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    repository = tmp_path / "dovetail"
    shutil.copytree(PLUGIN, repository / "editors" / "nvim", ignore=shutil.ignore_patterns("__pycache__", "tags"))
    (repository / "README.md").write_text("the server\n")
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=all")
    assert plugin_branch.publish(repository, "nvim", "v0.1.0")
    return repository


def test_the_branch_holds_the_plugin_alone(plugin_branch: ModuleType, published: Path) -> None:
    files = git(published, "ls-tree", "--name-only", "nvim").splitlines()
    assert {"LICENSE", "README.md", "doc", "lsp", "lua", "plugin"} <= set(files)
    assert "editors" not in files
    assert git(published, "branch", "--show-current") == "main"
    assert plugin_branch.publish(published, "nvim", "v0.1.1") is None
    (published / "editors" / "nvim" / "README.md").write_text("changed\n")
    git(published, "commit", "--quiet", "--all", "--message=change")
    assert plugin_branch.publish(published, "nvim", "v0.1.1")
    assert git(published, "log", "--format=%s", "nvim") == "Dovetail for Neovim v0.1.1\nDovetail for Neovim v0.1.0"
    assert git(published, "show", "nvim:README.md") == "changed"


def check_that_it_works(edit: Editor) -> None:
    is_set_up = "return vim.v.vim_did_enter == 1 and (package.loaded.dovetail or {}).is_set_up ~= nil"
    wait_for(lambda: edit.lua(is_set_up), "the plugin", 60)
    while len(edit.nvim.windows) > 1:  # a manager's report
        edit.nvim.command("close!")
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.nvim.call("exists", ":Dovetail") == 2
    assert "dovetail-install" in edit.nvim.call("getcompletion", "dovetail-install", "help")


def test_vim_pack_installs_the_branch(start: Start, published: Path) -> None:
    add = f"vim.pack.add({{ {{ src = 'file://{published}', version = 'nvim' }} }}, {{ confirm = false }})"
    edit = start(setup=False, on_path=False, after=f"if vim.pack then {add} {SETUP} end")
    if edit.version in ("0.10", "0.11"):
        pytest.skip("vim.pack is from Neovim 0.12 on")
    check_that_it_works(edit)


def test_lazy_nvim_installs_the_branch(start: Start, published: Path, tmp_path: Path) -> None:
    lazy = Path(os.environ.get("NVIM_PLUGINS_FOR_TESTS", ""), "lazy.nvim")
    if not (lazy / "lua").is_dir():
        pytest.skip("needs lazy.nvim in the folder that $NVIM_PLUGINS_FOR_TESTS names")
    configuration = f"""
    vim.opt.runtimepath:prepend('{lazy}')
    require("lazy").setup({{
      spec = {{
        {{ url = "file://{published}", branch = "nvim", config = function() {SETUP} end }},
      }},
      root = '{tmp_path}/lazy',
      lockfile = '{tmp_path}/lazy-lock.json',
      performance = {{ reset_packpath = false }},
      change_detection = {{ enabled = false }},
    }})
    """
    edit = start(setup=False, on_path=False, after=configuration)
    check_that_it_works(edit)


def luarocks(*arguments: str, folder: Path) -> str:
    executable = shutil.which("luarocks")
    if executable is None:
        pytest.skip("needs luarocks")
    command = [executable, "--lua-version", "5.1", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if "Failed finding Lua" in done.stdout + done.stderr:
        pytest.skip("luarocks finds no headers of Lua 5.1")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_luarocks_builds_the_plugin(start: Start, tmp_path: Path) -> None:
    shutil.copytree(PLUGIN, tmp_path / "plugin")
    tree = tmp_path / "tree"
    luarocks("make", "--tree", str(tree), "dovetail-scm-1.rockspec", folder=tmp_path / "plugin")
    modules = tree / "share" / "lua" / "5.1"
    rock = tree / "lib" / "luarocks" / "rocks-5.1" / "dovetail" / "scm-1"
    installed = {str(path.relative_to(modules)) for path in modules.rglob("*.lua")}
    assert installed == {str(path.relative_to(PLUGIN / "lua")) for path in (PLUGIN / "lua").rglob("*.lua")}
    # As rocks.nvim does: the modules on Lua's path, the other folders on Neovim's.
    before = f"""
    package.path = "{modules}/?.lua;{modules}/?/init.lua;" .. package.path
    vim.opt.runtimepath:append("{rock}")
    vim.cmd("helptags {rock}/doc")
    """
    edit = start(before=before, on_path=False)
    check_that_it_works(edit)


def test_the_rockspec_of_a_release_names_its_tag(tmp_path: Path) -> None:
    shutil.copytree(PLUGIN, tmp_path / "plugin")
    luarocks("new_version", "--tag=t-v0.1.0", "dovetail-scm-1.rockspec", "0.1.0", folder=tmp_path / "plugin")
    text = (tmp_path / "plugin" / "dovetail-0.1.0-1.rockspec").read_text()
    assert 'tag = "t-v0.1.0"' in text


def test_the_entry_for_lspconfig_agrees_with_the_options(start: Start) -> None:
    edit = start(setup=False)
    text = (PLUGIN / "publish" / "lspconfig" / "dovetail.lua").read_text(encoding="utf-8")
    assert text.startswith("---@brief\n")
    entry = edit.lua(f"return dofile({str(PLUGIN / 'publish' / 'lspconfig' / 'dovetail.lua')!r})")
    own = edit.lua(f"return dofile({str(PLUGIN / 'lsp' / 'dovetail.lua')!r})")
    for name in ("filetypes", "root_markers", "cmd_env"):
        assert entry.get(name) == own.get(name)
    assert entry["cmd"] == ["dovetail", "serve"]


def test_the_entry_for_mason_agrees_with_the_package(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (PLUGIN / "publish" / "mason" / "package.yaml").read_text(encoding="utf-8")
    assert f"id: pkg:pypi/{project['name']}@{project['version']}\n" in text
    assert re.search(r"^licenses:\n  - (.+)$", text, re.MULTILINE)[1] == project["license"]  # type: ignore[index]
    assert "dovetail: pypi:dovetail" in text
    assert "dovetail" in project["scripts"]
