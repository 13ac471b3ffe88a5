"""Compare our decode speed with that of llama.cpp's own bench tool. The figures go into docs/benchmarks/engine.md.

    python -m tests.benchmarks.engine.against_llama_bench MODEL.gguf LLAMA-BENCH [ROUNDS [THREADS [DEPTH]]]

Not a test: it measures time. Run it on an otherwise idle machine. docs/benchmarks/engine.md explains how to build
LLAMA-BENCH. The two take turns and decode the same number of tokens at the same depth on the same threads. Each waits
at barriers in its default way. Ours runs through the whole engine: prompt, sampling, text.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.threads import WAITING
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.figures import say

TOKENS = 64
SOURCE = "".join(path.read_text("utf-8") for path in sorted(Path(llama.__file__).parent.glob("*.py")))


def ours(engine: LlamaEngine, depth: int) -> float:
    """Return the speed in tokens per second."""
    text = engine._tokenizer.text(engine._tokenizer.tokens(SOURCE)[:depth])
    job = CompletionJob(PromptParts((), "a.py", text, ""), "a", TOKENS, min_tokens=TOKENS)
    engine.complete(CompletionJob(job.parts, "a", priority="warm"), Interrupt())
    reply = engine.complete(job, Interrupt())
    return (reply.generated_tokens - 1) / reply.decode_ms * 1000


def theirs(tool: str, model: str, threads: int, depth: int) -> float:
    """Return the speed in tokens per second."""
    settings = ("-p", "0", "-n", str(TOKENS), "-d", str(depth), "-t", str(threads), "-fa", "0", "-r", "1", "-o", "json")
    as_it_comes = {name: value for name, value in os.environ.items() if name not in WAITING}
    command = (tool, "-m", model, *settings)
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=as_it_comes)
    return float(json.loads(said.stdout)[0]["avg_ts"])


if __name__ == "__main__":
    path, bench = sys.argv[1:3]
    given = [int(each) for each in sys.argv[3:6]]
    rounds, thread_count, tokens_before = (*given, *(3, 2, 512)[len(given) :])
    chosen = EngineOptions(Path(path), n_ctx=tokens_before + 256, threads=thread_count, speculate=False)
    loaded = LlamaEngine(chosen)
    ratios = []
    for _ in range(rounds):
        mine, other = ours(loaded, tokens_before), theirs(bench, path, thread_count, tokens_before)
        ratios.append(mine / other)
        say(f"ours {mine:.1f} tokens/s, llama-bench {other:.1f}: {ratios[-1]:.2f}")
    say(f"median ratio {statistics.median(ratios):.2f}")
