"""Models and contexts: a typed, checked surface over llama.cpp's C interface.

llama.cpp aborts the whole process on some inputs (a batch that is too large, logits that do not exist, positions out
of range): every call here checks first and raises `LlamaError`. `kv/cache.py` and `decoding/decode.py` decide what to
evaluate and when. A `Context` belongs to one thread; only its `abort` flag may be touched by others.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.runtime.abort_flag import AbortFlag
from dovetail_models.engine.runtime.llama_api import LOG, LlamaError, api, offloads
from dovetail_models.engine.runtime.progress import Progress
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.hardware import memory
from dovetail_models.hardware.estimate import KvType

Logits = npt.NDArray[np.float32]

KV_TYPES: Mapping[KvType, int] = {"f16": api.GGML_TYPE_F16, "q8_0": api.GGML_TYPE_Q8_0}
"""llama.cpp's numbers for the types of a KV cache."""

ABORTED = 2
"""llama_decode's result when the abort callback has stopped it."""

MAX_SEQUENCES = 64
"""llama.cpp knows no more (LLAMA_MAX_SEQ in its older versions)."""

NO_CELLS = 1
"""llama_decode's result when the KV cache has no free cells for the batch."""

MODEL_TEXT_BYTES = 512
"""Room for a model's description or a metadata value."""


class Model:
    """Loaded weights (or, with `vocab_only`, a vocabulary alone)."""

    def __init__(self, pointer: Any, path: Path) -> None:
        self._pointer = pointer
        self.path = path
        self.vocabulary = Vocabulary(api.llama_model_get_vocab(pointer))
        self.n_ctx_train = int(api.llama_model_n_ctx_train(pointer))
        self.weights_bytes = int(api.llama_model_size(pointer))

    @property
    def description(self) -> str:
        """Return llama.cpp's one-line description: architecture, size, quantization."""
        buffer = ctypes.create_string_buffer(MODEL_TEXT_BYTES)
        api.llama_model_desc(self._pointer, buffer, MODEL_TEXT_BYTES)
        return buffer.value.decode("utf-8", "replace")

    def metadata(self, key: str) -> str | None:
        """Return a metadata value as text, None where the file has no such key."""
        buffer = ctypes.create_string_buffer(MODEL_TEXT_BYTES)
        if api.llama_model_meta_val_str(self._pointer, key.encode(), buffer, MODEL_TEXT_BYTES) < 0:
            return None
        return buffer.value.decode("utf-8", "replace")

    def cache_bytes_per_token(self) -> int:
        """Return the bytes of KV cache (f16) that one token takes."""
        heads = max(1, int(api.llama_model_n_head(self._pointer)))
        head_size = int(api.llama_model_n_embd(self._pointer)) // heads
        return (
            2
            * 2
            * int(api.llama_model_n_layer(self._pointer))
            * int(api.llama_model_n_head_kv(self._pointer))
            * head_size
        )

    def context(
        self,
        n_ctx: int,
        threads: int,
        micro_batch: int,
        sequences: int = 1,
        progress: Progress | None = None,
        kv_type: KvType = "f16",
        flash_attention: bool | None = None,
    ) -> "Context":
        """Return a new context with an empty KV cache of `n_ctx` cells of type `kv_type`, which its sequences share.

        `progress` counts each evaluation. `flash_attention` None lets llama.cpp decide on an accelerator and is off on
        a CPU. Raises EngineError if it does not fit in memory.
        """
        if not 0 < sequences <= min(micro_batch, MAX_SEQUENCES):
            raise LlamaError(f"{sequences} sequences, where a batch has {micro_batch} tokens")
        params = api.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = micro_batch
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True
        params.no_perf = True
        params.type_k = params.type_v = KV_TYPES[kv_type]
        if flash_attention is not None:
            kind = "ENABLED" if flash_attention else "DISABLED"
            params.flash_attn_type = getattr(api, f"LLAMA_FLASH_ATTN_TYPE_{kind}")
        elif not offloads():
            # Slower than the plain kernels on a CPU, from a few hundred tokens on.
            params.flash_attn_type = api.LLAMA_FLASH_ATTN_TYPE_DISABLED
        pointer = api.llama_init_from_model(self._pointer, params)
        if not pointer:
            size = n_ctx * self.cache_bytes_per_token() / 2**20
            raise EngineError(
                f"a window of {n_ctx} tokens needs {size:.0f} MiB of KV cache, which is not to be had: "
                "choose a smaller window"
            )
        return Context(pointer, self, n_ctx, micro_batch, sequences, progress or Progress())

    def close(self) -> None:
        """Free the weights; contexts must be closed before."""
        api.llama_model_free(self._pointer)


