"""Fixtures for context/: compare a case with the expectations in its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.context.workspace_text import read_workspace, with_expectation

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Callable[[Path, str, str], None]:
    """`check(file, name, got)` compares with the expectation `name` of a fixture file; `--update` rewrites it."""

    def compare(file: Path, name: str, got: str) -> None:
        text = file.read_text(encoding="utf-8")
        expected = read_workspace(text).expected[name]
        if got != expected and request.config.getoption("--update"):
            file.write_text(with_expectation(text, name, got), encoding="utf-8", newline="\n")
            return
        assert got == expected, f"{file.name} expects something else; `python -m pytest --update` rewrites it"

    return compare
