"""Step-by-step reductions when memory is short, each in one line; and a model that leaves memory when idle."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from dovetail_models.engine.host.service import UNLOADED
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import devices, llama
from dovetail_models.engine.runtime.loading import Loaded, load
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.hardware import header
from dovetail_models.hardware.machine import Accelerator
from dovetail_models.prompt.parts import PromptParts
from tests.models.conftest import NewClient, until

JOB = CompletionJob(PromptParts((), "a.py", "def f(", ""), "test", 4)

LIMITED = """
import resource, sys
from pathlib import Path
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.loading import load
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError

path, spare_mb, *smaller = sys.argv[1:]
llama.load_model(Path(path), vocab_only=True).close()
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 20) * int(spare_mb),) * 2)
options = EngineOptions(Path(path), n_ctx=32768, threads=1, fallbacks=tuple(map(Path, smaller)))
try:
    loaded = load(options, report=print)
    assert loaded.context.evaluate([1, 2, 3], 0, 1, 0)
    print("loaded", loaded.model.path.stem, loaded.plan.n_ctx, loaded.plan.kv_type)
except EngineError as error:
    print("failed:", error)
"""


def long_window(model_path: Path, into: Path) -> Path:
    """Copy the starter model and declare a long training window: a small model with a large KV cache."""
    data = model_path.read_bytes()
    key = b"llama.context_length" + struct.pack("<I", 4)
    assert data.count(key) == 1
    at = data.index(key) + len(key)
    into.write_bytes(data[:at] + struct.pack("<I", 1 << 16) + data[at + 4 :])
    return into


def heavy(model_path: Path, into: Path, size: int) -> Path:
    """Return a copy of the starter model with one more tensor, which is all zeros and takes no room on disk."""
    data = model_path.read_bytes()
    version, tensors, keys = struct.unpack_from("<IQQ", data, 4)
    end = _end_of_header(model_path, tensors, keys)
    weights = data[_aligned(end) :]
    name = b"blk.0.extra.weight"
    offset = _aligned(len(weights))
    info = struct.pack("<Q", len(name)) + name + struct.pack("<IQIQ", 1, size // 4, 0, offset)
    head = data[:4] + struct.pack("<IQQ", version, tensors + 1, keys) + data[24:end] + info
    with into.open("wb") as file:
        file.write(head.ljust(_aligned(len(head)), b"\0") + weights)
        file.truncate(_aligned(len(head)) + offset + size)
    return into


def _aligned(size: int) -> int:
    return -(-size // 32) * 32


def _end_of_header(path: Path, tensors: int, keys: int) -> int:
    with path.open("rb") as file:
        reader = header._Reader(file, path.stat().st_size)
        file.seek(24)
        for _ in range(keys):
            header._read_value(reader, reader.text() or "", int(reader.take("I")))
        for _ in range(tensors):
            header._read_tensor(reader)
        return file.tell()


def loaded_under(spare_mb: int, model: Path, *smaller: Path) -> list[str]:
    """Return the report of a process with the given limit on additional address space."""
    command = [sys.executable, "-c", LIMITED, str(model), str(spare_mb), *map(str, smaller)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="limits a process's memory and reads /proc")


@needs_limits
@pytest.mark.parametrize(
    ("spare_mb", "windows", "end"),
    [
        (600, [], "32768 f16"),
        (300, [16384], "16384 f16"),
        (250, [16384, 8192], "8192 f16"),
        (150, [16384, 8192, 4096, 2048, 1024, "q8_0"], "1024 q8_0"),
    ],
)
def test_each_step_under_a_limit(
    model_path: Path, tmp_path: Path, spare_mb: int, windows: list[int | str], end: str
) -> None:
    *steps, last = loaded_under(spare_mb, long_window(model_path, tmp_path / "m.gguf"))
    assert last == f"loaded m {end}"
    assert len(steps) == len(windows)
    for step, window in zip(steps, windows, strict=True):
        assert step.startswith("m gets a") and f" {window} " in step
        assert "MiB are free under the limit on address space" in step


@needs_limits
def test_a_smaller_model_is_the_last_step(model_path: Path, tmp_path: Path) -> None:
    large = heavy(model_path, tmp_path / "large.gguf", 200 << 20)
    *steps, last = loaded_under(180, large, model_path)
    assert last.startswith(f"loaded {model_path.stem}")
    reported = [step for step in steps if "loading the smaller model" in step]
    assert len(reported) == 1 and reported[0].startswith("there is not enough memory for large")


@needs_limits
def test_where_nothing_fits_one_line_says_what_to_do(model_path: Path) -> None:
    last = loaded_under(8, model_path)[-1]
    assert last.startswith("failed: there is not enough memory") and "choose a smaller window" in last


@pytest.fixture
def loading(options: EngineOptions, model_path: Path, tmp_path: Path) -> Any:
    """Return a loader for a model with a long window and its reports. Close the models at the end."""
    loaded: list[Loaded] = []

    def load_it(**changes: object) -> tuple[Loaded, list[str]]:
        lines: list[str] = []
        path = long_window(model_path, tmp_path / "m.gguf")
        loaded.append(load(replace(options, model_path=path, **changes), report=lines.append))  # type: ignore[arg-type]
        return loaded[-1], lines

    yield load_it
    for each in loaded:
        each.context.close()
        each.model.close()


Loading = Callable[..., tuple[Loaded, list[str]]]


def test_an_estimate_that_was_too_low(loading: Loading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allocation fails though the estimate fits: the next step is tried with the same weights."""
    plain, weights = llama.Model.context, llama.load_model
    loads: list[int] = []

    def context(self: llama.Model, n_ctx: int, *rest: Any) -> llama.Context:
        if n_ctx > 1024 or rest[4] == "f16":
            raise EngineError("a window needs memory: choose a smaller window")
        return plain(self, n_ctx, *rest)

    def load_model(*arguments: Any, **named: Any) -> llama.Model:
        loads.append(1)
        return weights(*arguments, **named)

    monkeypatch.setattr(llama.Model, "context", context)
    monkeypatch.setattr(llama, "load_model", load_model)
    loaded, lines = loading(n_ctx=4096)
    assert (loaded.plan.n_ctx, loaded.plan.kv_type) == (1024, "q8_0")
    assert len(lines) == 3 and lines[-1] == "m gets a KV cache of type q8_0 instead of f16: a window needs memory"
    assert len(loads) == 2, "the vocabulary, then the weights once"
    assert {choice.name: choice.reason for choice in loaded.choices}["window"].startswith("lowered to fit")


