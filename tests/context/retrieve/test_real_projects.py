"""Real projects by others: at real holes, the context contains definitions that other files really have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import Query

PROJECTS = ("harlequin", "mcp", "smolagents")
BUDGET_TOKENS = 1024


@pytest.mark.parametrize("project", PROJECTS)
def test_context_at_real_holes(project: str, shared: Path) -> None:
    """At nearly every hole there is cross-file context, and most of what the hole needs is defined in it."""
    lines = (shared / "eval" / "tasks" / "python.jsonl").read_text(encoding="utf-8").splitlines()
    tasks = [json.loads(line) for line in lines]
    root = shared / "eval" / "repos" / project
    index = WorkspaceIndex(root)
    report = index.build()
    assert report.counts["python"] > 15
    needed = shown = with_context = 0
    own_tasks = [task for task in tasks if task["repo"] == project]
    for task in own_tasks:
        text = (root / task["path"]).read_bytes().decode("utf-8")
        query = Query(task["path"], text[: task["start"]] + text[task["end"] :], task["start"])
        bundle = gather(query, index.snapshot, BUDGET_TOKENS)
        assert all(piece.path != task["path"] for piece in bundle.pieces)
        defined = {
            (piece.path, symbol.name)
            for piece in bundle.pieces
            for symbol in index.snapshot.files[piece.path].symbols
            if symbol.name in piece.text
        }
        with_context += bool(defined)
        for symbol in task["definition_symbols"]:
            needed += 1
            shown += any((place["path"], symbol) in defined for place in task["defs"][symbol])
    assert with_context == len(own_tasks)
    assert shown > 0.75 * needed
