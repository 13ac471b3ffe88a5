"""GGUF structure without llama.cpp: the starter model, every kind of metadata, damage at every byte."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from dovetail_models.errors import ModelError
from dovetail_models.files import resolve_model
from dovetail_models.hardware.header import BLOCKS, check_structure
from tests.models.download.gguf_files import gguf

ARRAY_TYPE = 9


def test_the_starter_model_is_sound_and_ends_with_its_last_tensor(tmp_path: Path) -> None:
    path = resolve_model(None).path
    check_structure(path)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(ModelError, match=r"truncated .* download it again"):
        check_structure(cut)


def test_sizes_of_types_are_those_of_ggml() -> None:
    """Of the library that llama-cpp-python brings, where it exports them."""
    import ctypes

    import llama_cpp

    folder = Path(llama_cpp.__file__).parent / "lib"
    found = sorted(folder.glob("*ggml-base*"))
    if not found:
        pytest.skip("this build of llama.cpp has no ggml-base library")
    library = ctypes.CDLL(str(found[0]))
    library.ggml_blck_size.restype, library.ggml_type_size.restype = ctypes.c_int64, ctypes.c_size_t
    for kind, (name, block, block_bytes) in BLOCKS.items():
        assert (library.ggml_blck_size(kind), library.ggml_type_size(kind)) == (block, block_bytes), name


def test_every_truncation_is_found(tmp_path: Path) -> None:
    whole, file = gguf(100), tmp_path / "a.gguf"
    file.write_bytes(whole)
    check_structure(file)
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelError, match="download it again"):
            check_structure(file)


def test_damaged_headers_raise_nothing_else(tmp_path: Path) -> None:
    rng, whole, file = random.Random(3), gguf(100), tmp_path / "a.gguf"
    header = len(whole) - 100
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(header)] = rng.randrange(256)
        file.write_bytes(damaged)
        try:
            check_structure(file)
        except ModelError as error:
            assert "\n" not in str(error)


def test_arrays_in_arrays_end(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    nested = struct.pack("<IQ", ARRAY_TYPE, 1) * 10_000
    key = struct.pack("<Q", 1) + b"k"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key + struct.pack("<I", ARRAY_TYPE) + nested)
    with pytest.raises(ModelError, match="an array of unknown type 9"):
        check_structure(file)