def test_layers_leave_an_accelerator_that_is_full(loading: Loading, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    plain = llama.load_model

    def load_model(path: Path, gpu_layers: int = 0, **named: Any) -> llama.Model:
        if not named.get("vocab_only"):
            tried.append(gpu_layers)
            if gpu_layers > 1:
                raise EngineError("cudaMalloc failed: close other programs")
        return plain(path, 0, **named)

    gpu = Accelerator("CUDA0", "a GPU", "gpu", 2**34, 2**34)
    monkeypatch.setattr(devices, "accelerators", lambda: (gpu,))
    monkeypatch.setattr(llama, "load_model", load_model)
    loaded, lines = loading(n_ctx=1024)
    assert tried == [5, 5, 3, 2, 1] and loaded.plan.gpu_layers == 1
    assert [line.partition(" gets ")[2].partition(":")[0] for line in lines] == [
        "a KV cache of type q8_0 instead of f16",
        "3 layers on the GPU instead of 5",
        "2 layers on the GPU instead of 3",
        "1 layers on the GPU instead of 2",
    ]


def test_a_damaged_file_is_no_lack_of_memory(options: EngineOptions, model_path: Path, tmp_path: Path) -> None:
    """Another model in its place would hide the damage."""
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(model_path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="damaged"):
        load(replace(options, model_path=damaged, fallbacks=(model_path,)))


async def test_an_idle_host_lets_go_of_the_model(new_client: NewClient, options: EngineOptions) -> None:
    said: list[EngineStatus] = []
    client = new_client(replace(options, unload_after_s=0.1), said.append)
    first = await client.complete(JOB)
    await until(lambda: said[-1].message == UNLOADED)
    host = psutil.Process((await client.status()).pid)
    del said[:]
    again = await client.complete(JOB)
    assert again.text == first.text and again.reused_tokens == 0
    assert {"loading", "ready"} <= {status.state for status in said}
    assert (await client.status()).pid == host.pid, "the same host"
