"""Keystrokes in large documents. The tests count the interpreter's instructions, since times mean little on a busy
machine."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import cast

import pytest

from dovetail.completion import completion_cache
from dovetail.completion.completion_cache import CachedCompletion, CompletionCache
from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.window import cut_window
from dovetail.completion.request import Completion
from dovetail.completion.threads import on_thread
from dovetail.completion.values import Extent, Shaped
from dovetail.text import document as documents
from dovetail.text.changes import changes_of, difference
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding, column_to_offset, offset_to_column, split_lines
from dovetail_context.tokens import estimate_tokens
from dovetail_context.work import checkpoint

ANSWER = cast(Completion, "handed back as it is")


def instructions(work: Callable[[], object]) -> int:
    """Return the number of Python instructions that `work` runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def typed(document: Document, offset: int, encoding: Encoding) -> Document:
    at = document.position_at(offset, encoding)
    edit = Edit("x", at, at)
    list(changes_of(document, [edit], encoding))
    changed = document.edited([edit], document.version + 1, encoding)
    assert changed.offset_at(at, encoding) == offset
    assert len(changed.text) == len(document.text) + 1
    return changed


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("line", ["é" * 200_000, "\U0001f600" * 200_000, "\U0001f600é日x" * 50_000])
def test_a_column_in_a_long_line_costs_as_little_as_in_a_short_one(encoding: Encoding, line: str) -> None:
    end = offset_to_column(line, len(line), encoding)  # the first time, Python loads the encoding
    assert instructions(lambda: offset_to_column(line, len(line), encoding)) < 300
    for column in (0, 1, end // 2, end - 1, end, end + 5):
        assert instructions(lambda column=column: column_to_offset(line, column, encoding)) < 3_000
    assert column_to_offset(line, end, encoding) == len(line)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("text", ["é" * 200_000, "\n" * 200_000, "x = 1\r" * 100_000, "a\U0001f600b\r\n" * 100_000])
def test_a_key_costs_as_little_in_a_large_document_as_in_a_small_one(encoding: Encoding, text: str) -> None:
    document = Document.of("file:///a.py", "python", 1, text)
    for offset in (0, len(text) // 2 // 6 * 6, len(text)):
        document = typed(document, offset, encoding)
        assert instructions(partial(typed, document, offset, encoding)) < 30_000


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_document_is_opened_without_a_loop_over_its_lines(end: str) -> None:
    assert instructions(lambda: split_lines(end * 100_000)) < 200
    assert instructions(lambda: split_lines(("x\v" + end) * 100_000)) < 200


@pytest.mark.parametrize("seed", range(10))
def test_documents_in_small_blocks_are_edited_like_strings(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "BLOCK_LINES", 2)
    rng = random.Random(seed)
    text = "".join(rng.choices(["a", "\n", "\r", "\r\n", "é", "\U0001f600"], k=200))
    document = Document.of("file:///a", "a", 0, text)
    for version in range(1, 100):
        start, end = sorted(_between_line_ends(rng, text) for _ in range(2))
        new = "".join(rng.choices(["b", "\n", "\r", "\r\n", "é"], k=rng.choice([0, 1, 1, 5, 30])))
        at = document.position_at(start, Encoding.UTF16), document.position_at(end, Encoding.UTF16)
        document = document.edited([Edit(new, *at)], version, Encoding.UTF16)
        text = text[:start] + new + text[end:]
        assert (document.text, document.lines) == (text, split_lines(text))
        assert document.line_count == len(document.lines)
        offset = _between_line_ends(rng, text)
        assert document.offset_at(document.position_at(offset, Encoding.UTF8), Encoding.UTF8) == offset


def _between_line_ends(rng: random.Random, text: str) -> int:
    place = rng.randrange(len(text) + 1)
    return place - 1 if text[place - 1 : place + 1] == "\r\n" else place


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_the_difference_of_two_texts_is_found_without_a_loop_over_them(size: int) -> None:
    before = "x" * size + "y" * size
    change = difference(before, "x" * size + "z" + "y" * size)
    assert (change.start, change.end, change.text) == (size, size, "z")
    assert instructions(lambda: difference(before, before + "z")) < 3_000


@pytest.mark.parametrize(
    "text", ["x = 1\n" * 100_000, "\n" * 600_000, "x = 1; " * 80_000, "x" * 600_000, "é" * 300_000]
)
def test_a_window_is_cut_without_a_look_at_all_of_the_text(text: str) -> None:
    offset, counted = len(text) // 2, 0

    def count(part: str) -> int:
        nonlocal counted
        counted += len(part)
        return estimate_tokens(part)

    window = cut_window(text[:offset], text[offset:], 1000, count)
    assert text[:offset].endswith(window.prefix) and text[offset:].startswith(window.suffix)
    assert estimate_tokens(window.prefix) <= 1000
    assert counted < 200_000


def test_the_lines_below_are_found_behind_any_number_of_blank_ones() -> None:
    place = read_place("a.py", "x\n" + " \n" * 300_000 + "y\n  z", 1)
    assert place.lines_below(3) == ["y", "  z"]
    assert place.lines_below(1) == ["y"]
    assert instructions(lambda: place.lines_below(3)) < 300


@pytest.mark.parametrize("text", ["if (a) { b(); } else " * 2_000, ")]}" * 10_000, "(\n" * 1_900, "`${" * 5_000])
@pytest.mark.parametrize("path", ["a.py", "a.ts", "a.java"])
def test_shaping_in_a_text_that_is_hard_to_parse_tries_few_ends(
    path: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    efforts: list[int] = []
    replaced = "dovetail_context.parse.ParsedText.replaced"
    original = sys.modules["dovetail_context.parse"].ParsedText.replaced

    def recorded(self: object, start: int, end: int, new: str) -> object:
        found = original(self, start, end, new)
        efforts.append(found.effort)
        return found

    place = read_place(path, text, len(text))
    assert place.errors >= 0
    monkeypatch.setattr(replaced, recorded)
    shape("a(b, c, d, e)\n" * 8, place, Extent("block", 8))
    assert sum(sorted(efforts)[:-3]) < 10_000


def test_answers_in_large_texts_are_forgotten_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion_cache, "CAPACITY_CHARACTERS", 10_000)
    memory = CompletionCache()
    for number in range(20):
        before = "x" * 900 + f"{number:02}"
        memory.keep(CachedCompletion(("asked",), before, "", "", Shaped("y"), ANSWER))
    known = [memory.find(("asked",), read_place("a.py", "x" * 900 + f"{n:02}", 902)) is not None for n in range(20)]
    assert known == [False] * 9 + [True] * 11
    memory.keep(CachedCompletion(("asked",), "z" * 20_000, "", "", Shaped("y"), ANSWER))
    assert memory.find(("asked",), read_place("a.py", "z" * 20_000, 20_000)) is not None


async def test_a_thread_ends_when_nobody_waits_for_it() -> None:
    started, ended = threading.Event(), threading.Event()

    def work() -> None:
        try:
            started.set()
            while True:
                checkpoint(1000)
        finally:
            ended.set()

    task = asyncio.create_task(on_thread(work))
    await asyncio.to_thread(started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)


async def test_a_thread_returns_and_raises_what_its_work_does() -> None:
    assert await on_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await on_thread(lambda: 1 / 0)
