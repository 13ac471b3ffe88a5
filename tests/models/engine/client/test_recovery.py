"""Hosts and clients that are killed: requests are answered nevertheless, and nothing is left running."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.engine.client import client as client_module
from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.client.launch import FoundHost, HostDied
from dovetail_models.engine.client.restart import FREE_DEATHS
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from tests.models.conftest import NewClient, hosts, until

LONG = ContextBlock("long.py", "".join(f"value_{i} = {i}\n" for i in range(100)))
JOB = CompletionJob(PromptParts((LONG,), "a.py", "def total():\n    return ", "\n"), "a.py", max_tokens=40)


def kill_hosts() -> int:
    """Kill every host of this process at once and return their number."""
    found = hosts()
    for host in found:
        host.kill()
    return len(found)


async def test_killed_in_decode_the_same_request_is_answered(client: EngineClient) -> None:
    expected = (await client.complete(JOB)).text
    kills: list[int] = []

    def kill_once(_text: str) -> bool:
        if not kills:
            kills.append(kill_hosts())
        return False

    assert (await client.complete(JOB, kill_once)).text == expected
    assert kills == [1]


async def test_killed_while_idle_the_next_request_is_answered(new_client: NewClient, options: EngineOptions) -> None:
    said: list[EngineStatus] = []
    client = new_client(options, said.append)
    expected = (await client.complete(JOB)).text
    assert kill_hosts() == 1
    await until(lambda: said[-1].state == "stopped")
    assert "ended unexpectedly" in said[-1].message
    assert (await client.complete(JOB)).text == expected
    assert (await client.status()).state == "ready"


async def test_killed_while_it_starts_the_same_request_is_answered(client: EngineClient) -> None:
    request = asyncio.create_task(client.complete(JOB))
    await until(lambda: kill_hosts() == 1)
    assert (await request).generated_tokens > 0


@pytest.mark.long
async def test_killed_at_any_moment(new_client: NewClient) -> None:
    """Every request gets the right text, or one clear line if its second host died too; the next one works."""
    dice = random.Random(1)
    client = new_client()
    expected = (await client.complete(JOB)).text
    for _ in range(8):
        request = asyncio.create_task(client.complete(JOB))
        for _ in range(dice.randrange(1, 3)):
            await asyncio.sleep(dice.random() * 0.25)
            kill_hosts()
        try:
            assert (await request).text == expected
        except EngineError as error:
            assert "died" in str(error) and "\n" not in str(error)
        assert (await client.complete(JOB)).text == expected


async def test_killed_twice_on_one_request_it_ends_with_one_clear_line(client: EngineClient) -> None:
    def kill(_text: str) -> bool:
        kill_hosts()
        return False

    with pytest.raises(EngineError, match="died on this request"):
        await client.complete(replace(JOB, max_tokens=500, min_tokens=500), kill)  # under way when the kill comes
    assert (await client.complete(JOB)).generated_tokens > 0


async def test_a_host_that_keeps_dying_is_given_a_pause(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches = 0

    async def dying(_options: EngineOptions) -> FoundHost:
        nonlocal launches
        launches += 1
        raise HostDied("was killed by signal 6")

    monkeypatch.setattr(client_module, "find_or_start", dying)
    client = EngineClient(options)
    for _ in range(10):
        with pytest.raises(EngineError):
            await client.complete(JOB)
    assert launches == FREE_DEATHS + 1
    with pytest.raises(EngineError, match="in a row"):
        await client.complete(JOB)
    await client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody change a file that is mapped")
async def test_the_model_file_is_emptied_under_a_running_host(
    new_client: NewClient, options: EngineOptions, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    whole = options.model_path.read_bytes()
    path.write_bytes(whole)
    client = new_client(replace(options, model_path=path))
    expected = (await client.complete(JOB)).text
    path.write_bytes(b"")
    try:
        assert (await client.complete(JOB)).text == expected
    except EngineError as error:
        assert "is empty" in str(error)
    path.write_bytes(whole)
    assert (await client.complete(JOB)).text == expected


OWNER = """
import asyncio, sys
from pathlib import Path
from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.client.restart import FREE_DEATHS
from dovetail_models.prompt.parts import PromptParts

async def main():
    client = EngineClient(EngineOptions(Path(sys.argv[1]), n_ctx=1024, threads=1), lambda s: print(s.state, flush=True))
    while True:
        await client.complete(CompletionJob(PromptParts((), "a.py", "x", "y"), "a", max_tokens=300, min_tokens=300))

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["starting", "loading", "ready"])
async def test_no_host_outlives_a_client_that_was_killed(options: EngineOptions, state: str) -> None:
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(options.model_path)), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert owner.stdout is not None
    while (await owner.stdout.readline()).decode().strip() != state:
        pass
    await until(lambda: bool(hosts()))
    owner.kill()
    await owner.wait()
    await until(lambda: not hosts())
