"""What a question makes is freed when it is answered: nothing refers back to itself."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

from dovetail_context.gather import gather
from dovetail_context.query import Retrieval
from tests.context.workspace_text import read_workspace

SHOP = """
#- shop/till.py
class Till:
    class Drawer:
        def open_drawer(self): ...
    def count_money(self) -> int: ...
#- main.py
from shop.till import Till
def close(till: Till):
    till.$0
"""


def test_a_context_leaves_no_cycles(tmp_path: Path) -> None:
    workspace = read_workspace(SHOP)
    snapshot, query = workspace.snapshot(tmp_path), workspace.query
    assert query is not None
    query = replace(query, retrieval=Retrieval(frozenset({"scope"})))
    assert [piece.kind for piece in gather(query, snapshot, 500).pieces] == ["outline"]
    gc.collect()
    gc.disable()
    try:
        assert gather(query, snapshot, 500).pieces
        assert gc.collect() == 0
    finally:
        gc.enable()
