"""Model files that cannot be used, each with one clear line; and one that the loader can fix."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dovetail_models.engine.client import launch
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama, llama_api
from dovetail_models.engine.runtime.loading import Loaded, check_vocabulary, load
from dovetail_models.errors import EngineError
from dovetail_models.hardware import memory
from dovetail_models.hardware.machine import usable_cores

TEXT = "if x:\n\treturn {'a': 12345} # naïve"


@pytest.fixture
def loaded(options: EngineOptions) -> Iterator[Loaded]:
    loaded = load(options)
    yield loaded
    loaded.context.close()
    loaded.model.close()


def altered(model_path: Path, into: Path, changes: dict[bytes, bytes]) -> Path:
    """Return a copy of a model file with some of its bytes replaced by as many others."""
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
    assert "download it again" in error(options, path)


def test_a_file_with_a_broken_header(options: EngineOptions, tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(range(256)) * 20)
    assert "download it again" in error(options, path)


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


def test_a_file_that_names_no_pre_tokenizer_is_repaired(options: EngineOptions, tmp_path: Path, loaded: Loaded) -> None:
    path = altered(options.model_path, tmp_path / "old.gguf", {b"tokenizer.ggml.pre": b"tokenizer.ggml.ex_"})
    old = llama.load_model(path, vocab_only=True)
    expected = loaded.model.vocabulary.tokenize(TEXT.encode())
    assert old.vocabulary.tokenize(TEXT.encode()) != expected, "the fault is there"
    old.close()
    repaired = load(replace(options, model_path=path))
    assert repaired.model.vocabulary.tokenize(TEXT.encode()) == expected
    repaired.context.close()
    repaired.model.close()


def test_a_window_that_memory_cannot_hold(options: EngineOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 1000
        total = 10**9

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


LIMITED = """
import resource, sys
from pathlib import Path
from dovetail_models.engine.runtime import llama, llama_api
from dovetail_models.engine.runtime.loading import load
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError

path = Path(sys.argv[1])
llama.load_model(Path(sys.argv[2]), vocab_only=True).close()
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 20) * int(sys.argv[3]),) * 2)
try:
    load(EngineOptions(path, n_ctx=1024, threads=1))
except EngineError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process's memory and reads /proc")
# With 1 to 3 MiB llama.cpp's tokenizer may have no room for its tables (2.1 MiB), which ends the process.
@pytest.mark.parametrize("spare_mb", [0, 4, 6])
def test_a_lack_of_memory_is_not_the_files_fault(options: EngineOptions, spare_mb: int) -> None:
    path = str(options.model_path)
    command = [sys.executable, "-c", LIMITED, path, path, str(spare_mb)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "not enough memory" in done.stdout and "damaged" not in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("reason", "is_memory"),
    [
        ("std::bad_alloc", True),
        ("mmap failed: Cannot allocate memory", True),
        ("unable to allocate CPU_REPACK buffer", True),
        ("alloc_tensor_range: failed to allocate CPU buffer of size 7", True),
        ("ImportError: libggml.so: failed to map segment from shared object", True),
        ("MemoryError", True),
        ("cudaMalloc failed: out of memory", True),
        ("tensor 'a' data is not within the file bounds, model is corrupted or incomplete", False),
        ("unknown model architecture: 'x'", False),
    ],
)
def test_reasons_that_are_about_memory(reason: str, is_memory: bool) -> None:
    assert memory.is_lack_of_memory(reason) is is_memory


def test_a_damaged_file_that_asks_for_everything_is_damaged_where_memory_is_free(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_api.LOG, "reason", lambda _marker: "std::bad_alloc")
    monkeypatch.setattr(llama_api.api, "llama_model_load_from_file", lambda *_: None)
    for free, said in ((2**40, "damaged"), (2**20, "not enough memory")):
        monkeypatch.setattr(memory, "free_bytes", lambda free=free: free)
        assert said in error(options, options.model_path)


def test_a_host_that_ran_out_of_memory_is_reported_as_such(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n")
    assert launch._cause_of_death(log) == "ran out of memory"
