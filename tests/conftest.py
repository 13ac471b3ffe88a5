"""Fixtures for every wing. A wing's own fixtures live in its folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which rewrites the expectations in files beside the tests."""
    parser.addoption("--update", action="store_true", help="rewrite expectations in fixture files")


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of engine hosts. A user's clients share hosts; each test has its own, which do not linger."""
    folder = Path(tempfile.mkdtemp(prefix="dovetail-test-"))
    monkeypatch.setenv("DOVETAIL_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("DOVETAIL_LINGER_S", "0")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of statistics, which is never the user's own."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of index caches, which is never the user's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DOVETAIL_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def user_folders(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of `config.toml` and the models, which is never the user's own."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("DOVETAIL_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("DOVETAIL_DATA_DIR", str(folder / "data"))
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the checkout that contains these tests."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Evaluation projects and vocabularies that are not part of the project; tests that need them skip elsewhere."""
    from tests.benchmarks.data import DataMissingError, shared_folder  # a part of the tests runs without benchmarks

    try:
        return shared_folder(REPOSITORY)
    except DataMissingError as error:
        pytest.skip(str(error))
