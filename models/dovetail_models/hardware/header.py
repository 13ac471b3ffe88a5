"""Read a model's description from the header of a GGUF file, without llama.cpp and without loading the weights.

Source: the GGUF specification (ggml, `docs/gguf.md`, version 3). A header is untrusted input. The reader bounds every
count and length before it allocates memory, and it never reads beyond the end of the file.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from dovetail_models.errors import ModelError
from dovetail_models.hardware.shape import ModelShape, Tensor, shape_of

DEFAULT_ALIGNMENT = 32
"""Bytes, unless `general.alignment` specifies otherwise."""

MAX_KEYS = 4096
"""The maximum number of metadata keys; real files have fewer than 100."""

MAX_TENSORS = 65_536
"""The maximum number of tensors; the largest known models have some thousands."""

MAX_ELEMENTS = 4_000_000
"""The maximum number of elements in all arrays. A vocabulary of 256 k tokens with its merges has under a million."""

MAX_TEXT_BYTES = 65_536
"""The maximum length of a text that is kept; longer ones, such as chat templates, are skipped."""

MAX_KEPT_ELEMENTS = 4096
"""The maximum length of an array of numbers that is kept, such as the number of heads of each layer."""

MAX_DIMENSIONS = 4
"""ggml tensors have no more (GGML_MAX_DIMS)."""

MAX_TENSOR_ELEMENTS = 2**48
"""The maximum number of elements in a tensor. A larger one fits no machine and would overflow later calculations."""

PRE_TOKENIZER, MERGES = "tokenizer.ggml.pre", "tokenizer.ggml.merges"
"""Metadata keys of a vocabulary."""

_MAGIC = b"GGUF"
_STRING, _ARRAY, _BOOL = 8, 9, 7

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
"""Metadata value types to `struct` formats."""

BLOCKS = {
    0: ("f32", 1, 4),
    1: ("f16", 1, 2),
    2: ("q4_0", 32, 18),
    3: ("q4_1", 32, 20),
    6: ("q5_0", 32, 22),
    7: ("q5_1", 32, 24),
    8: ("q8_0", 32, 34),
    9: ("q8_1", 32, 36),
    10: ("q2_K", 256, 84),
    11: ("q3_K", 256, 110),
    12: ("q4_K", 256, 144),
    13: ("q5_K", 256, 176),
    14: ("q6_K", 256, 210),
    15: ("q8_K", 256, 292),
    16: ("iq2_xxs", 256, 66),
    17: ("iq2_xs", 256, 74),
    18: ("iq3_xxs", 256, 98),
    19: ("iq1_s", 256, 50),
    20: ("iq4_nl", 32, 18),
    21: ("iq3_s", 256, 110),
    22: ("iq2_s", 256, 82),
    23: ("iq4_xs", 256, 136),
    24: ("i8", 1, 1),
    25: ("i16", 1, 2),
    26: ("i32", 1, 4),
    27: ("i64", 1, 8),
    28: ("f64", 1, 8),
    29: ("iq1_m", 256, 56),
    30: ("bf16", 1, 2),
    34: ("tq1_0", 256, 54),
    35: ("tq2_0", 256, 66),
    39: ("mxfp4", 32, 17),
}
"""ggml's tensor types: name, elements of a block, bytes of a block (ggml `ggml-common.h`)."""

Value = int | float | str | tuple[int | float, ...]


class _Malformed(Exception):
    """What is wrong with a header."""


class _Truncated(Exception):
    """The file of a sound header ends too early; the message gives the size."""


@dataclass(slots=True)
class _Reader:
    """Reads little-endian values and counts the array elements that are still allowed."""

    file: BinaryIO
    size: int
    elements_left: int = MAX_ELEMENTS
    values: dict[str, Value] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    merges: list[str] = field(default_factory=list)
    keep_merges: bool = False

    def take(self, format: str) -> int | float:
        """Return one scalar."""
        data = self.file.read(struct.calcsize("<" + format))
        try:
            value: int | float = struct.unpack("<" + format, data)[0]
        except struct.error as error:
            raise _Malformed("the header ends early") from error
        return value

    def number(self, format: str, most: int, what: str) -> int:
        """Return a count that must not be larger than `most`."""
        count = int(self.take(format))
        if count > most:
            raise _Malformed(f"{count} {what}, where {most} are allowed")
        return count

    def skip(self, count: int) -> None:
        """Skip `count` bytes, which the file must have."""
        if count > self.size - self.file.tell():
            raise _Malformed("a length that reaches over the end of the file")
        self.file.seek(count, 1)

    def text(self) -> str | None:
        """Return a text, None where it is too long to keep."""
        length = int(self.take("Q"))
        if length > MAX_TEXT_BYTES:
            self.skip(length)
            return None
        data = self.file.read(length)
        if len(data) < length:
            raise _Malformed("the header ends early")
        return data.decode("utf-8", "replace")


