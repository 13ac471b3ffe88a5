from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from dovetail_context.index import index
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


def test_it_goes_back_once_for_each_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(index, "give_back", lambda: calls.append(1))
    (tmp_path / "a.py").write_text("x = 1\n", "utf-8")
    workspace = index.WorkspaceIndex(tmp_path)
    workspace.build()
    assert len(calls) == 1
    workspace.build()
    assert len(calls) == 1
    workspace.close()
