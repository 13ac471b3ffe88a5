"""A model file to measure speed on: layers of DeepSeek-Coder 1.3B's shape, all weights zero.

What a multiplication costs does not depend on the numbers. The file is sparse: 120 MB long, some kilobytes on disk.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

LAYERS = 4
"""A sixth of the real model's: loading and measuring take seconds on two cores."""

EMBEDDING = 2048
FEED_FORWARD = 5504
HEADS = 16
"""DeepSeek-Coder 1.3B's configuration (config.json)."""

VOCABULARY = 4096
"""An eighth of the real one's: enough that reading logits counts."""

_U32, _F32, _STRING = 4, 6, 8
"""Types of metadata values (GGUF specification)."""

_FLOATS, _Q4_0 = 0, 2
"""Types of tensors (enum ggml_type)."""

_ALIGNMENT = 32


def write_practice_model(path: Path) -> None:
    """Write the file. Raises OSError."""
    metadata = _metadata()
    tensors = list(_tensors())
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    head += b"".join(_text(key) + value for key, value in metadata.items())
    offset = 0
    for name, shape, kind in tensors:
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        offset += _aligned(_size(shape, kind))
    with path.open("wb") as file:
        file.write(head)
        file.truncate(_aligned(len(head)) + offset)


def _metadata() -> dict[str, bytes]:
    numbers = {
        "context_length": 4096,
        "embedding_length": EMBEDDING,
        "block_count": LAYERS,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": HEADS,
        "rope.dimension_count": EMBEDDING // HEADS,
        "vocab_size": VOCABULARY,
    }
    return {
        "general.architecture": struct.pack("<I", _STRING) + _text("llama"),
        "tokenizer.ggml.model": struct.pack("<I", _STRING) + _text("no_vocab"),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", _F32, 1e-6),
        **{f"llama.{key}": struct.pack("<II", _U32, number) for key, number in numbers.items()},
    }


def _tensors() -> Iterator[tuple[str, tuple[int, ...], int]]:
    yield "token_embd.weight", (EMBEDDING, VOCABULARY), _Q4_0
    yield "output_norm.weight", (EMBEDDING,), _FLOATS
    yield "output.weight", (EMBEDDING, VOCABULARY), _Q4_0
    for layer in range(LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{name}.weight", (EMBEDDING,), _FLOATS
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", (EMBEDDING, EMBEDDING), _Q4_0
        for name in ("ffn_gate", "ffn_up"):
            yield f"blk.{layer}.{name}.weight", (EMBEDDING, FEED_FORWARD), _Q4_0
        yield f"blk.{layer}.ffn_down.weight", (FEED_FORWARD, EMBEDDING), _Q4_0


def _size(shape: tuple[int, ...], kind: int) -> int:
    """Return the bytes of a tensor: four each, or 18 for 32 weights."""
    count = 1
    for length in shape:
        count *= length
    return count * 4 if kind == _FLOATS else count // 32 * 18


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()
