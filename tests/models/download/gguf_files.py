"""Small GGUF files with the right structure and any number of random bytes as weights."""

from __future__ import annotations

import random
import struct


def gguf(weights: int, seed: int = 0) -> bytes:
    """Return a file of one tensor of `weights` 8-bit integers (type I8 of ggml), and one pair of metadata."""
    key, name = b"general.architecture", b"weight"
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    header += struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, 5) + b"llama"
    header += struct.pack("<Q", len(name)) + name + struct.pack("<IQIQ", 1, weights, 24, 0)
    header += bytes(-len(header) % 32)
    return header + random.Random(seed).randbytes(weights)
