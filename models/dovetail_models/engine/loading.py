"""From options to a loaded model with a context: checks, mends, and the search for what fits on an accelerator."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from dovetail_models.engine import llama
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.progress import Progress
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.files import check_file
from dovetail_models.prompt.formats.choose import Chosen, ModelIdentity, candidates, choose, without_markers
from dovetail_models.prompt.formats.deepseek import DEEPSEEK
from dovetail_models.prompt.formats.format import Format

MIN_N_CTX = 256
"""Tokens: smaller windows hold no useful prompt."""

GPU_SHARES = (1, 3 / 4, 1 / 2, 1 / 4, 0)
"""Shares of a model's layers that are tried on the accelerator, most first, when as many as fit are asked for."""

PRE_TOKENIZER = "tokenizer.ggml.pre"
"""The GGUF key that names how text is split before tokenization."""

ROUND_TRIP_PROBE = "x = 1\n\n\tif  y:\r\n        é🦕 \n"
"""What a tokenizer made for prose gives back changed: no space before the first word, runs of white space, tabs."""

LEADING_SPACE = "tokenizer.ggml.add_space_prefix"
"""The GGUF key that says whether a SentencePiece vocabulary puts a space before each text. Formats write it themselves,
where a model expects it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and a context for it, with the threads it computes on and the format of its prompts."""

    model: llama.Model
    context: llama.Context
    threads: int
    chosen: Chosen


def load(options: EngineOptions, progress: Progress | None = None) -> Loaded:
    """Load what `options` ask for; `progress` is told of each step, now and whenever it works.

    Raises EngineError with one line that says what to do next.
    """
    check_file(options.model_path)
    with closing(llama.load_model(options.model_path, vocab_only=True)) as header:
        chosen = format_of(header)
        overrides = _overrides(header, chosen.format)
        attempts = _gpu_layer_attempts(options.gpu_layers, header)
        if not overrides:
            check_vocabulary(header.vocabulary, options.model_path)
    if overrides:
        with closing(llama.load_model(options.model_path, vocab_only=True, overrides=overrides)) as mended:
            check_vocabulary(mended.vocabulary, options.model_path)
    # More threads than cores only wait for one another, and beyond 512 llama.cpp aborts.
    threads = max(1, min(options.threads or default_threads(), usable_cores()))
    for layers in attempts:
        try:
            return _load(options, layers, threads, overrides, chosen, progress)
        except EngineError:
            if layers == attempts[-1]:
                raise
    raise AssertionError("there is always an attempt")


def format_of(model: llama.Model) -> Chosen:
    """Return the prompt format of a model, of which the vocabulary and metadata are enough.

    Raises ModelError if the model cannot complete code in place.
    """
    keys = ("general.name", "general.basename", "general.finetune")
    names = (*(model.metadata(key) or "" for key in keys), model.path.stem)
    identity = ModelIdentity(str(model.path), names, model.metadata("general.architecture") or "")
    return choose(identity, lambda text: model.vocabulary.special(text) is not None)


def check_vocabulary(vocabulary: llama.Vocabulary, path: Path) -> None:
    """Raise ModelError if code cannot be completed in place with this vocabulary, whoever's it is."""
    if not candidates(lambda text: vocabulary.special(text) is not None):
        raise without_markers(str(path))
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
    options: EngineOptions,
    gpu_layers: int,
    threads: int,
    overrides: dict[str, str | bool],
    chosen: Chosen,
    progress: Progress | None,
) -> Loaded:
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
    return Loaded(model, context, threads, chosen)


def _check_memory(cache_bytes: int, n_ctx: int) -> None:
    """Refuse a KV cache that main memory cannot hold: the system would grant it and later kill some process for it."""
    available = psutil.virtual_memory().available
    if not llama.offloads() and cache_bytes > available:
        raise EngineError(
            f"a window of {n_ctx} tokens needs {cache_bytes / 2**20:.0f} MiB for its KV cache and only "
            f"{available / 2**20:.0f} MiB of memory are free: choose a smaller window or a smaller model"
        )


def _overrides(model: llama.Model, format: Format) -> dict[str, str | bool]:
    """Metadata that is to be replaced so that text becomes the tokens that the model learned.

    DeepSeek-Coder's files from before llama.cpp knew pre-tokenizers are still widely used and name none. A space that
    SentencePiece puts before each text would come with each piece of a prompt.
    """
    overrides: dict[str, str | bool] = {}
    if format is DEEPSEEK and not model.metadata(PRE_TOKENIZER):
        overrides[PRE_TOKENIZER] = "deepseek-coder"
    if model.vocabulary.is_sentencepiece:
        overrides[LEADING_SPACE] = False
    return overrides


def _gpu_layer_attempts(wanted: int, model: llama.Model) -> list[int]:
    """Numbers of layers to try on the accelerator, one after the other until the model fits."""
    if not llama.offloads():
        return [0]
    if wanted >= 0:
        return [wanted]
    layers = int(model.metadata(f"{model.metadata('general.architecture')}.block_count") or 0)
    return [int((layers + 1) * share) for share in GPU_SHARES]  # llama.cpp counts the output as one layer more.
