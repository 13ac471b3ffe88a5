"""From options to a loaded model with a context: checks, mends, and the search for what fits on an accelerator."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from dovetail_models.engine import llama
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.progress import Progress
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.files import check_file

MIN_N_CTX = 256
"""Tokens: smaller windows hold no useful prompt."""

GPU_SHARES = (1, 3 / 4, 1 / 2, 1 / 4, 0)
"""Shares of a model's layers that are tried on the accelerator, most first, when as many as fit are asked for."""

PRE_TOKENIZER = "tokenizer.ggml.pre"
"""The GGUF key that names how text is split before tokenization."""

ROUND_TRIP_PROBE = "x = 1\n\n\tif  y:\r\n        é🦕 \n"
"""What a tokenizer made for prose gives back changed: no space before the first word, runs of white space, tabs."""

DEEPSEEK_FIM_BEGIN = "<｜fim▁begin｜>"
"""DeepSeek-Coder's own spelling of the marker, by which its vocabulary is known (full-width bars, U+2581)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and a context for it, with the threads it computes on."""

    model: llama.Model
    context: llama.Context
    threads: int


def load(options: EngineOptions, progress: Progress | None = None) -> Loaded:
    """Load what `options` ask for; `progress` is told of each step, now and whenever it works.

    Raises EngineError with one line that says what to do next.
    """
    check_file(options.model_path)
    vocabulary = llama.load_model(options.model_path, vocab_only=True)
    check_vocabulary(vocabulary.vocabulary, options.model_path)
    pre_tokenizer = _missing_pre_tokenizer(vocabulary)
    attempts = _gpu_layer_attempts(options.gpu_layers, vocabulary)
    vocabulary.close()
    # More threads than cores only wait for one another, and beyond 512 llama.cpp aborts.
    threads = max(1, min(options.threads or default_threads(), usable_cores()))
    for layers in attempts:
        try:
            return _load(options, layers, threads, pre_tokenizer, progress)
        except EngineError:
            if layers == attempts[-1]:
                raise
    raise AssertionError("there is always an attempt")


def check_vocabulary(vocabulary: llama.Vocabulary, path: Path) -> None:
    """Raise ModelError if code cannot be completed in place with this vocabulary."""
    if None in (vocabulary.fim_begin, vocabulary.fim_hole, vocabulary.fim_end):
        raise ModelError(
            f"{path} has no fill-in-the-middle tokens, so it cannot complete code in place: "
            "choose a base model (not instruct), such as deepseek-coder-1.3b-base"
        )
    probe = ROUND_TRIP_PROBE.encode()
    if b"".join(map(vocabulary.piece, vocabulary.tokenize(probe))) != probe:
        raise ModelError(
            f"{path} has a vocabulary that changes the white space of code: "
            "choose a model with byte-level tokens, such as deepseek-coder-1.3b-base"
        )


def default_threads() -> int:
    """One thread a physical core that this process may use."""
    return max(1, min(usable_cores(), psutil.cpu_count(logical=False) or usable_cores()))


def usable_cores() -> int:
    """Logical cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _load(
    options: EngineOptions, gpu_layers: int, threads: int, pre_tokenizer: str | None, progress: Progress | None
) -> Loaded:
    overrides = {PRE_TOKENIZER: pre_tokenizer} if pre_tokenizer else {}
    model = llama.load_model(options.model_path, gpu_layers, overrides=overrides, progress=progress)
    n_ctx = max(MIN_N_CTX, min(options.n_ctx, model.n_ctx_train or options.n_ctx))
    try:
        _check_memory(n_ctx * model.cache_bytes_per_token(), n_ctx)
        micro_batch = max(1, min(options.micro_batch, n_ctx))
        sequences = max(1, min(options.sequences, micro_batch, llama.MAX_SEQUENCES))
        context = model.context(n_ctx, threads, micro_batch, sequences, progress)
    except EngineError:
        model.close()
        raise
    return Loaded(model, context, threads)


def _check_memory(cache_bytes: int, n_ctx: int) -> None:
    """Refuse a KV cache that main memory cannot hold: the system would grant it and later kill some process for it."""
    available = psutil.virtual_memory().available
    if not llama.offloads() and cache_bytes > available:
        raise EngineError(
            f"a window of {n_ctx} tokens needs {cache_bytes / 2**20:.0f} MiB for its KV cache and only "
            f"{available / 2**20:.0f} MiB of memory are free: choose a smaller window or a smaller model"
        )


def _missing_pre_tokenizer(model: llama.Model) -> str | None:
    """The pre-tokenizer that a DeepSeek-Coder file fails to name; None where nothing is to be mended.

    Files made before llama.cpp knew pre-tokenizers are still widely used, and would split text in another way than the
    model learned.
    """
    vocabulary = model.vocabulary
    begin = vocabulary.fim_begin
    if begin is None or vocabulary.piece(begin, special=True).decode("utf-8", "replace") != DEEPSEEK_FIM_BEGIN:
        return None
    return None if model.metadata(PRE_TOKENIZER) else "deepseek-coder"


def _gpu_layer_attempts(wanted: int, model: llama.Model) -> list[int]:
    """Numbers of layers to try on the accelerator, one after the other until the model fits."""
    if not llama.offloads():
        return [0]
    if wanted >= 0:
        return [wanted]
    layers = int(model.metadata(f"{model.metadata('general.architecture')}.block_count") or 0)
    return [int((layers + 1) * share) for share in GPU_SHARES]  # llama.cpp counts the output as one layer more.
