"""The only module that imports llama_cpp: a typed, checked surface over llama.cpp's C interface.

llama.cpp aborts the whole process on some inputs (a batch that is too large, logits that are not there, positions out
of range): every call here checks first and raises `LlamaError`. What to evaluate and when is `kv.py`'s and
`decode.py`'s. A `Context` belongs to one thread; only its `abort` flag may be touched by others.
"""

import ctypes
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dovetail_models.engine.runtime import nvidia_libraries
from dovetail_models.engine.runtime.threads import waiting

os.environ.update(waiting(os.environ))  # read once, when llama.cpp's libraries are loaded
nvidia_libraries.preload()  # CUDA builds find them only if they are loaded already

import llama_cpp
import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as api
from llama_cpp._ctypes_extensions import load_shared_library

from dovetail_models.engine.runtime.abort_flag import AbortFlag
from dovetail_models.engine.runtime.progress import Progress
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.hardware import memory
from dovetail_models.hardware.estimate import KvType

_MARKER_ATTRIBUTES = (
    api.LLAMA_TOKEN_ATTR_UNKNOWN
    | api.LLAMA_TOKEN_ATTR_UNUSED
    | api.LLAMA_TOKEN_ATTR_CONTROL
    | api.LLAMA_TOKEN_ATTR_USER_DEFINED
)

Logits = npt.NDArray[np.float32]

KV_TYPES: Mapping[KvType, int] = {"f16": api.GGML_TYPE_F16, "q8_0": api.GGML_TYPE_Q8_0}
"""llama.cpp's numbers for the types of a KV cache."""

ABORTED = 2
"""llama_decode's result when the abort callback has said stop."""

MAX_SEQUENCES = 64
"""llama.cpp knows no more (LLAMA_MAX_SEQ in its older versions)."""

NO_CELLS = 1
"""llama_decode's result when the KV cache has no free cells for the batch."""

LOG_LINES = 1000
"""Lines of llama.cpp's log that are kept for error messages."""

MODEL_TEXT_BYTES = 512
"""Room for a model's description or a metadata value."""


class LlamaError(Exception):
    """A call that llama.cpp would have aborted on, or that it refused."""


