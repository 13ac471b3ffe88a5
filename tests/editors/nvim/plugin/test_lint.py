"""The plugin's Lua is formatted, without faults, and typed, as far as the tools are on this machine."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.editors.nvim.driver import PLUGIN


@pytest.fixture(scope="module")
def lint() -> ModuleType:
    """Return the lint script as a module."""
    spec = importlib.util.spec_from_file_location("nvim_lint", PLUGIN / "scripts" / "lint.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(lint: ModuleType, name: str, folder: Path) -> tuple[int, str]:
    """Run a check; skip where its tool is missing."""
    try:
        done = lint.check(name, folder)
    except lint.Missing as missing:
        pytest.skip(str(missing))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["stylua", "luacheck", "types"])
def test_the_plugin_is_clean(lint: ModuleType, name: str) -> None:
    status, output = run(lint, name, PLUGIN)
    assert status == 0, output


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("stylua", "local M = { }\nreturn   M\n"),
        ("luacheck", "local unused = 1\nreturn undefined_name\n"),
        ("types", "---@type integer\nlocal number = 'text'\nreturn number\n"),
    ],
)
def test_a_fault_is_found(lint: ModuleType, name: str, fault: str, tmp_path: Path) -> None:
    shutil.copy(PLUGIN / ".luarc.json", tmp_path)
    (tmp_path / "wrong.lua").write_text(fault)
    status, output = run(lint, name, tmp_path)
    assert status != 0
    assert "wrong.lua" in output


def test_no_module_has_more_than_400_lines() -> None:
    for path in PLUGIN.rglob("*.lua"):
        limit = 300 if path.parent.name == "ghost" else 400
        assert len(path.read_text(encoding="utf-8").splitlines()) < limit, path
