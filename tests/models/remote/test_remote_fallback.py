"""`FallbackEngine`: the local model answers while the server does not, and the change is reported once each way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.fallback import FallbackEngine
from dovetail_models.remote.options import RemoteOptions
from tests.models.remote.fake_server import FakeServer

JOB = CompletionJob(PromptParts((), "a.py", "x = ", "\n"), document="a.py")


class Local:
    """A local engine that always knows the same."""

    def __init__(self, on_status: Callable[[EngineStatus], None]) -> None:
        self.on_status = on_status
        self.jobs: list[CompletionJob] = []
        self.closed = False
        self.trouble = ""

    async def ensure_ready(self) -> EngineStatus:
        if self.trouble:
            raise EngineError(self.trouble)
        status = EngineStatus("ready", model="starter", n_ctx=1024)
        self.on_status(status)
        return status

    async def complete(self, job: CompletionJob, enough: Any = None, before_sending: Any = None) -> CompletionReply:
        self.jobs.append(job)
        return CompletionReply("local", "eos", -0.1, "starter")

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None: ...

    async def close(self) -> None:
        self.closed = True


class Bench:
    """An engine with a server and a fallback, and all its reports. `wake` lets it check the server again."""

    def __init__(self, server: FakeServer) -> None:
        self.reported: list[EngineStatus] = []
        self.locals: list[Local] = []
        self.pauses: list[float] = []
        self._wake = asyncio.Event()
        self._is_asleep = False
        options = RemoteOptions(server.url, first_token_s=0.3)
        self.engine = FallbackEngine(
            lambda take: RemoteEngine(options, take, self._at_once), self._local, self.reported.append, self._sleep
        )

    @property
    def notices(self) -> list[str]:
        """Return the messages that the user sees, without repeats."""
        return list(dict.fromkeys(status.notice for status in self.reported if status.notice))

    async def wake(self) -> None:
        await until(lambda: self._is_asleep)
        self._is_asleep = False
        self._wake.set()
        await until(lambda: self._is_asleep or "answers again" in self.reported[-1].notice)

    def _local(self, on_status: Callable[[EngineStatus], None]) -> Local:
        self.locals.append(Local(on_status))
        return self.locals[-1]

    async def _at_once(self, _seconds: float) -> None:
        await asyncio.sleep(0)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._is_asleep = True
        await self._wake.wait()
        self._wake.clear()


@pytest_asyncio.fixture
async def bench(server: FakeServer) -> AsyncIterator[Bench]:
    bench = Bench(server)
    yield bench
    await bench.engine.close()
    await bench.engine.close()  # may be called twice
    assert all(local.closed for local in bench.locals)


async def test_nothing_is_loaded_here_while_the_server_answers(bench: Bench, server: FakeServer) -> None:
    assert (await bench.engine.complete(JOB)).text == server.text
    assert bench.locals == [] and len(bench.notices) == 1 and bench.reported[-1].state == "ready"


async def test_killed_in_the_middle_reported_once_and_back_again(bench: Bench, server: FakeServer) -> None:
    await bench.engine.ensure_ready()
    server.pace_s = 0.05
    asking = asyncio.create_task(bench.engine.complete(JOB))
    await until(lambda: bool(server.completions))
    port = int(server.url.rpartition(":")[2])
    await server.stop()
    assert (await asking).text == "local"
    for _ in range(3):
        assert (await bench.engine.complete(JOB)).text == "local"
        assert (await bench.engine.ensure_ready()).model == "starter"
    away = [notice for notice in bench.notices if "answers on this machine" in notice]
    assert len(away) == 1 and "until it is back starter answers on this machine" in away[0]
    assert len(bench.locals) == 1
    await bench.wake()
    await bench.wake()
    assert bench.pauses == [2.0, 5.0, 15.0]  # still away, so less and less often
    server.pace_s = 0.0
    await server.start(port)
    await bench.wake()
    assert "answers again" in bench.notices[-1]
    assert (await bench.engine.complete(JOB)).text == server.text
    assert len(bench.locals) == 1 and len(bench.pauses) == 3


async def test_a_server_that_only_seems_to_be_back_is_looked_at_less_often(bench: Bench, server: FakeServer) -> None:
    for _ in range(3):
        server.faults = ["404"]
        assert (await bench.engine.complete(JOB)).text == "local"
        await bench.wake()
    assert bench.pauses == [2.0, 5.0, 15.0]


async def test_looking_for_the_server_sends_no_prompt(bench: Bench, server: FakeServer) -> None:
    server.faults = ["404"]
    await bench.engine.complete(JOB)
    sent = len(server.completions)
    await bench.wake()
    assert len(server.completions) == sent and "answers again" in bench.notices[-1]


@pytest.mark.parametrize(
    "fault", ["401", "404", "429 60", "500", "html", "malformed", "huge", "slow", "silence", "cut"]
)
async def test_whatever_fails_there_is_completed_here(bench: Bench, server: FakeServer, fault: str) -> None:
    server.faults = [fault] * 5
    reply = await bench.engine.complete(JOB)
    assert (reply.text, reply.model) == ("local", "starter")
    assert bench.reported[-1].message == bench.reported[-1].notice != ""


async def test_a_server_that_is_away_at_the_start(bench: Bench, server: FakeServer) -> None:
    await server.stop()
    status = await bench.engine.ensure_ready()
    assert status.model == "starter" and "cannot be reached: check that it runs" in status.notice
    assert [status.state for status in bench.reported if status.state == "failed"] == []


async def test_neither_can(bench: Bench, server: FakeServer) -> None:
    await server.stop()
    await bench.engine.ensure_ready()
    bench.locals[0].trouble = "there is no model: get one"
    with pytest.raises(EngineError, match="there is no model: get one"):
        await bench.engine.complete(JOB)


async def test_the_fallback_is_checked_before_it_is_sent(bench: Bench, server: FakeServer) -> None:
    server.faults = ["404"]
    sent: list[int] = []

    async def before_sending() -> None:
        sent.append(len(server.completions))
        if server.completions:
            raise LookupError

    with pytest.raises(LookupError):
        await bench.engine.complete(JOB, None, before_sending)
    assert bench.locals[0].jobs == [] and sent[-1] == 1


async def test_a_refusal_is_no_outage(bench: Bench, server: FakeServer) -> None:
    async def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await bench.engine.complete(JOB, None, refuse)
    assert bench.locals == []
    assert (await bench.engine.complete(JOB)).text == server.text


async def test_cancelling_is_no_outage(bench: Bench, server: FakeServer) -> None:
    await bench.engine.ensure_ready()
    server.pace_s = 0.05
    asking = asyncio.create_task(bench.engine.complete(JOB))
    await until(lambda: bool(server.completions))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert bench.locals == [] and bench.pauses == []


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens soon."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