class Log:
    """llama.cpp's own log: kept in memory, never printed."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self._line = ""
        # The object that C calls must live as long as the process.
        self._callback = api.llama_log_callback(self._take)

    def install(self) -> None:
        """Take over the process-wide log of llama.cpp."""
        api.llama_log_set(self._callback, ctypes.c_void_p(0))

    def reason(self, marker: str) -> str:
        """What stands behind `marker` in the last line that has it, or the last line of all."""
        for line in reversed(self.lines):
            if marker in line:
                return line.partition(marker)[2].strip(" :")
        return self.lines[-1].strip() if self.lines else "no reason given"

    def _take(self, _level: int, text: bytes, _data: Any) -> None:
        *whole, self._line = (self._line + text.decode("utf-8", "replace")).split("\n")
        self.lines.extend(line for line in whole if line.strip(" ."))


LOG = Log()


class Vocabulary:
    """A model's tokens. Ids of special tokens are None where the vocabulary has none."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer
        self.size = int(api.llama_vocab_n_tokens(pointer))
        self.bos = _id(api.llama_vocab_bos(pointer)) if api.llama_vocab_get_add_bos(pointer) else None
        self.is_sentencepiece = api.llama_vocab_type(pointer) == api.LLAMA_VOCAB_TYPE_SPM
        self._piece_buffer = ctypes.create_string_buffer(1024)
        # Asked of every token several times at load, and of some all the time: large vocabularies take seconds else.
        # Lists as long as the vocabulary, once something is asked.
        self._pieces: list[bytes | None] = []
        self._ends: list[bool | None] = []
        self._ordinary: npt.NDArray[np.int32] | None = None

    def tokenize(self, text: bytes) -> list[int]:
        """Tokens of UTF-8 `text`, with no special token added and none parsed (added tokens may match all the same)."""
        return self._tokens(text, parse_special=False)

    def special(self, text: str) -> int | None:
        """The special token with just this text, which llama.cpp's own lists of markers need not know; None if the text
        is several tokens, or a token of ordinary text."""
        ids = self._tokens(text.encode(), parse_special=True)
        if len(ids) != 1 or not api.llama_vocab_get_attr(self._pointer, ids[0]) & _MARKER_ATTRIBUTES:
            return None
        return ids[0] if self.piece(ids[0], special=True) == text.encode() else None

    def piece(self, token: int, special: bool = False) -> bytes:
        """The bytes that a token stands for; those of control tokens only with `special`."""
        self._check(token)
        if special:
            return self._read_piece(token, True)
        self._pieces = self._pieces or [None] * self.size
        known = self._pieces[token]
        if known is None:
            known = self._pieces[token] = self._read_piece(token, False)
        return known

    def is_marker(self, token: int) -> bool:
        """Whether a token is no piece of ordinary text: a control token, one added by the model's maker, or unused.

        Single characters that were added to a vocabulary (DeepSeek-Coder's \u00f5, say) are ordinary text, and so is
        white space. In a SentencePiece vocabulary a maker's own symbols are text, too (CodeGemma's indents and HTML
        tags), unless they look like markers.
        """
        self._check(token)
        attributes = api.llama_vocab_get_attr(self._pointer, token)
        if not attributes & _MARKER_ATTRIBUTES:
            return False
        text = self.piece(token, special=True).decode("utf-8", "replace")
        if attributes & api.LLAMA_TOKEN_ATTR_USER_DEFINED and self.is_sentencepiece:
            return text.startswith("<|") and text.endswith("|>")
        return len(text) > 1 and not text.isspace()

    def ends_text(self, token: int) -> bool:
        """Whether a generated token ends the text: the end token, or any marker, which never belongs in a user's
        file."""
        self._check(token)
        self._ends = self._ends or [None] * self.size
        known = self._ends[token]
        if known is None:
            known = bool(api.llama_vocab_is_eog(self._pointer, token)) or self.is_marker(token)
            self._ends[token] = known
        return known

    def ordinary(self) -> npt.NDArray[np.int32]:
        """All tokens that do not end a text."""
        if self._ordinary is None:
            self._ordinary = np.array([token for token in range(self.size) if not self.ends_text(token)], np.int32)
        return self._ordinary

    def _read_piece(self, token: int, special: bool) -> bytes:
        count = api.llama_token_to_piece(self._pointer, token, self._piece_buffer, 1024, 0, special)
        if count < 0:
            buffer = ctypes.create_string_buffer(-count)
            count = api.llama_token_to_piece(self._pointer, token, buffer, -count, 0, special)
            return buffer.raw[:count]
        return ctypes.string_at(self._piece_buffer, count)

    def _tokens(self, text: bytes, parse_special: bool) -> list[int]:
        room = len(text) + 2
        ids = (api.llama_token * room)()
        count = api.llama_tokenize(self._pointer, text, len(text), ids, room, False, parse_special)
        if count < 0:
            raise LlamaError(f"tokenization of {len(text)} bytes failed ({count})")
        return [int(token) for token in ids[:count]]

    def _check(self, token: int) -> None:
        if not 0 <= token < self.size:
            raise LlamaError(f"token {token} is not in the vocabulary of {self.size}")


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
        """llama.cpp's one-line description: architecture, size, quantization."""
        buffer = ctypes.create_string_buffer(MODEL_TEXT_BYTES)
        api.llama_model_desc(self._pointer, buffer, MODEL_TEXT_BYTES)
        return buffer.value.decode("utf-8", "replace")

    def metadata(self, key: str) -> str | None:
        """A metadata value as text, None where the file has no such key."""
        buffer = ctypes.create_string_buffer(MODEL_TEXT_BYTES)
        if api.llama_model_meta_val_str(self._pointer, key.encode(), buffer, MODEL_TEXT_BYTES) < 0:
            return None
        return buffer.value.decode("utf-8", "replace")

    def cache_bytes_per_token(self) -> int:
        """Bytes of KV cache (f16) that one token takes."""
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
        """Compute on so many threads from the next evaluation on."""
        api.llama_set_n_threads(self._pointer, threads, threads)

    def held(self, sequence: int) -> int:
        """How many positions, from 0 on, the KV cache holds of a sequence."""
        self._check(sequence)
        return int(api.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def forget_from(self, position: int, sequence: int) -> None:
        """Remove everything of a sequence from `position` on; what stands before stays where the architecture allows,
        else all goes."""
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
        """Logits that the last evaluation asked for, the first row first: a view that holds until the next one."""
        if not 0 <= row < self._rows:
            raise LlamaError(f"row {row} of logits, where the last evaluation asked for {self._rows}")
        logits = api.llama_get_logits_ith(self._pointer, row - self._rows)
        return np.ctypeslib.as_array(logits, shape=(self._vocabulary_size,))

    def save(self, sequence: int, most: int) -> memoryview | None:
        """The state of a sequence, for `restore` of this context; None if it takes more than `most` bytes."""
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
    told = api.llama_progress_callback(lambda share, _data: _step(progress, share))
    params.progress_callback = told
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


def offloads() -> bool:
    """Whether this llama.cpp was built for a GPU and finds one."""
    return bool(api.llama_supports_gpu_offload())


def version() -> str:
    """Which llama.cpp this is: states of one are not for another."""
    return str(llama_cpp.__version__)


def build() -> str:
    """Features that this llama.cpp was built with."""
    return str(api.llama_print_system_info().decode("utf-8", "replace")).strip(" |")


def library(name: str) -> ctypes.CDLL:
    """One of the libraries that llama.cpp consists of, such as "ggml"; it is loaded already."""
    loaded: ctypes.CDLL = load_shared_library(name, Path(llama_cpp.__file__).parent / "lib")
    return loaded


def _nothing() -> None: ...


def _step(progress: Progress | None, share: float) -> bool:
    """Note how far loading has come. True: it shall go on."""
    if progress is not None:
        progress.load(share)
    return True


def _overrides(values: Mapping[str, str | bool]) -> Any:
    """The array that llama.cpp reads up to an entry with an empty key."""
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


def _id(token: int) -> int | None:
    return None if token == api.LLAMA_TOKEN_NULL else int(token)