def read_shape(path: Path) -> ModelShape:
    """Return a model's shape from the header of its GGUF file. Raises ModelError."""
    return _opened(path, _shape)


def read_vocabulary(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the name of the pre-tokenizer, "" if there is none, and the merges. Raises ModelError."""
    return _opened(path, _vocabulary)


def check_structure(path: Path) -> None:
    """Raise ModelError if a file is no GGUF, is damaged in its header, or ends before its last tensor."""
    _opened(path, _tensors)


_Result = TypeVar("_Result")


def _opened(path: Path, read: Callable[[_Reader], _Result]) -> _Result:
    try:
        with path.open("rb") as file:
            return read(_Reader(file, path.stat().st_size))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except _Truncated as error:
        raise ModelError(f"{path} is truncated ({error}): download it again") from error
    except _Malformed as error:
        raise ModelError(f"{path} is damaged ({error}): download it again") from error


def _shape(reader: _Reader) -> ModelShape:
    tensors = _tensors(reader)
    try:
        return shape_of(reader.values, reader.counts, tensors, reader.size)
    except (TypeError, ValueError) as error:
        raise _Malformed(str(error)) from error


def _vocabulary(reader: _Reader) -> tuple[str, tuple[str, ...]]:
    reader.keep_merges = True
    _metadata(reader)
    return str(reader.values.get(PRE_TOKENIZER, "")), tuple(reader.merges)


def _tensors(reader: _Reader) -> tuple[Tensor, ...]:
    """Read the whole header. Raises _Malformed, _Truncated."""
    tensors = _metadata(reader)
    found, ends = [], [0]
    for _ in range(tensors):
        tensor, end = _read_tensor(reader)
        found.append(tensor)
        ends.append(end)
    alignment = reader.values.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise _Malformed(f"an alignment of {alignment}")
    needed = -(-reader.file.tell() // alignment) * alignment + max(ends) if tensors else reader.file.tell()
    if needed > reader.size:
        raise _Truncated(f"{reader.size:,} of at least {needed:,} bytes")
    return tuple(found)


def _metadata(reader: _Reader) -> int:
    """Read everything before the list of tensors, and return their number. Raises _Malformed."""
    if reader.file.read(4) != _MAGIC:
        raise _Malformed("it is not a GGUF file")
    version = int(reader.take("I"))
    if version not in (2, 3):
        raise _Malformed(f"GGUF version {version}, where 2 and 3 are known")
    tensors = reader.number("Q", MAX_TENSORS, "tensors")
    keys = reader.number("Q", MAX_KEYS, "metadata keys")
    for _ in range(keys):
        key = reader.text() or ""
        _read_value(reader, key, int(reader.take("I")))
    return tensors


def _read_value(reader: _Reader, key: str, kind: int) -> None:
    if kind == _STRING:
        if (text := reader.text()) is not None:
            reader.values[key] = text
    elif kind == _ARRAY:
        _read_array(reader, key)
    elif kind in _SCALARS:
        reader.values[key] = reader.take(_SCALARS[kind])
    else:
        raise _Malformed(f"a value of unknown type {kind}")


def _read_array(reader: _Reader, key: str) -> None:
    kind = int(reader.take("I"))
    count = reader.number("Q", reader.elements_left, "array elements")
    reader.elements_left -= count
    reader.counts[key] = count
    if kind == _STRING:
        kept = reader.merges if reader.keep_merges and key == MERGES else None
        for _ in range(count):
            if kept is None:
                reader.skip(int(reader.take("Q")))
            else:
                kept.append(reader.text() or "")
    elif kind in _SCALARS and count <= MAX_KEPT_ELEMENTS:
        reader.values[key] = tuple(reader.take(_SCALARS[kind]) for _ in range(count))
    elif kind in _SCALARS:
        reader.skip(count * struct.calcsize("<" + _SCALARS[kind]))
    else:
        raise _Malformed(f"an array of unknown type {kind}")


def _read_tensor(reader: _Reader) -> tuple[Tensor, int]:
    """Return a tensor and where it ends in the data: where it begins, if the size of its type is not known."""
    name = reader.text() or ""
    dimensions = [int(reader.take("Q")) for _ in range(reader.number("I", MAX_DIMENSIONS, "dimensions of a tensor"))]
    elements = 1
    for dimension in dimensions:
        elements *= dimension
        if elements > MAX_TENSOR_ELEMENTS:
            raise _Malformed(f"tensor {name[:60]} has too many elements")
    kind = int(reader.take("I"))
    offset = int(reader.take("Q"))
    # Types come with new versions of llama.cpp, which knows better than this table: taken for eight bits an element.
    type_name, block, block_bytes = BLOCKS.get(kind, (f"type {kind}", 1, 1))
    size = -(-elements // block) * block_bytes
    tensor = Tensor(name, type_name, elements, size, dimensions[1] if len(dimensions) > 1 else 1)
    return tensor, offset + (size if kind in BLOCKS else 0)
