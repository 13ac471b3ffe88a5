"""`:checkhealth dovetail`, on a good installation and on broken ones. The server is the real one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import REAL, Editor, wait_for

SCRIPTED_DOCTOR = """
import json, sys
if sys.argv[1] == "--version":
    print("dovetail 9.9")
else:
    print(json.dumps({"checks": [{"name": "memory", "verdict": "%s", "found": "1 MiB free", "fix": "add memory"}]}))
"""


def report(edit: Editor) -> str:
    """Return the report's lines."""
    edit.nvim.command("checkhealth dovetail")
    wait_for(lambda: edit.nvim.eval("&filetype") == "checkhealth")
    return "\n".join(edit.lines())


def test_a_good_installation_is_clean(start: Start) -> None:
    edit = start(cmd=REAL)
    (edit.folder / "game.py").write_text("score = 0\n")
    found = report(edit)
    assert "ERROR" not in found
    assert "WARNING" not in found
    assert "dovetail 0.1" in found
    assert "tokens a second" in found  # of the model
    assert "no other ghost text, and all keys are ours" in found


@pytest.mark.parametrize(
    ("keywords", "complaint", "advice"),
    [
        ({"setup": False}, "setup() was not called", 'call require("dovetail").setup{}'),
        ({"cmd": ("no-such-server", "serve")}, "`no-such-server` of `server.cmd` cannot be run", "correct it"),
        ({"cmd": None, "variables": {"PATH": "/nowhere"}}, "no server is installed", "`:Dovetail install`"),
        ({"cmd": ("false", "serve")}, "/false does not start", "install it again"),
        (
            {"cmd": (sys.executable, "-c", "raise SystemExit('broken module')", "serve")},
            "does not start: broken module",
            "install it again",
        ),
        (
            {"cmd": (sys.executable, "-c", SCRIPTED_DOCTOR % "fail", "serve")},
            "memory: 1 MiB free",
            "add memory",
        ),
        (
            {"cmd": (sys.executable, "-c", "print('dovetail 9.9')", "serve")},
            "`dovetail doctor` gave no report",
            "run `dovetail doctor` in a terminal",
        ),
        (
            {"cmd": (sys.executable, "-c", SCRIPTED_DOCTOR % "ok")},
            "`server.cmd` does not end with `serve`",
            "need it to",
        ),
        (
            {"cmd": REAL, "options": {"server": {"settings": {"model": "no-such-model"}}}},
            "no-such-model",
            "ADVICE",
        ),
        (
            {"after": 'vim.keymap.set("i", "<Tab>", "x")'},
            "<Tab> does not reach `accept`: something else mapped it later",
            "suggestion.keymap.accept",
        ),
        ({"after": "vim.g.loaded_copilot = 1"}, "copilot.vim is loaded and shows ghost text", "switch off"),
        ({"after": "package.loaded['supermaven-nvim'] = {}"}, "supermaven-nvim is loaded", "switch off"),
    ],
    ids=[
        "no-setup",
        "no-executable",
        "not-installed",
        "ends-at-once",
        "broken-module",
        "doctor-fails",
        "no-report",
        "other-command",
        "no-model",
        "lost-key",
        "copilot",
        "supermaven",
    ],
)
def test_a_fault_is_reported_with_its_fix(start: Start, keywords: dict[str, Any], complaint: str, advice: str) -> None:
    found = report(start(**keywords))
    assert "ERROR" in found or "WARNING" in found
    assert complaint in found
    assert advice in found


def test_an_installed_server_that_does_not_start_is_installed_again(start: Start) -> None:
    edit = start(cmd=None, variables={"PATH": "/nowhere"})
    folder = edit.folder / "DATA" / "nvim" / "dovetail"
    python = folder / "environment-1000000000000000" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'No module named dovetail' >&2\nexit 1\n")
    python.chmod(0o755)
    (folder / "environment.json").write_text('{"folder": "environment-1000000000000000"}')
    found = report(edit)
    assert f"{python} does not start: No module named dovetail" in found
    assert "`:Dovetail install` installs it again" in found


def test_a_pause_is_reported(edit: Editor) -> None:
    paused = {"state": "ready", "model": "starter", "message": "", "indexing": False, "progress": None, "busy": False}
    edit.script(status={**paused, "paused": True, "pausedLanguages": [], "snoozedUntil": None})
    edit.open()
    wait_for(lambda: edit.lua("return require('dovetail').status().paused"))
    found = report(edit)
    assert "WARNING paused" in found
    assert "`:Dovetail resume`" in found


def test_a_model_that_failed_is_reported(edit: Editor) -> None:
    failed = {"state": "failed", "model": "big", "message": "no memory: free some", "indexing": False, "busy": False}
    edit.script(status={**failed, "paused": False, "pausedLanguages": []})
    edit.open()
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "failed")
    found = report(edit)
    assert "the model big failed: no memory: free some" in found
    assert "`:Dovetail model` chooses another" in found


def test_a_large_log_is_reported(start: Start) -> None:
    edit = start(cmd=REAL)
    log = edit.lua(
        "return vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()"
    )
    with Path(log).open("wb") as file:
        file.truncate(200_000_000)  # no block of it is on the disk
    found = report(edit)
    assert "has 200 MB" in found
    assert "delete it, and set vim.lsp.log.set_level" in found


def test_wrong_rules_are_reported(start: Start) -> None:
    edit = start(cmd=REAL)
    (edit.folder / ".dovetail.toml").write_text("excude = [1]\n")
    found = report(edit)
    assert "/.dovetail.toml: " in found
    assert "excude" in found


def test_a_server_that_was_given_up_is_reported(start: Start) -> None:
    edit = start(cmd=(sys.executable, "-c", "import sys; print('dovetail 1'); sys.exit('serve' in sys.argv)", "serve"))
    edit.open(attached=False)
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "failed")
    found = report(edit)
    assert "the server is not running: the server ended 5 times" in found
    assert "`:Dovetail log`, then `:Dovetail restart`" in found
