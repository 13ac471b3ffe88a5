"""The structure of a GGUF file: whether header, metadata and all tensors are there. No weight is read.

Source: the GGUF specification (ggml/docs/gguf.md) and ggml.h for the sizes of types. Both byte orders occur; only
little-endian is known to llama.cpp on common machines, so another one is refused.
"""

import struct
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from pathlib import Path

from dovetail_models.errors import ModelError
from dovetail_models.files import GGUF_MAGIC

VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_STRING_BYTES = 1 << 26
"""Longer strings are a damaged length, not a chat template."""
MAX_COUNT = 1 << 27
"""More items are a damaged count: the largest vocabularies have a quarter of a million."""
MAX_NESTING = 4
"""Arrays in arrays: no known file has any."""

SCALAR_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING_TYPE, ARRAY_TYPE = 8, 9

TENSOR_TYPES = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""For each type of ggml.h: values in a block, bytes of a block."""


@dataclass(frozen=True, slots=True)
class GgufLayout:
    """What a file says of itself.

    tensors: the number of tensors.
    needed_bytes: the least size that holds all of them.
    """

    tensors: int
    needed_bytes: int


class _Damaged(Exception):
    """The file does not have the structure of GGUF; the text says what is wrong."""


def check_structure(path: Path) -> None:
    """Raise ModelError if the file is no GGUF, is damaged in its header, or ends before its last tensor."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            layout = _layout(_Reader(file, size))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except _Damaged as error:
        raise ModelError(f"{path} is damaged ({error}): download it again") from error
    if size < layout.needed_bytes:
        raise ModelError(f"{path} is truncated ({size:,} of at least {layout.needed_bytes:,} bytes): download it again")


class _Reader:
    """Reads values one after the other, and never more than the file has."""

    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file = file
        self._size = size

    def take(self, count: int) -> bytes:
        data = self._file.read(count) if count <= self._size else b""
        if len(data) < count:
            raise _Damaged("the header ends early")
        return data

    def number(self, form: str) -> int:
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(form)))[0])

    def count(self) -> int:
        value = self.number("Q")
        if value > MAX_COUNT:
            raise _Damaged(f"a count of {value}")
        return value

    def string(self) -> bytes:
        length = self.number("Q")
        if length > MAX_STRING_BYTES:
            raise _Damaged(f"a string of {length} bytes")
        return self.take(length)

    def value(self, kind: int, depth: int = 0) -> int | None:
        """Read a value of metadata; return it if it is an unsigned 32-bit number."""
        if kind == STRING_TYPE:
            self.string()
        elif kind == ARRAY_TYPE:
            self._array(depth)
        elif kind in SCALAR_FORMATS:
            data = self.take(struct.calcsize(SCALAR_FORMATS[kind]))
            return int(struct.unpack("<I", data)[0]) if SCALAR_FORMATS[kind] == "I" else None
        else:
            raise _Damaged(f"an unknown type of metadata, {kind}")
        return None

    def tell(self) -> int:
        return self._file.tell()

    def _array(self, depth: int) -> None:
        kind, count = self.number("I"), self.count()
        if kind in SCALAR_FORMATS:
            self.take(count * struct.calcsize(SCALAR_FORMATS[kind]))
            return
        if depth >= MAX_NESTING:
            raise _Damaged("arrays nested too deep")
        for _ in range(count):
            self.value(kind, depth + 1)


def _layout(reader: _Reader) -> GgufLayout:
    if reader.take(len(GGUF_MAGIC)) != GGUF_MAGIC:
        raise _Damaged("it does not begin with GGUF")
    version = reader.number("I")
    if version not in VERSIONS:
        raise _Damaged(f"version {version} of GGUF is not known")
    tensors, pairs = reader.count(), reader.count()
    alignment = DEFAULT_ALIGNMENT
    for _ in range(pairs):
        key = reader.string()
        value = reader.value(reader.number("I"))
        if key == b"general.alignment" and value is not None:
            alignment = value
    if alignment < 1:
        raise _Damaged("an alignment of 0")
    ends = [_tensor_end(reader) for _ in range(tensors)]
    start = -(-reader.tell() // alignment) * alignment
    return GgufLayout(tensors, start + max(ends) if ends else reader.tell())


def _tensor_end(reader: _Reader) -> int:
    """Return where a tensor ends in the data, or where it begins if the size of its type is not known."""
    reader.string()
    dimensions = reader.number("I")
    if dimensions > 8:
        raise _Damaged(f"a tensor of {dimensions} dimensions")
    values = prod(reader.number("Q") for _ in range(dimensions))
    block, block_bytes = TENSOR_TYPES.get(reader.number("I"), (1, 0))
    return reader.number("Q") + values // block * block_bytes
