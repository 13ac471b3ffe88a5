"""Fixtures for every wing. A wing's own fixtures live in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites the expectations that stand in files beside the tests."""
    parser.addoption("--update", action="store_true", help="rewrite expectations in fixture files")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that these tests stand in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Evaluation projects and vocabularies that are not part of the project; tests that need them skip elsewhere."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "eval" / "repos").is_dir():
        pytest.skip("needs the evaluation data in ../shared, which is not part of the project")
    return folder
