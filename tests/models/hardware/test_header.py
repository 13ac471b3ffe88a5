"""Reading GGUF headers, including malicious ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from dovetail_models.errors import ModelError
from dovetail_models.hardware.header import read_shape

STRING, ARRAY, U32 = 8, 9, 4


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def key(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def number(name: str, value: int) -> bytes:
    return key(name, U32, struct.pack("<I", value))


def tensor(name: str, dimensions: tuple[int, ...], kind: int, offset: int = 0) -> bytes:
    sizes = b"".join(struct.pack("<Q", one) for one in dimensions)
    return text(name) + struct.pack("<I", len(dimensions)) + sizes + struct.pack("<IQ", kind, offset)


ARCHITECTURE = key("general.architecture", STRING, text("llama"))
SIZES = (
    number("llama.block_count", 2),
    number("llama.embedding_length", 64),
    number("llama.attention.head_count", 2),
)


def gguf(folder: Path, keys: tuple[bytes, ...], tensors: tuple[bytes, ...] = (), room: int = 1 << 16) -> Path:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    path = folder / "model.gguf"
    path.write_bytes(head + b"".join(keys) + b"".join(tensors) + bytes(room))
    return path


def test_the_starter_model(model_path: Path) -> None:
    shape = read_shape(model_path)
    assert shape.architecture == "llama" and shape.vocabulary > 1000
    assert 0.98 < shape.weights_bytes / model_path.stat().st_size <= 1 or shape.vocabulary > shape.embedding
    assert len(shape.layer_bytes) == shape.layers and min(shape.layer_bytes) > 0
    assert shape.kv_elements == shape.layers * 2 * shape.embedding


def test_sizes_by_tensor(tmp_path: Path) -> None:
    tensors = (
        tensor("token_embd.weight", (64, 100), 0),
        tensor("blk.0.attn_q.weight", (64, 64), 8),
        tensor("blk.1.attn_q.weight", (64, 64), 1),
        tensor("blk.1.attn_norm.weight", (64,), 0),
        tensor("output.weight", (64, 100), 1),
    )
    shape = read_shape(gguf(tmp_path, (ARCHITECTURE, *SIZES), tensors))
    assert shape.input_bytes == 64 * 100 * 4 and shape.output_bytes == 64 * 100 * 2
    assert shape.layer_bytes == (64 * 64 // 32 * 34, 64 * 64 * 2 + 64 * 4)
    assert dict(shape.matrices) == {"q8_0": 64 * 64 // 32 * 34, "f16": 64 * 64 * 2 + 64 * 100 * 2}
    assert shape.kv_elements == 2 * 2 * 64


def test_heads_that_differ_by_layer(tmp_path: Path) -> None:
    heads = key("llama.attention.head_count_kv", ARRAY, struct.pack("<IQ", U32, 2) + struct.pack("<II", 1, 2))
    assert read_shape(gguf(tmp_path, (ARCHITECTURE, *SIZES, heads))).kv_elements == (1 + 2) * 2 * 32


def test_a_type_that_is_newer_than_this_reader(tmp_path: Path) -> None:
    shape = read_shape(gguf(tmp_path, (ARCHITECTURE, *SIZES), (tensor("blk.0.x.weight", (64, 64), 250),)))
    assert shape.layer_bytes[0] == 64 * 64


HOSTILE = {
    "not GGUF": b"GGML" + bytes(64),
    "ends after the magic": b"GGUF",
    "version 99": b"GGUF" + struct.pack("<IQQ", 99, 0, 0),
    "2**63 tensors": b"GGUF" + struct.pack("<IQQ", 3, 2**63, 0),
    "2**63 keys": b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63),
    "more keys than bytes": b"GGUF" + struct.pack("<IQQ", 3, 0, 1000) + bytes(40),
    "a text of 2**64-1 bytes": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**64 - 1) + bytes(99),
    "a value of type 77": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key("k", 77, bytes(8)),
    "an array of arrays": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key("k", ARRAY, struct.pack("<IQ", ARRAY, 9)),
    "an array of 2**60": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key("k", ARRAY, struct.pack("<IQ", U32, 2**60)),
    "many arrays": b"GGUF"
    + struct.pack("<IQQ", 3, 0, 2)
    + key("a", ARRAY, struct.pack("<IQ", 0, 3_000_000) + bytes(3_000_000)) * 2,
    "a million layers": b"GGUF" + struct.pack("<IQQ", 3, 0, 4) + ARCHITECTURE + number("llama.block_count", 10**6) * 3,
    "no sizes": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + ARCHITECTURE,
    "9 dimensions": b"GGUF" + struct.pack("<IQQ", 3, 1, 4) + ARCHITECTURE + b"".join(SIZES) + tensor("t", (1,) * 9, 0),
    "a huge tensor": b"GGUF"
    + struct.pack("<IQQ", 3, 1, 4)
    + ARCHITECTURE
    + b"".join(SIZES)
    + tensor("t", (2**40, 2**40), 0),
    "a tensor past the end": b"GGUF"
    + struct.pack("<IQQ", 3, 1, 4)
    + ARCHITECTURE
    + b"".join(SIZES)
    + tensor("t", (64, 64), 0, 2**50),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_end_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(ModelError) as caught:
        read_shape(path)
    assert "download it again" in str(caught.value) and "\n" not in str(caught.value)


def test_cut_anywhere(model_path: Path, tmp_path: Path) -> None:
    """A header that ends at any byte is damaged, never an exception of another kind."""
    data = model_path.read_bytes()
    path = tmp_path / "cut.gguf"
    for length in (*range(4, 400, 7), *range(1000, 200_000, 9973)):
        path.write_bytes(data[:length])
        with pytest.raises(ModelError):
            read_shape(path)
