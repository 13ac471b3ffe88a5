"""Measure the engine's overhead over llama.cpp, and the time of a cancellation and of a restart.

Figures for models/README.md.

    python -m tests.benchmarks.engine.overhead MODEL.gguf [CANCELS [MICRO-BATCH]]

Not a test: it measures time. Run it on an otherwise idle machine. The prompts are this project's own sources.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama, llama_api
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from tests.benchmarks.figures import say

SOURCE = "".join(path.read_text("utf-8") for path in sorted(Path(llama.__file__).parent.glob("*.py")))
TOKENS = 48


def overhead(options: EngineOptions) -> None:
    """Decode with the time inside llama_decode taken apart."""
    inside: list[float] = []
    plain = llama_api.api.llama_decode

    def timed(context: object, batch: object) -> object:
        started = time.perf_counter()
        result = plain(context, batch)
        inside.append(time.perf_counter() - started)
        return result

    llama_api.api.llama_decode = timed
    engine = LlamaEngine(options)
    parts = PromptParts((ContextBlock("a.py", SOURCE[:2500]),), "b.py", SOURCE[2500:3500], SOURCE[9000:9300])
    job = CompletionJob(parts, "b.py", max_tokens=TOKENS)
    engine.complete(job, Interrupt())
    shares = []
    for _ in range(5):
        inside.clear()
        reply = engine.complete(job, Interrupt())
        whole_ms = reply.prompt_ms + reply.prefill_ms + reply.decode_ms
        shares.append(1 - sum(inside) * 1000 / whole_ms)
        step_ms = statistics.median(inside) * 1000
    llama_api.api.llama_decode = plain
    engine.close()
    say(f"{options.model_path.name}: a decode step {step_ms:.1f} ms; outside of it {statistics.median(shares):.1%}")


async def cancels(options: EngineOptions, count: int) -> None:
    """From a cancel to a free engine: how long the job waits that is sent right after."""
    dice = random.Random(1)
    client = EngineClient(options)
    await client.ensure_ready()
    begun = asyncio.Event()

    def begin(_text: str) -> bool:
        begun.set()
        return False

    waits: dict[str, list[float]] = {"prefill": [], "decode": []}
    for i in range(count):
        start = dice.randrange(len(SOURCE) - 4000)
        long = CompletionJob(PromptParts((), f"{i}.py", SOURCE[start : start + 4000], ""), "long", max_tokens=TOKENS)
        request = asyncio.create_task(client.complete(long))
        await asyncio.sleep(dice.uniform(0.02, 0.5))
        waits["prefill"].append(await _wait_after_cancel(client, request))
        begun.clear()
        short = CompletionJob(PromptParts((), "short.py", SOURCE[:300], ""), "short", max_tokens=500)
        request = asyncio.create_task(client.complete(short, begin))
        await begun.wait()
        await asyncio.sleep(dice.uniform(0.0, 0.1))
        waits["decode"].append(await _wait_after_cancel(client, request))
    await client.close()
    for phase, times in waits.items():
        times.sort()
        middle, late = statistics.median(times), times[int(len(times) * 0.95)]
        say(f"cancel during {phase}: free after {middle:.1f} ms (p95 {late:.1f}, of {count})")


async def after_drop(options: EngineOptions, rounds: int = 5) -> None:
    """A prompt read from nothing, against one that follows another, dropped while it was read, in the same file: one
    more letter, and one line elsewhere."""
    client = EngineClient(options)
    await client.ensure_ready()
    waits: dict[str, list[float]] = {"cold": [], "one letter more": [], "elsewhere in the file": []}
    for i in range(rounds):
        for kind, times in waits.items():
            start = (i * len(waits) + len(times)) * 1000 % (len(SOURCE) - 4000)
            text = f"# {i} {kind}\n{SOURCE[start : start + 3200]}"  # begins as nothing before it
            job = CompletionJob(PromptParts((), f"{i}{kind}.py", text, "", "x"), f"{i}{kind}", max_tokens=1)
            if kind != "cold":
                dropped = asyncio.create_task(client.complete(job))
                await asyncio.sleep(1.0)
                dropped.cancel()
                await asyncio.wait([dropped])
            if kind == "elsewhere in the file":
                parts = replace(job.parts, prefix=f"# {i} other\n{SOURCE[start + 100 : start + 3300]}")
            else:
                parts = replace(job.parts, forced="xy")
            started = time.perf_counter()
            await client.complete(replace(job, parts=parts))
            times.append((time.perf_counter() - started) * 1000)
    await client.close()
    cold = statistics.median(waits["cold"])
    for kind, times in waits.items():
        middle = statistics.median(times)
        say(f"{kind}: {middle:.0f} ms, {middle / cold:.2f} of cold (longest {max(times):.0f})")


def reopened(options: EngineOptions) -> None:
    """Measure how long the first answer of the day waits for its prompt, evaluated or restored from disk."""
    with TemporaryDirectory() as folder:
        keeping = replace(options, kv_folder=Path(folder), kv_folder_bytes=4 << 30)
        for when in ("read", "from disk"):
            reply, kept_s = asyncio.run(_kept(keeping))
            size = sum(path.stat().st_size for path in Path(folder).rglob("*.kv")) / 1e6
            say(
                f"first prompt, {when}: {reply.prompt_tokens} tokens, {reply.prefill_ms:.0f} ms; kept and left in "
                f"{kept_s:.1f} s, {size:.0f} MB on disk"
            )


async def _kept(options: EngineOptions) -> tuple[CompletionReply, float]:
    """Return an answer, and the seconds until its host had saved its KV state and ended."""
    parts = PromptParts((ContextBlock("a.py", SOURCE[:2500]),), "b.py", SOURCE[2500:3500], SOURCE[9000:9300])
    client = EngineClient(options)
    await client.ensure_ready()
    reply = await client.complete(CompletionJob(parts, "b.py", max_tokens=1, files=("/b.py",)))
    started = time.perf_counter()
    await client.keep(lambda _file: True)
    await client.close()
    return reply, time.perf_counter() - started


async def _wait_after_cancel(client: EngineClient, request: asyncio.Task[object]) -> float:
    request.cancel()
    reply = await client.complete(CompletionJob(PromptParts((), "", "", ""), "next", max_tokens=0))
    await asyncio.wait([request])
    return reply.queue_ms


if __name__ == "__main__":
    chosen = EngineOptions(Path(sys.argv[1]))
    if len(sys.argv) > 3:
        chosen = replace(chosen, micro_batch=int(sys.argv[3]))
    overhead(chosen)
    reopened(chosen)
    asyncio.run(after_drop(chosen))
    asyncio.run(cancels(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else 40))
