"""What a model takes in memory, and how fast it will be, before it is loaded. Pure.

The buffers are those that llama.cpp allocates (`llama_kv_cache`, `sched_reserve` and the repack buffer type of its CPU
back end, read in its sources and compared with its log). The measured constants, and how far they are off, are in this
folder's README.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dovetail_models.hardware.shape import ModelShape

KvType = Literal["f16", "q8_0"]

BYTES_PER_ELEMENT: dict[KvType, float] = {"f16": 2.0, "q8_0": 34 / 32}
"""Of a KV cache."""

CELLS = 256
"""llama.cpp rounds a window up to a multiple of this many cells."""

PROCESS_BYTES = 48 * 2**20
"""The host without a model: Python, its libraries, llama.cpp's (measured)."""

BYTES_PER_VOCABULARY_TOKEN = 600
"""llama.cpp's vocabulary and the host's own tables of its tokens (measured with 8,192 and 32,256 tokens)."""

BATCH_WIDTHS = 7
"""Copies of a batch's vectors that llama.cpp's graph keeps at a time without flash attention (measured)."""

DECODE_SHARE = 0.75
"""Share of the memory bandwidth that decoding reaches (measured)."""

STEP_MS = 0.3
"""Milliseconds of each step that do not depend on the weights (measured)."""

PREFILL_SHARE = 0.7
"""Multiplications of quantized weights a second, as a share of those of numpy's float32 matrix product (measured)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is loaded: every value that memory and speed follow from."""

    n_ctx: int
    """Tokens of the window."""
    kv_type: KvType
    flash_attention: bool | None
    """None lets llama.cpp decide, which it does by the accelerator."""
    micro_batch: int
    """Tokens that are evaluated in one call."""
    threads: int
    gpu_layers: int
    """Layers on accelerators; the output counts as one more."""


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes by part, in main memory unless the name specifies otherwise."""

    weights: int
    """The file's weights, mapped."""
    repacked: int
    """Weights that are laid out once more for this processor; the mapped pages stay resident beside them."""
    cache: int
    compute: int
    process: int
    gpu: int
    """On accelerators: weights, cache and computation there."""

    @property
    def main(self) -> int:
        """Return all of main memory that the host will take."""
        return self.weights + self.repacked + self.cache + self.compute + self.process


@dataclass(frozen=True, slots=True)
class SpeedEstimate:
    """What to expect of a model on a CPU."""

    prefill_tokens_s: float
    decode_ms: float


def cache_bytes(shape: ModelShape, n_ctx: int, kv_type: KvType) -> int:
    """Return the bytes of a KV cache."""
    cells = -(-n_ctx // CELLS) * CELLS
    return int(cells * shape.kv_elements * BYTES_PER_ELEMENT[kv_type])


def compute_bytes(shape: ModelShape, plan: Plan) -> int:
    """Return the bytes of the buffers that one evaluation uses."""
    batch = plan.micro_batch
    flash = plan.flash_attention is True or plan.kv_type != "f16"
    mask = batch * plan.n_ctx * 4
    vectors = batch * shape.embedding * 4
    attention = 0 if flash else shape.heads * plan.n_ctx * batch * 4 + BATCH_WIDTHS * vectors
    return mask + max(attention, batch * shape.vocabulary * 4 + vectors)


def repacked_types(instruction_sets: Collection[str]) -> frozenset[str]:
    """Return the types of weights that llama.cpp's CPU back end lays out again on such a processor.

    Source: `ggml_repack_get_optimal_repack_type` in llama.cpp's `ggml-cpu/repack.cpp`.
    """
    if "AVX2" in instruction_sets:
        types = {"q4_0", "q4_K", "iq4_nl", "mxfp4"}
        return frozenset(types | {"q2_K"} if "AVX512" in instruction_sets else types)
    if "DOTPROD" in instruction_sets:
        return frozenset({"q4_0", "q4_K", "q5_K", "q6_K", "q8_0", "iq4_nl", "mxfp4"})
    return frozenset()


def memory_need(shape: ModelShape, plan: Plan, instruction_sets: Collection[str]) -> MemoryNeed:
    """Return what a model takes when it is loaded like this."""
    on_gpu = min(plan.gpu_layers, shape.layers)
    whole = plan.gpu_layers > shape.layers
    share = on_gpu / shape.layers if shape.layers else 0.0
    # llama.cpp moves the layers next to the output first.
    moved = sum(shape.layer_bytes[len(shape.layer_bytes) - on_gpu :]) if on_gpu else 0
    moved += shape.output_bytes if whole else 0
    cache = cache_bytes(shape, plan.n_ctx, plan.kv_type)
    compute = compute_bytes(shape, plan)
    types = repacked_types(instruction_sets)
    repacked = sum(size for name, size in shape.matrices if name in types)
    stays = 1.0 - moved / max(shape.weights_bytes - shape.input_bytes, 1)
    return MemoryNeed(
        weights=shape.weights_bytes - moved,
        repacked=int(repacked * stays),
        cache=int(cache * (1 - share)),
        compute=compute,
        process=PROCESS_BYTES + shape.vocabulary * BYTES_PER_VOCABULARY_TOKEN,
        gpu=int(moved + cache * share + (compute if on_gpu else 0)),
    )


def speed_on_cpu(
    shape: ModelShape, bandwidth_bytes_s: float, multiplications_s: float, depth: int = 0
) -> SpeedEstimate:
    """Return the speed of a model all of whose layers the CPU computes.

    `bandwidth_bytes_s` and `multiplications_s` are those of `measure.py` with as many threads; `depth` tokens of
    context have to be read for each token as well.
    """
    read = shape.read_bytes + depth * shape.kv_elements * BYTES_PER_ELEMENT["f16"]
    return SpeedEstimate(
        prefill_tokens_s=multiplications_s * PREFILL_SHARE / max(shape.multiplied_parameters, 1),
        decode_ms=decode_ms(read, bandwidth_bytes_s),
    )


def decode_ms(read_bytes: float, bandwidth_bytes_s: float) -> float:
    """Return the milliseconds of a token for which `bytes` are read, on a CPU."""
    return read_bytes / (bandwidth_bytes_s * DECODE_SHARE) * 1000 + STEP_MS
