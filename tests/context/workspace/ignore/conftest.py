"""A user without their own configuration, git itself, and what a scan finds."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dovetail_context.workspace.scan import scan


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, new_folder: Callable[[], Path]) -> Path:
    """Provide a user without their own configuration."""
    folder = new_folder()
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
