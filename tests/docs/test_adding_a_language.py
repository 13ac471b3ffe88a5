"""The steps of CONTRIBUTING.md for a new language, followed in a copy of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, blocks

STEPS = [block for block in blocks(REPOSITORY / "CONTRIBUTING.md") if block.title]
IGNORED = shutil.ignore_patterns("__pycache__", ".mypy_cache", ".pytest_cache")


def copied(folder: Path) -> Path:
    """Copy what the steps change and the tests of the fixtures need."""
    shutil.copytree(
        REPOSITORY / "context" / "dovetail_context", folder / "context" / "dovetail_context", ignore=IGNORED
    )
    shutil.copytree(REPOSITORY / "tests" / "context", folder / "tests" / "context", ignore=IGNORED)
    for file in ("tests/__init__.py", "tests/conftest.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / file, folder / file)
    return folder


def followed(folder: Path) -> None:
    """Write the new files and make the changes that the page shows."""
    for step in STEPS:
        file = folder / step.title
        if step.language != "diff":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.text, encoding="utf-8")
            continue
        lines = step.text.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"line {step.line} of the page changes what {step.title} does not have"
        file.write_text(text.replace(before, after), encoding="utf-8")


def test_the_steps_give_a_language_whose_fixtures_pass(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    followed(folder)
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "tests/context/test_fixtures.py"]
    done = subprocess.run(
        [*command, "-k", "starlark or toml", "-rA"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "context")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == len([step for step in STEPS if "/fixtures/" in step.title])


@pytest.mark.long
def test_the_steps_leave_the_static_checks_clean(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    followed(folder)
    languages = folder / "context" / "dovetail_context" / "languages"
    new = [str(languages / name) for name in ("starlark", "toml")]
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = subprocess.run([sys.executable, "-m", *command, *new], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    environment = {**os.environ, "MYPYPATH": str(folder / "context")}
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--explicit-package-bases",
        "--cache-dir",
        str(tmp_path / "cache"),
    ]
    done = subprocess.run([*mypy, *new], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
