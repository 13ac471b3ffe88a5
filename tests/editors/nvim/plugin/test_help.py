"""The help file, and the configuration for Neovim's own client."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import PLUGIN, Editor, wait_for


def test_the_help_is_generated_from_the_options(neovim: tuple[str, str]) -> None:
    command = [sys.executable, str(PLUGIN / "scripts" / "help.py"), "--check", "--nvim", neovim[1]]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_tags_of_the_help_can_be_built(start: Start, tmp_path: Path) -> None:
    edit = start()
    shutil.copytree(PLUGIN / "doc", tmp_path / "plugin" / "doc")
    edit.nvim.command(f"helptags {tmp_path / 'plugin' / 'doc'}")
    tags = (tmp_path / "plugin" / "doc" / "tags").read_text()
    for tag in ("dovetail", ":Dovetail-why", "dovetail-suggestion.keymap.accept", "dovetail-settings-max_tokens"):
        assert f"{tag}\t" in tags


def test_every_default_key_is_in_the_help(edit: Editor) -> None:
    text = (PLUGIN / "doc" / "dovetail.txt").read_text(encoding="utf-8")
    for key in edit.lua("return require('dovetail.config').defaults()")["suggestion"]["keymap"].values():
        assert key in text


def test_neovims_own_client_needs_no_more_than_the_configuration(
    start: Start, repository: Path, tmp_path: Path
) -> None:
    edit = start(
        setup=False,
        after="""
        if vim.lsp.inline_completion then
          vim.lsp.enable("dovetail")
          vim.lsp.inline_completion.enable()
        end
        """,
    )
    if edit.version in ("0.10", "0.11"):
        pytest.skip("Neovim's own inline completion is from 0.12 on")
    edit.lua("vim.lsp.config('dovetail', { cmd = { ..., '-E', '-P', '-m', 'dovetail', 'serve' } })", sys.executable)
    shutil.copytree(repository / "docs" / "example", tmp_path / "example")
    edit.nvim.command(f"edit {tmp_path / 'example' / 'library' / 'readers.py'}")
    # The client follows the cursor once it is attached; keys typed earlier would ask for nothing.
    wait_for(lambda: edit.nvim.eval("len(nvim_get_autocmds(#{event: 'CursorMovedI', buffer: 0}))") > 0, patience_s=60)
    line = "        self.loans.append("
    edit.type(f"22GS{line.strip()}")
    marks = "return vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })"
    retries = iter(range(10_000))

    def ghost() -> bool:
        if next(retries) % 200 == 199:
            edit.type("<BS>(")
        return any(mark[3].get("virt_text_pos") in ("inline", "overlay") for mark in edit.lua(marks))

    wait_for(ghost, "the ghost text", 60)
    assert any(row.startswith(line) and len(row) > len(line) for row in edit.screen())
