"""`EngineClient` with a real host: completions, cancellation, its status, and cleanup."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from tests.models.conftest import NewClient, hosts, until

PARTS = PromptParts(
    (ContextBlock("cart.py", "class Cart:\n    def add(self, item): ...\n"),),
    "shop.py",
    "from cart import Cart\n\n\ndef fill(items):\n    cart = Cart()\n    for item in items:\n        ",
    "\n    return cart\n",
)
JOB = CompletionJob(PARTS, "shop.py", max_tokens=8)
ENDLESS = CompletionJob(PARTS, "shop.py", max_tokens=500, min_tokens=500)  # even if the model would stop earlier


@pytest.fixture
def expected(options: EngineOptions) -> str:
    """Return the answer of an engine in this process to JOB."""
    engine = LlamaEngine(options)
    text = engine.complete(JOB, Interrupt()).text
    engine.close()
    return text


async def test_a_completion(client: EngineClient, expected: str) -> None:
    reply = await client.complete(JOB)
    assert reply.text == expected
    again = await client.complete(replace(JOB, explain=True))
    assert again.text == expected
    assert again.reused_tokens == again.prompt_tokens - 1
    assert again.prompt is not None and "#shop.py" in again.prompt


async def test_nothing_is_started_before_it_is_needed(client: EngineClient) -> None:
    assert (await client.status()).state == "stopped"
    assert hosts() == []


async def test_what_it_says_of_itself(new_client: NewClient, options: EngineOptions) -> None:
    said: list[EngineStatus] = []
    client = new_client(options, said.append)
    status = await client.ensure_ready()
    assert list(dict.fromkeys(each.state for each in said)) == ["starting", "loading", "ready"]
    assert status == said[-1] == await client.status()
    assert (status.n_ctx, status.threads, status.model) == (1024, 1, options.model_path.stem)
    assert status.pid == hosts()[0].pid
    assert status.memory_bytes > 10**6 and status.load_ms > 0 and status.description
    await client.close()
    assert said[-1].state == "stopped"


async def test_enough_ends_the_completion_with_just_that_text(client: EngineClient) -> None:
    seen: list[str] = []

    def enough(text: str) -> bool:
        seen.append(text)
        return len(text) >= 6

    reply = await client.complete(replace(ENDLESS, max_tokens=200), enough)
    assert reply.stop == "enough"
    assert reply.text == seen[-1] and len(reply.text) >= 6
    assert all(len(text) < 6 for text in seen[:-1])


async def test_what_the_model_writes_after_enough_does_not_count(client: EngineClient) -> None:
    """The model goes on until it is stopped, which takes as long as chance will have it."""
    seen: list[str] = []

    def enough(text: str) -> bool:
        seen.append(text)
        return len(seen) == 3

    reply = await client.complete(ENDLESS, enough)
    alone = await client.complete(replace(ENDLESS, max_tokens=3, min_tokens=3))
    assert (alone.text, alone.generated_tokens) == (reply.text, 3)
    assert reply.logprob == pytest.approx(alone.logprob, abs=1e-3)
    assert [each.end for each in reply.token_logprobs] == [each.end for each in alone.token_logprobs]
    assert sum(each.logprob for each in reply.token_logprobs) / 3 == pytest.approx(reply.logprob, abs=1e-3)


async def test_an_error_in_the_test_for_enough_reaches_the_caller(client: EngineClient, expected: str) -> None:
    def enough(_text: str) -> bool:
        raise RuntimeError("of the caller's own")

    with pytest.raises(RuntimeError, match="of the caller's own"):
        await client.complete(ENDLESS, enough)
    assert (await client.complete(JOB)).text == expected


async def test_cancelling_in_decode_stops_the_model_and_leaves_the_state_right(
    client: EngineClient, expected: str
) -> None:
    begun = asyncio.Event()

    def enough(_text: str) -> bool:
        begun.set()
        return False

    for _ in range(3):
        begun.clear()
        request = asyncio.create_task(client.complete(ENDLESS, enough))
        await begun.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert (await client.complete(JOB)).text == expected


async def test_cancelling_at_any_moment_leaves_the_state_right(client: EngineClient, expected: str) -> None:
    """DOVETAIL_CANCELS=1000 runs the long form."""
    dice = random.Random(2)
    await client.ensure_ready()
    cancelled = 0
    for _ in range(int(os.environ.get("DOVETAIL_CANCELS", "10"))):
        first = dice.randrange(1000)
        lines = "".join(f"value_{i} = {i}\n" for i in range(first, first + dice.randrange(5, 120)))
        long = replace(PARTS, context=(ContextBlock("long.py", lines),))
        request = asyncio.create_task(client.complete(CompletionJob(long, "long.py", max_tokens=100)))
        await asyncio.sleep(dice.random() * 0.06)
        cancelled += request.cancel()  # false if it was faster
        await asyncio.wait([request])
        assert (await client.complete(JOB)).text == expected
    assert cancelled


async def test_cancelling_while_the_host_starts_does_not_stop_the_start(client: EngineClient, expected: str) -> None:
    first = asyncio.create_task(client.complete(JOB))
    await until(lambda: len(hosts()) == 1)
    (started,) = (host.cmdline() for host in hosts())
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await client.complete(JOB)).text == expected
    assert [host.cmdline() for host in hosts()] == [started]


async def test_many_at_once_start_one_host_and_each_gets_one_answer(client: EngineClient, expected: str) -> None:
    replies = await asyncio.gather(*(client.complete(replace(JOB, document=str(i))) for i in range(8)))
    assert [reply.text for reply in replies] == [expected] * 8
    assert len(hosts()) == 1


async def test_a_newer_request_supersedes_the_older(client: EngineClient) -> None:
    await client.ensure_ready()
    older = asyncio.create_task(client.complete(ENDLESS))
    await asyncio.sleep(0)
    newer = await client.complete(JOB)
    assert (await older).stop == "superseded"
    assert newer.stop in ("eos", "length")


async def test_a_hostile_workspace_changes_nothing(
    client: EngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: str
) -> None:
    for name in ("dataclasses", "json", "numpy", "dovetail_models", "llama_cpp", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of the workspace was imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    assert (await client.complete(JOB)).text == expected


async def test_a_temporary_folder_with_a_long_name(
    client: EngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: str
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert (await client.complete(JOB)).text == expected


async def test_a_file_that_cannot_be_loaded_gives_one_line_to_every_request(
    new_client: NewClient, options: EngineOptions, tmp_path: Path, expected: str
) -> None:
    path = tmp_path / "model.gguf"
    whole = options.model_path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    client = new_client(replace(options, model_path=path))
    results = await asyncio.gather(
        *(client.complete(replace(JOB, document=str(i))) for i in range(4)), return_exceptions=True
    )
    messages = {str(result) for result in results if isinstance(result, EngineError)}
    assert len(results) == 4 and len(messages) == 1
    assert "download it again" in (message := messages.pop()) and "\n" not in message
    assert (await client.status()).state == "failed"
    with pytest.raises(EngineError, match="download it again"):
        await client.complete(JOB)
    path.write_bytes(whole)
    assert (await client.complete(JOB)).text == expected, "a fixed file is loaded at once"


async def test_a_relative_path_is_meant_from_here(
    new_client: NewClient, options: EngineOptions, monkeypatch: pytest.MonkeyPatch, expected: str
) -> None:
    monkeypatch.chdir(options.model_path.parent)
    client = new_client(replace(options, model_path=Path(options.model_path.name)))
    assert (await client.complete(JOB)).text == expected


async def test_a_missing_file(new_client: NewClient, options: EngineOptions, tmp_path: Path) -> None:
    client = new_client(replace(options, model_path=tmp_path / "none.gguf"))
    with pytest.raises(EngineError, match="does not exist"):
        await client.ensure_ready()


async def test_closing(new_client: NewClient) -> None:
    for moment in (0, 0.02, 0.1, 0.3):
        client = new_client()
        request = asyncio.create_task(client.complete(ENDLESS))
        await asyncio.sleep(moment)
        await client.close()
        await client.close()
        with pytest.raises(EngineError, match="closed"):
            await request
        with pytest.raises(EngineError, match="closed"):
            await client.complete(JOB)
        assert hosts() == []
