"""Fixtures for all tests. Those of one package are in its folder."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
IS_LONG = os.environ.get("DOVETAIL_LONG_TESTS", "") not in ("", "0")  # all cases of the tests marked as `long`

# Compiling the tests takes longer than most of them; some systems turn the cache of compiled modules off.
sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which rewrites the expectations in files beside the tests."""
    parser.addoption("--update", action="store_true", help="rewrite expectations in fixture files")


def pytest_configure(config: pytest.Config) -> None:
    """Register our mark."""
    config.addinivalue_line(
        "markers", "long(keep=0): only `keep` of the test's cases run unless DOVETAIL_LONG_TESTS is set"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what only the long form runs. Of a test's cases those that stay are spread evenly."""
    if IS_LONG:
        return
    cases: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("long") is not None:
            cases[item.nodeid.partition("[")[0]].append(item)
    left_out: list[pytest.Item] = []
    for same in cases.values():
        mark = same[0].get_closest_marker("long")
        keep = mark.kwargs.get("keep", 0) if mark is not None else 0
        kept = {number * len(same) // keep for number in range(min(keep, len(same)))} if keep else set()
        if keep >= len(same):
            continue
        left_out.extend(item for number, item in enumerate(same) if number not in kept)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = {id(item) for item in left_out}
        items[:] = [item for item in items if id(item) not in gone]


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a function that makes an empty folder. (pytest's own looks at all folders before it makes one.)"""
    base, numbers = tmp_path_factory.mktemp("folders"), itertools.count()

    def make() -> Path:
        folder = base / str(next(numbers))
        folder.mkdir()
        return folder

    return make


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of engine hosts. A user's clients share hosts; each test has its own, which do not linger."""
    folder = Path(tempfile.mkdtemp(prefix="dovetail-test-"))
    monkeypatch.setenv("DOVETAIL_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("DOVETAIL_LINGER_S", "0")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, new_folder: Callable[[], Path]) -> Path:
    """Return the folder of statistics, which is never the user's own."""
    folder = new_folder()
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch: pytest.MonkeyPatch, new_folder: Callable[[], Path]) -> Path:
    """Return the folder of index caches, which is never the user's own."""
    folder = new_folder()
    monkeypatch.setenv("DOVETAIL_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def user_folders(monkeypatch: pytest.MonkeyPatch, new_folder: Callable[[], Path]) -> Path:
    """Return the folder of `config.toml` and the models, which is never the user's own."""
    folder = new_folder()
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
