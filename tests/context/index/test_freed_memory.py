from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from dovetail_context.index.freed_memory import give_back

BLOCK_BYTES, BLOCKS = 4096, 8000


def resident_bytes() -> int:
    status = Path("/proc/self/status").read_text("utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc keeps what is free"
)
def test_what_is_free_between_what_is_in_use_goes_back() -> None:
    blocks = [bytes([1]) * BLOCK_BYTES for _ in range(BLOCKS)]
    kept = blocks[::100]
    del blocks
    before = resident_bytes()
    give_back()
    assert before - resident_bytes() > BLOCKS * BLOCK_BYTES // 2
    assert all(len(block) == BLOCK_BYTES for block in kept)
