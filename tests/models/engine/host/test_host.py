"""The real host, with hand-written messages: access, cancellation, the content of answers, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from dovetail_models.engine.client.launch import FoundHost, find_or_start
from dovetail_models.engine.ipc import wire
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.prompt.parts import PromptParts
from tests.models.conftest import hosts, leftovers, until
from tests.models.engine.host.raw_peer import Peer

PARTS = PromptParts(
    (), "a.py", "import os\n\n\ndef first(items):\n    ", "\n\n\ndef last(items):\n    return items[-1]\n"
)
JOB = CompletionJob(PARTS, "a", max_tokens=4)
ENDLESS = CompletionJob(PARTS, "endless", max_tokens=500, min_tokens=500)  # even if the model would stop earlier
"""Long enough to be still running when the next message comes; ended by what the test does."""


@pytest_asyncio.fixture
async def host(options: EngineOptions) -> AsyncIterator[FoundHost]:
    host = await find_or_start(replace(options, n_ctx=2048))
    yield host
    host.connected()
    await host.gone()
    await until(lambda: hosts() == [])
    assert leftovers() == []


@pytest_asyncio.fixture
async def peer(host: FoundHost) -> AsyncIterator[Peer]:
    peer = await Peer.connect(host)
    assert (await peer.greet(host))["op"] == "welcome"
    yield peer
    await peer.close()


async def test_a_wrong_token_and_another_version_are_refused(host: FoundHost, peer: Peer) -> None:
    for changes, reason in (
        ({"token": "x"}, "token"),
        ({"token": None}, "token"),
        ({"token": "ü"}, "token"),
        ({"version": 0}, "protocol"),
    ):
        stranger = await Peer.connect(host)
        answer = await stranger.greet(host, **changes)
        assert answer["op"] == "refused" and reason in answer["message"]
        assert await stranger.receive() == {}
        await stranger.close()


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1\r\n", b"\n", b"[]\n", b'{"op":"complete","id":1}\n'])
async def test_who_does_not_speak_the_protocol_is_shown_the_door(host: FoundHost, peer: Peer, line: bytes) -> None:
    stranger = await Peer.connect(host)
    stranger.writer.write(line)
    answer = await stranger.receive()
    assert answer == {} or answer["op"] == "refused"
    await stranger.close()
    known = await Peer.connect(host)
    await known.greet(host)
    known.writer.write(line)
    assert await known.receive("reply") == {}
    await known.close()
    peer.ask(1, JOB)
    assert (await peer.receive("reply"))["id"] == 1


async def test_no_text_of_the_user_is_logged(host: FoundHost, peer: Peer) -> None:
    secret = "correct_horse_battery_staple"
    peer.ask(1, CompletionJob(replace(PARTS, path=f"{secret}.py", prefix=secret * 20), secret, max_tokens=4))
    await peer.receive("reply")
    other = await Peer.connect(host)
    await other.greet(host)
    other.send("complete", id=1, job={"parts": secret})
    assert await other.receive("reply") == {}
    await other.close()
    log = (Path(host.endpoint.folder) / "log").read_bytes()
    assert secret.encode() not in log


async def test_a_cancel_stops_the_model(peer: Peer) -> None:
    peer.ask(1, ENDLESS, stream=True)
    await peer.receive("text")
    peer.send("cancel", id=1)
    reply = wire.reply_from_json((await peer.receive("reply"))["reply"])
    assert reply.stop == "cancelled"
    assert 0 < reply.generated_tokens < 500


async def test_a_cancel_of_what_waits(peer: Peer) -> None:
    peer.ask(1, ENDLESS)
    peer.ask(2, JOB)
    peer.send("cancel", id=2)
    answer = await peer.receive("reply")
    assert (answer["id"], answer["reply"]["stop"]) == (2, "cancelled")
    peer.send("cancel", id=1)
    assert (await peer.receive("reply"))["id"] == 1


async def test_a_cancel_of_what_is_over_or_never_was_hits_nobody(peer: Peer) -> None:
    peer.ask(1, JOB)
    await peer.receive("reply")
    peer.send("cancel", id=1)
    peer.send("cancel", id=99)
    peer.ask(2, JOB)
    answer = await peer.receive("reply")
    assert (answer["id"], answer["reply"]["stop"] in ("eos", "length")) == (2, True)


async def test_the_newest_of_a_key_supersedes(peer: Peer) -> None:
    for id in range(1, 6):
        peer.ask(id, replace(ENDLESS, max_tokens=500 if id < 5 else 3))
    answers = [await peer.receive("reply") for _ in range(5)]
    stops = {answer["id"]: answer["reply"]["stop"] for answer in answers}
    assert [stops[id] for id in range(1, 5)] == ["superseded"] * 4
    assert stops[5] in ("eos", "length")


async def test_other_keys_are_all_answered(peer: Peer) -> None:
    for id in range(1, 6):
        peer.ask(id, replace(JOB, document=str(id)))
    assert {(await peer.receive("reply"))["id"] for _ in range(5)} == {1, 2, 3, 4, 5}


async def test_warming_makes_way_and_is_taken_up_again(peer: Peer) -> None:
    long = replace(PARTS, prefix="".join(f"value_{i} = {i}\n" for i in range(150)))
    peer.ask(1, CompletionJob(long, "warm", max_tokens=4, priority="warm"))
    peer.ask(2, JOB)
    answers = [await peer.receive("reply") for _ in range(2)]
    assert {answer["id"] for answer in answers} == {1, 2}
    assert {answer["id"]: answer["reply"]["text"] for answer in answers}[1] == ""


async def test_jobs_of_a_client_that_left_are_dropped(host: FoundHost, peer: Peer) -> None:
    other = await Peer.connect(host)
    await other.greet(host)
    for id in range(20):
        other.ask(id, replace(ENDLESS, document=str(id)), stream=True)
    await other.receive("text")
    await other.close()
    peer.ask(1, JOB)
    reply = wire.reply_from_json((await peer.receive("reply"))["reply"])
    assert reply.stop in ("eos", "length")


async def test_the_host_ends_with_its_last_client_even_in_mid_answer(host: FoundHost) -> None:
    one, two = await Peer.connect(host), await Peer.connect(host)
    await one.greet(host)
    await two.greet(host)
    host.connected()
    await one.close()
    two.ask(1, ENDLESS, stream=True)
    await two.receive("text")
    assert hosts()
    await two.close()
    await until(lambda: not hosts())


async def test_the_host_ends_if_its_starter_goes_before_the_first_client(host: FoundHost) -> None:
    host.connected()
    await until(lambda: not hosts())
