"""Model files that cannot be used, each with one clear line; and one that can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dovetail_models.engine import llama
from dovetail_models.engine.loading import Loaded, check_vocabulary, load, usable_cores
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError

TEXT = "if x:\n\treturn {'a': 12345} # naïve"


@pytest.fixture
def loaded(options: EngineOptions) -> Iterator[Loaded]:
    loaded = load(options)
    yield loaded
    loaded.context.close()
    loaded.model.close()


def altered(model_path: Path, into: Path, changes: dict[bytes, bytes]) -> Path:
    """A copy of a model file with some of its bytes replaced by as many others."""
    data = model_path.read_bytes()
    for old, new in changes.items():
        assert old in data and len(old) == len(new)
        data = data.replace(old, new)
    into.write_bytes(data)
    return into


def error(options: EngineOptions, path: Path) -> str:
    with pytest.raises(EngineError) as caught:
        load(replace(options, model_path=path))
    message = str(caught.value)
    assert "\n" not in message and str(path) in message
    return message


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_file(options: EngineOptions, tmp_path: Path, share: float) -> None:
    data = options.model_path.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(data[: int(len(data) * share)])
    assert "damaged" in error(options, path)


def test_a_file_with_a_broken_header(options: EngineOptions, tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(range(256)) * 20)
    assert "damaged" in error(options, path)


def test_a_model_without_fill_in_the_middle_tokens(options: EngineOptions, tmp_path: Path) -> None:
    without = {"<｜fim▁".encode(): "<｜zzz▁".encode(), b"tokenizer.ggml.fim_": b"tokenizer.ggml.zzz_"}
    path = altered(options.model_path, tmp_path / "instruct.gguf", without)
    assert "choose a base model (not instruct)" in error(options, path)


def test_a_vocabulary_without_weights(options: EngineOptions, deepseek_vocabulary: Path) -> None:
    assert "cannot be loaded" in error(options, deepseek_vocabulary)


def test_a_vocabulary_that_changes_white_space(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = loaded.model.vocabulary
    check_vocabulary(vocabulary, loaded.model.path)
    plain = vocabulary.tokenize
    monkeypatch.setattr(vocabulary, "tokenize", lambda text: plain(b" " + text))
    with pytest.raises(EngineError, match="white space"):
        check_vocabulary(vocabulary, loaded.model.path)


def test_missing_and_empty(options: EngineOptions, tmp_path: Path) -> None:
    assert "does not exist" in error(options, tmp_path / "nothing.gguf")
    (tmp_path / "empty.gguf").write_bytes(b"")
    assert "is empty" in error(options, tmp_path / "empty.gguf")


def test_a_file_that_names_no_pre_tokenizer_is_mended(options: EngineOptions, tmp_path: Path, loaded: Loaded) -> None:
    path = altered(options.model_path, tmp_path / "old.gguf", {b"tokenizer.ggml.pre": b"tokenizer.ggml.ex_"})
    old = llama.load_model(path, vocab_only=True)
    expected = loaded.model.vocabulary.tokenize(TEXT.encode())
    assert old.vocabulary.tokenize(TEXT.encode()) != expected, "the fault is there"
    old.close()
    mended = load(replace(options, model_path=path))
    assert mended.model.vocabulary.tokenize(TEXT.encode()) == expected
    mended.context.close()
    mended.model.close()


def test_a_window_that_memory_cannot_hold(options: EngineOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 1000

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    with pytest.raises(EngineError, match="choose a smaller window"):
        load(options)


def test_the_window_is_no_larger_than_what_the_model_was_trained_for(options: EngineOptions) -> None:
    loaded = load(replace(options, n_ctx=10**6))
    assert loaded.context.n_ctx == loaded.model.n_ctx_train
    loaded.context.close()
    loaded.model.close()


@pytest.mark.parametrize(("threads", "micro_batch", "sequences"), [(10_000, 1, 8), (1, 4, 1000), (1, 10**6, 1000)])
def test_sizes_that_llama_cpp_would_abort_on_are_lowered(
    options: EngineOptions, threads: int, micro_batch: int, sequences: int
) -> None:
    loaded = load(replace(options, threads=threads, micro_batch=micro_batch, sequences=sequences))
    assert loaded.threads <= usable_cores()
    assert 1 <= loaded.context.sequences <= min(loaded.context.n_batch, llama.MAX_SEQUENCES)
    assert loaded.context.evaluate([1], 0, rows=1, sequence=loaded.context.sequences - 1)
    loaded.context.close()
    loaded.model.close()
