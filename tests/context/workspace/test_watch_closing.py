"""Watching and closing an index at once: no watcher survives."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from dovetail_context.index import index as index_module
from dovetail_context.index.index import WorkspaceIndex

LONG_S = 30.0  # how long a test waits before it gives up; nothing is asserted about time


class _Watcher:
    """Stands for the watcher, and notes what is done with it."""

    alive: list[_Watcher] = []  # noqa: RUF012
    pending = False

    def __init__(self, *arguments: object) -> None:
        self.on_start()

    def on_start(self) -> None: ...

    def start(self) -> None:
        self.alive.append(self)

    def close(self) -> None:
        if self in self.alive:
            self.alive.remove(self)


@pytest.mark.parametrize("moment", ["before it is made", "while it is made"])
def test_closing_while_watching_begins_leaves_no_watcher(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`watch` runs on a thread while the session closes the index. In either order, no thread survives."""
    reached, closing = threading.Event(), threading.Event()
    index = WorkspaceIndex(tmp_path)
    index.build()

    def pause(*arguments: object) -> bool:
        reached.set()
        closing.wait(LONG_S)
        return False

    class Watcher(_Watcher):
        alive: list[_Watcher] = []  # noqa: RUF012

        def on_start(self) -> None:
            if moment == "while it is made":
                pause()

    monkeypatch.setattr(index_module, "Watcher", Watcher)
    if moment == "before it is made":
        monkeypatch.setattr(index_module, "is_too_wide", pause)
    watching = threading.Thread(target=index.watch)
    watching.start()
    assert reached.wait(LONG_S)
    closer = threading.Thread(target=index.close)
    closer.start()
    deadline = time.monotonic() + LONG_S
    while not index._closing and time.monotonic() < deadline:
        time.sleep(0.001)
    if moment == "before it is made":
        closer.join(LONG_S)
    closing.set()
    watching.join(LONG_S)
    closer.join(LONG_S)
    assert not watching.is_alive() and not closer.is_alive()
    assert Watcher.alive == []
    assert index._watcher is None


def test_watching_twice_at_once_makes_one_watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Watcher(_Watcher):
        alive: list[_Watcher] = []  # noqa: RUF012

        def on_start(self) -> None:
            time.sleep(0.05)

    monkeypatch.setattr(index_module, "Watcher", Watcher)
    index = WorkspaceIndex(tmp_path)
    threads = [threading.Thread(target=index.watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Watcher.alive) == 1
    index.close()
    assert Watcher.alive == []
