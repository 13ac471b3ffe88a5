"""The checked surface over llama.cpp: what would abort the process raises, and an abort leaves the context usable."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dovetail_models.engine.runtime import llama, llama_api
from dovetail_models.engine.runtime.threads import WAITING


@pytest.fixture(scope="module")
def model(model_path: Path) -> Iterator[llama.Model]:
    model = llama.load_model(model_path)
    yield model
    model.close()


@pytest.fixture
def context(model: llama.Model) -> Iterator[llama.Context]:
    context = model.context(n_ctx=512, threads=1, micro_batch=32, sequences=2)
    yield context
    context.close()


def test_calls_that_would_abort_the_process_raise(context: llama.Context) -> None:
    for ids, start in (([], 0), ([1] * 33, 0), ([1], 1), ([-1], 0), ([10**6], 0)):
        with pytest.raises(llama_api.LlamaError):
            context.evaluate(ids, start, rows=1, sequence=0)
    for rows, sequence in ((2, 0), (-1, 0), (1, 2), (1, -1)):
        with pytest.raises(llama_api.LlamaError):
            context.evaluate([1], 0, rows, sequence)
    for source, target, length in ((0, 1, 1), (0, 2, 0), (2, 0, 0)):
        with pytest.raises(llama_api.LlamaError):
            context.share(source, target, length)
    with pytest.raises(llama_api.LlamaError):
        context.logits()
    assert context.evaluate([1, 2], 0, rows=0, sequence=0)
    with pytest.raises(llama_api.LlamaError):
        context.logits()


def test_a_full_window_raises(context: llama.Context) -> None:
    while context.held(0) < context.n_ctx:
        assert context.evaluate([5] * min(32, context.n_ctx - context.held(0)), context.held(0), rows=0, sequence=0)
    with pytest.raises(llama_api.LlamaError):
        context.evaluate([5], context.held(0), rows=0, sequence=0)


def test_sequences_share_the_window(context: llama.Context) -> None:
    ids = list(range(100, 132))
    for start in range(0, 256, 32):
        context.evaluate(ids, start, rows=0, sequence=0)
    context.share(0, 1, 200)
    assert (context.held(0), context.held(1)) == (256, 200)
    with pytest.raises(llama_api.LlamaError):
        context.share(0, 1, 200)
    context.forget_from(10, 0)
    assert context.held(1) == 200
    for start in range(200, 488, 32):
        assert context.evaluate(ids, start, rows=0, sequence=1)
    with pytest.raises(llama_api.LlamaError, match="no cells"):
        context.evaluate(ids, 10, rows=0, sequence=0)
    context.forget_from(0, 1)
    assert context.evaluate(ids, 10, rows=0, sequence=0)


def test_a_state_goes_out_and_comes_back(context: llama.Context) -> None:
    ids = list(range(300, 330))
    context.evaluate(ids, 0, rows=0, sequence=0)
    state = context.save(0, 10**9)
    assert state is not None and context.save(0, len(state) - 1) is None
    context.evaluate([7], 30, rows=1, sequence=0)
    expected = context.logits().copy()
    with pytest.raises(llama_api.LlamaError):
        context.restore(state, 0)
    context.forget_from(0, 0)
    context.restore(state, 1)
    assert (context.held(0), context.held(1)) == (0, 30)
    context.evaluate([7], 30, rows=1, sequence=1)
    assert np.allclose(context.logits(), expected, atol=1e-3)


def test_a_state_without_room_is_not_restored(context: llama.Context) -> None:
    for start in range(0, 480, 32):
        context.evaluate([5] * 32, start, rows=0, sequence=0)
    state = context.save(0, 10**9)
    assert state is not None
    context.restore(state, 1)
    assert (context.held(0), context.held(1)) == (480, 0)
    assert context.evaluate([5], 480, rows=1, sequence=0)


def test_a_shared_beginning_gives_the_logits_of_one_that_was_read(context: llama.Context) -> None:
    ids = list(range(200, 230))
    context.evaluate(ids, 0, rows=0, sequence=1)
    context.evaluate([5, 6, 7], 30, rows=3, sequence=1)
    expected = [context.logits(row).copy() for row in range(3)]
    context.share(1, 0, 30)
    context.evaluate([9, 9], 30, rows=0, sequence=0)
    context.forget_from(30, 0)
    context.evaluate([5, 6, 7], 30, rows=3, sequence=0)
    for row in range(3):
        assert np.allclose(context.logits(row), expected[row], atol=1e-3)
    with pytest.raises(llama_api.LlamaError):
        context.logits(3)


def test_after_an_abort_the_context_goes_on_as_if_nothing_had_been(context: llama.Context) -> None:
    ids = list(range(40, 60))
    context.evaluate(ids, 0, rows=1, sequence=0)
    expected = context.logits().copy()
    context.forget_from(0, 0)
    context.abort.set()
    assert not context.evaluate(ids, 0, rows=1, sequence=0)
    with pytest.raises(llama_api.LlamaError):
        context.logits()
    context.abort.clear()
    assert context.held(0) == 0
    assert context.evaluate(ids, 0, rows=1, sequence=0)
    assert np.array_equal(context.logits(), expected)


def test_the_flag_stops_an_evaluation_from_another_thread(context: llama.Context) -> None:
    timer = threading.Timer(0.05, context.abort.set)
    timer.start()
    evaluated = True
    while evaluated:  # Only the flag ends it: the tokens that fill the window are forgotten again.
        if context.held(0) + 32 > context.n_ctx:
            context.forget_from(0, 0)
        evaluated = context.evaluate([7] * 32, context.held(0), rows=0, sequence=0)
    timer.join()
    context.abort.clear()
    assert context.evaluate([7], context.held(0), rows=1, sequence=0)


def test_only_one_module_knows_llama_cpp(repository: Path) -> None:
    sources = (repository / "models" / "dovetail_models").rglob("*.py")
    assert [
        path.name
        for path in sources
        if "import llama_cpp" in (text := path.read_text("utf-8")) or "from llama_cpp" in text
    ] == ["llama_api.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's OpenMP reports its settings, others name them differently")
def test_openmp_waits_as_was_set_before_it_was_loaded() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    load = (sys.executable, "-c", "import dovetail_models.engine.runtime.llama")
    said = subprocess.run(
        load, env={**environment, "OMP_DISPLAY_ENV": "verbose"}, capture_output=True, text=True, check=True
    ).stderr
    assert f"GOMP_SPINCOUNT = '{WAITING['GOMP_SPINCOUNT']}'" in said
