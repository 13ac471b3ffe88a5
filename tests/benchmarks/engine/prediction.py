"""Compare predicted and measured memory and speed: figures for models/dovetail_models/hardware/README.md.

    python -m tests.benchmarks.engine.prediction MODEL.gguf ...

Not a test. Each model is loaded in a separate host with two windows and two types of KV cache, and completes once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import psutil

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.hardware.estimate import speed_on_cpu
from dovetail_models.hardware.header import read_shape
from dovetail_models.hardware.machine import usable_cores
from dovetail_models.hardware.measure import multiplications_per_s, read_bytes_per_s
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.figures import say

WINDOWS = (1024, 4096)
PROMPT_CHARACTERS = 200
MIB = 2**20
SOURCE = Path(__file__).read_text("utf-8")[:PROMPT_CHARACTERS]


async def measure(path: Path, bandwidth: float, multiplications: float) -> None:
    for kv_type in ("f16", "q8_0"):
        for n_ctx in WINDOWS:
            options = EngineOptions(path, n_ctx=n_ctx, kv_type=kv_type, linger_s=0, several_models=True)
            engine = EngineClient(options)
            try:
                await engine.ensure_ready()
                prompt = PromptParts((), "a.py", SOURCE, "")
                reply = await engine.complete(CompletionJob(prompt, "measure", 6, min_tokens=6))
                status = await engine.status()
                assert status.pid is not None
                found = psutil.Process(status.pid).memory_full_info()
            finally:
                await engine.close()
            speed = speed_on_cpu(read_shape(path), bandwidth, multiplications, reply.prompt_tokens)
            read = reply.prompt_tokens - reply.reused_tokens
            memory = f"{status.predicted_bytes / MIB:.0f} | {found.rss / MIB:.0f} | {found.pss / MIB:.0f}"
            error = f"{status.predicted_bytes / found.rss - 1:+.1%}"
            prefill = f"{speed.prefill_tokens_s:.0f} | {read / reply.prefill_ms * 1000:.0f}"
            decode = f"{speed.decode_ms:.0f} | {reply.decode_ms / max(reply.generated_tokens, 1):.0f}"
            say(f"{path.stem} | {status.n_ctx} | {kv_type} | {memory} | {error} | {prefill} | {decode}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOVETAIL_RUNTIME_DIR"] = folder
        threads = usable_cores()
        bandwidth, multiplications = read_bytes_per_s(threads), multiplications_per_s(threads)
        say(f"{bandwidth / 1e9:.1f} GB/s, {multiplications / 1e9:.1f} G multiplications/s, {threads} threads")
        say("model | window | KV | predicted | RSS | PSS (MiB) | error | prefill expected | measured | ms/token | ...")
        for name in sys.argv[1:]:
            asyncio.run(measure(Path(name), bandwidth, multiplications))