class Context:
    """A KV cache and the means to evaluate tokens into it.

    Its cells are shared by `sequences` sequences, numbered from 0; one cell may belong to several of them.
    """

    def __init__(
        self, pointer: Any, model: Model, n_ctx: int, n_batch: int, sequences: int, progress: Progress
    ) -> None:
        self._pointer = pointer
        self._progress = progress
        self._memory = api.llama_get_memory(pointer)
        self._vocabulary_size = model.vocabulary.size
        self._batch = api.llama_batch_init(n_batch, 0, 1)
        self._rows = 0
        self.before_evaluation: Callable[[], None] = _nothing
        """Called before each evaluation, on the same thread."""
        self.n_ctx = min(n_ctx, int(api.llama_n_ctx(pointer)))
        self.n_batch = n_batch
        self.sequences = sequences
        self.abort = AbortFlag()
        # Must live as long as the context.
        self._aborted = ctypes.cast(self.abort.function, api.ggml_abort_callback)
        api.llama_set_abort_callback(pointer, self._aborted, self.abort.data)

    def set_threads(self, threads: int) -> None:
        """Compute on `threads` threads from the next evaluation on."""
        api.llama_set_n_threads(self._pointer, threads, threads)

    def held(self, sequence: int) -> int:
        """Return how many positions, from 0 on, the KV cache holds of a sequence."""
        self._check(sequence)
        return int(api.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def forget_from(self, position: int, sequence: int) -> None:
        """Remove a sequence from `position` on. If the architecture cannot keep the rest, remove the whole sequence."""
        self._check(sequence)
        if not api.llama_memory_seq_rm(self._memory, sequence, position, -1):
            api.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def share(self, source: int, target: int, length: int) -> None:
        """Let `target`, which must be empty, have the first `length` positions of `source`, in the same cells.

        Ask `held()`: an architecture that cannot share in part shares nothing.
        """
        self._check(source)
        if self.held(target) or not 0 < length <= self.held(source):
            raise LlamaError(f"{length} positions of {self.held(source)} to share with {self.held(target)}")
        api.llama_memory_seq_cp(self._memory, source, target, 0, length)
        if self.held(target) != length:
            api.llama_memory_seq_rm(self._memory, target, -1, -1)

    def evaluate(self, ids: Sequence[int], start: int, rows: int, sequence: int) -> bool:
        """Evaluate `ids` (at most `n_batch`) at the positions from `start` on, with logits for the last `rows` of them.

        False if it was aborted; ask `held()` then: some of the tokens may have been evaluated.
        """
        if not 0 < len(ids) <= self.n_batch:
            raise LlamaError(f"a batch of {len(ids)} tokens, where 1 to {self.n_batch} are allowed")
        if not 0 <= rows <= len(ids):
            raise LlamaError(f"logits for {rows} of {len(ids)} tokens")
        held = self.held(sequence)
        if start != held or start + len(ids) > self.n_ctx:
            raise LlamaError(f"{len(ids)} tokens at {start}, where {held} of {self.n_ctx} are held")
        if min(ids) < 0 or max(ids) >= self._vocabulary_size:
            raise LlamaError("a token that is not in the vocabulary")
        batch = self._batch
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i] = token
            batch.pos[i] = start + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = i >= len(ids) - rows
        self._rows = 0
        self.before_evaluation()
        result = api.llama_decode(self._pointer, batch)
        self._progress.step()
        if result == ABORTED:
            return False
        if result == NO_CELLS:
            raise LlamaError(f"{len(ids)} tokens, for which no cells of the KV cache are free")
        if result != 0:
            raise LlamaError(f"llama_decode failed ({result}): {LOG.reason('error')}")
        self._rows = rows
        return True

    def logits(self, row: int = 0) -> Logits:
        """Return the logits that the last evaluation asked for, the first row first: a view that holds until the next
        one."""
        if not 0 <= row < self._rows:
            raise LlamaError(f"row {row} of logits, where the last evaluation asked for {self._rows}")
        logits = api.llama_get_logits_ith(self._pointer, row - self._rows)
        return np.ctypeslib.as_array(logits, shape=(self._vocabulary_size,))

    def save(self, sequence: int, most: int) -> memoryview | None:
        """Return the state of a sequence, for `restore` of this context; None if it takes more than `most` bytes."""
        self._check(sequence)
        size = api.llama_state_seq_get_size(self._pointer, sequence)
        if size > most:
            return None
        # numpy asks for large pages and leaves them unwritten: a quarter of the time that a bytearray takes.
        state = np.empty(size, np.uint8).data
        buffer = (ctypes.c_uint8 * size).from_buffer(state)
        written = api.llama_state_seq_get_data(self._pointer, buffer, size, sequence)
        if written != size:
            raise LlamaError(f"{written} of {size} bytes of a sequence's state")
        return state

    def restore(self, state: bytearray | memoryview, sequence: int) -> None:
        """Let a sequence, which must be empty, have a state that `save` gave. Ask `held()`: without enough free cells
        nothing is restored."""
        if self.held(sequence):
            raise LlamaError("a state for a sequence that is not empty")
        buffer = (ctypes.c_uint8 * len(state)).from_buffer(state)
        self._rows = 0
        if not api.llama_state_seq_set_data(self._pointer, buffer, len(state), sequence):
            api.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def close(self) -> None:
        """Free the KV cache."""
        api.llama_batch_free(self._batch)
        api.llama_free(self._pointer)

    def _check(self, sequence: int) -> None:
        if not 0 <= sequence < self.sequences:
            raise LlamaError(f"sequence {sequence} of {self.sequences}")


