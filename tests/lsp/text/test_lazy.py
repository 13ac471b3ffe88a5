"""Lazy properties of one object do not wait for those of another."""

from __future__ import annotations

import threading

from dovetail.completion.preparation.place import Place, read_place
from dovetail.text.document import Document
from dovetail.text.lazy import lazy


class Slow:
    def __init__(self, go_on: threading.Event) -> None:
        self.go_on = go_on
        self.computed = 0

    @lazy
    def value(self) -> int:
        """What it is."""
        self.go_on.wait(10)
        self.computed += 1
        return self.computed


def test_it_is_computed_once() -> None:
    go_on = threading.Event()
    go_on.set()
    one = Slow(go_on)
    assert (one.value, one.value, one.computed) == (1, 1, 1)
    assert Slow.value.__doc__ == "What it is."


def test_one_object_does_not_wait_for_another() -> None:
    stuck, free = threading.Event(), threading.Event()
    free.set()
    slow = Slow(stuck)
    thread = threading.Thread(target=lambda: slow.value)
    thread.start()
    try:
        quick: list[int] = []
        other = threading.Thread(target=lambda: quick.append(Slow(free).value), daemon=True)
        other.start()
        other.join(5)
        assert quick == [1]
    finally:
        stuck.set()
        thread.join()


def test_places_and_documents_share_no_lock() -> None:
    assert isinstance(Place.kind, lazy) and isinstance(Document.__dict__["text"], lazy)
    assert read_place("a.py", "x = 1  # y", 10).kind == "comment"
