"""Fixtures of the plugin's tests: each Neovim that can be found, and a starter of editors in it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.editors.nvim.driver import Editor, editor, neovims

Start = Callable[..., Editor]


def sweep_up_pynvim() -> None:
    """Collect what pynvim leaves to the garbage collector: a closed transport, which would warn of it much later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Clean up after each test with an editor, when nothing holds it any more: the next may be of another folder."""
    result = yield
    if "neovim" in getattr(item, "fixturenames", ()):
        sweep_up_pynvim()
    return result


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test in each Neovim; without one, skip it."""
    if "neovim" in metafunc.fixturenames:
        found = neovims()
        missing = pytest.param(
            None, id="none", marks=pytest.mark.skip("needs Neovim 0.10 or newer on PATH or in $NVIM_FOR_TESTS")
        )
        metafunc.parametrize("neovim", [pytest.param(each, id=each[0]) for each in found] or [missing])


@pytest.fixture
def start(neovim: tuple[str, str], tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts an editor, see `driver.editor`; it ends with the test."""
    with ExitStack() as open_editors:

        def start_one(**keywords: Any) -> Editor:
            made: AbstractContextManager[Editor] = editor(*neovim, tmp_path, **keywords)
            return open_editors.enter_context(made)

        yield partial(start_one)


@pytest.fixture
def edit(start: Start) -> Editor:
    """Return an editor with the default options and the scripted server."""
    return start()