def load_model(
    path: Path,
    gpu_layers: int = 0,
    vocab_only: bool = False,
    overrides: Mapping[str, str | bool] | None = None,
    progress: Progress | None = None,
    repacked: bool = True,
) -> Model:
    """Load a GGUF file; `overrides` replace metadata, `repacked` lays weights out for this processor. Raises
    ModelError, or EngineError where memory is short, with llama.cpp's own reason."""
    LOG.install()
    api.llama_backend_init()
    params = api.llama_model_default_params()
    params.n_gpu_layers = gpu_layers
    params.vocab_only = vocab_only
    params.use_extra_bufts = repacked
    if overrides:
        params.kv_overrides = _overrides(overrides)
    # Must live until loading has ended.
    callback = api.llama_progress_callback(lambda share, _data: _step(progress, share))
    params.progress_callback = callback
    pointer = api.llama_model_load_from_file(str(path).encode(), params)
    if not pointer:
        reason = LOG.reason("error loading model:")
        if memory.is_lack_of_memory(reason) and memory.is_short_for(path.stat().st_size):
            raise EngineError(
                f"there is not enough memory to load {path} ({reason}): close other programs or choose a smaller model"
            )
        raise ModelError(
            f"{path} cannot be loaded ({reason}): the file is damaged or of a kind that this llama.cpp does not know; "
            "download or convert it again"
        )
    return Model(pointer, path)


def _nothing() -> None: ...


def _step(progress: Progress | None, share: float) -> bool:
    """Note how far loading has come; return True so that it continues."""
    if progress is not None:
        progress.load(share)
    return True


def _overrides(values: Mapping[str, str | bool]) -> Any:
    """Return the array that llama.cpp reads up to an entry with an empty key."""
    array = (api.llama_model_kv_override * (len(values) + 1))()
    for entry, (key, value) in zip(array, values.items(), strict=False):
        entry.key = key.encode()
        if isinstance(value, bool):
            entry.tag = api.LLAMA_KV_OVERRIDE_TYPE_BOOL
            entry.value.val_bool = value
        else:
            entry.tag = api.LLAMA_KV_OVERRIDE_TYPE_STR
            entry.value.val_str = value.encode()
    return array
