"""What the product knows of a task's project while the model writes: the names behind the dots that it has written."""

from functools import cache
from pathlib import Path

from models.starter.evaluation.tasks import Task

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.members import Members, members_with_files
from dovetail_context.query import Query


def members_behind(task: Task, written: str) -> Members:
    """What may follow `written`, which ends behind a dot, in the hole of a task; none where that is not known."""
    before = task.prefix + written
    return members_with_files(Query(task.path, before + task.suffix, len(before)), _snapshot(task.root.resolve()))


@cache
def _snapshot(root: Path) -> IndexSnapshot:
    index = WorkspaceIndex(root)
    index.build()
    return index.snapshot
