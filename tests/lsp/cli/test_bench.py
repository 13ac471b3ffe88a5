"""`dovetail bench`: the keystrokes, the requests, and the results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree

import pytest

from dovetail.bench.figures import Spread, by_kind, spread, table
from dovetail.bench.picture import picture
from dovetail.bench.question import our_job, questions
from dovetail.bench.sides import Answer, PeerSide
from dovetail.bench.typing import replay
from dovetail.cli.main import main
from dovetail.command_errors import CommandError, UsageError
from dovetail.completion.preparation.anchor import MAX_FORCED_LINES
from dovetail_context.bundle import ContextBundle

T = TypeVar("T")

TEXT = "".join(f"def f{i}(x):\n    value_{i} = x + {i}\n    return value_{i}\n\n" for i in range(60))
FILES = [("a.py", TEXT), ("b.py", TEXT.replace("value", "other"))]


def test_a_replay_is_the_same_each_time_and_has_all_kinds() -> None:
    keystrokes = replay(FILES, 800, seed=1)
    assert keystrokes == replay(FILES, 800, seed=1) != replay(FILES, 800, seed=2)
    assert len(keystrokes) == 800
    kinds = {keystroke.kind for keystroke in keystrokes}
    assert kinds == {
        *("jumped", "typed", "burst", "corrected", "accepted", "new line", "edited above", "dropped", "after drop")
    }


def test_each_keystroke_changes_what_it_says() -> None:
    for before, after in _neighbours(replay(FILES, 800, seed=3)):
        assert 0 <= after.offset <= len(after.text)
        if before.place == after.place and after.kind in ("typed", "burst", "accepted", "new line", "after drop"):
            assert after.offset == before.offset + after.typed
            assert after.text[: before.offset] == before.text[: before.offset]
            assert after.text[after.offset :] == before.text[before.offset :]


def test_our_questions_keep_prefix_and_suffix_while_one_types() -> None:
    keystrokes = replay(FILES, 800, seed=4)
    contexts = {keystroke.place: ContextBundle(0, 0, (), ()) for keystroke in keystrokes}
    asked = questions(keystrokes, contexts, 600)
    for keystroke, question in zip(keystrokes, asked, strict=True):
        whole = question.frozen.prefix + question.forced
        assert keystroke.text[: keystroke.offset].endswith(whole)
        assert keystroke.text[keystroke.offset :].startswith(question.frozen.suffix)
        assert question.forced.count("\n") < MAX_FORCED_LINES
        assert our_job(question, 32).min_tokens == our_job(question, 32).max_tokens == 32
    moved = sum(
        (one.frozen, one.path) != (two.frozen, two.path)
        for (one, two), (_, after) in zip(_neighbours(asked), _neighbours(keystrokes), strict=True)
        if after.kind in ("typed", "burst", "corrected", "accepted", "new line")
    )
    assert moved == 0


def test_percentiles() -> None:
    assert spread([float(i) for i in range(1, 101)]) == Spread(100, 50.5, 96.0, 100.0)
    assert spread([]) == Spread(0, 0.0, 0.0, 0.0)


def test_what_was_dropped_counts_for_nothing() -> None:
    keystrokes = replay(FILES, 60, seed=1)
    answers = [
        Answer(None, 1e9, dropped=True) if keystroke.drop_after_ms else Answer(10.0, 20.0, 2, 98, 5, 10.0)
        for keystroke in keystrokes
    ]
    found = by_kind(keystrokes, answers)
    assert found["all"].first_ms.p99 == 10.0 and found["all"].reused_share == 0.98 and found["all"].ms_per_token == 2.0
    assert "burst" not in found
    assert len(table(found, found)) == len(found) + 1


def test_the_picture_is_one_and_holds_a_line_for_each() -> None:
    root = ElementTree.fromstring(picture("a <title> & more", {"ours": [1.0, 20.0], "theirs": [300.0], "none": []}))
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 3


def test_only_a_peer_on_this_machine() -> None:
    for url in ("http://example.com:8012", "https://127.0.0.1:1", "http://10.0.0.1"):
        with pytest.raises(UsageError, match="on this machine"):
            PeerSide(url)


async def test_what_the_peer_says_is_understood() -> None:
    async with _server(["", "x", "y"]) as (url, bodies):
        keystrokes = replay(FILES, 1, seed=1)
        (asked,) = questions(keystrokes, {0: ContextBundle(0, 0, (), ())}, 600)
        answer = await PeerSide(url).answer(asked, 2, None)
        assert (answer.read, answer.reused, answer.written, answer.decode_ms) == (7, 90, 2, 60.0)
        assert answer.first_ms is not None and answer.first_ms <= answer.total_ms
        dropped = await PeerSide(url).answer(asked, 2, 0.0)
        assert dropped.dropped
    assert bodies[0]["n_predict"] == 2 and bodies[0]["cache_prompt"] is True


async def test_no_peer_no_figures() -> None:
    (asked,) = questions(replay(FILES, 1, seed=1), {0: ContextBundle(0, 0, (), ())}, 600)
    with pytest.raises(CommandError, match="start it"):
        await PeerSide("http://127.0.0.1:9").answer(asked, 2, None)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, text in FILES:
        (tmp_path / path).write_text(text)
    svg, found = tmp_path / "out.svg", tmp_path / "out.json"
    arguments = ["bench", str(tmp_path), "--keystrokes", "12", "--files", "2", "--answer", "4"]
    assert main([*arguments, "--svg", str(svg), "--json", str(found)]) == 0
    assert "typed" in capsys.readouterr().out
    ElementTree.parse(svg)
    assert json.loads(found.read_text())["dovetail"]["all"]["first_ms"]["p50"] > 0


async def test_the_command_asks_every_peer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text(TEXT)
    found = tmp_path / "out.json"
    async with _server(["x", "y"]) as (one, _), _server(["x", "y"]) as (other, _):
        arguments = ["bench", str(tmp_path), "--keystrokes", "3", "--files", "1", "--answer", "2"]
        asking = asyncio.to_thread(main, [*arguments, "--peer", one, "--peer", other, "--json", str(found)])
        assert await asking == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line in (one, other)] == [one, other]
    assert set(json.loads(found.read_text())["peers"]) == {one, other}


def _neighbours(values: list[T]) -> list[tuple[T, T]]:
    return list(pairwise(values))


@asynccontextmanager
async def _server(pieces: list[str]) -> AsyncIterator[tuple[str, list[dict[str, object]]]]:
    """Yield the address of a server that answers like llama.cpp, and the requests that it received."""
    bodies: list[dict[str, object]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        bodies.append(json.loads(await reader.readexactly(size)))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        timings = {"prompt_n": 7, "cache_n": 90, "predicted_n": 2, "predicted_ms": 60.0}
        for i, piece in enumerate(pieces):
            stop = i == len(pieces) - 1
            event = {"content": piece, "stop": stop} | ({"timings": timings} if stop else {})
            writer.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", bodies
