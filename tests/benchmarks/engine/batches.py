"""Measure the cost of a batch of n tokens against one token, and the prefill speed: figures for models/README.md.

    python -m tests.benchmarks.engine.batches MODEL.gguf [THREADS [DEPTH]]

Not a test: it measures time. Run it on an otherwise idle machine. It compares weights repacked for this processor
(llama.cpp's default) with weights as they are in the file, and tries micro-batches of several sizes.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from dovetail_models.engine.runtime import llama
from tests.benchmarks.figures import say

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)
MICRO_BATCHES = (32, 64, 128, 256)
ROUNDS = 7


def batches(model: llama.Model, threads: int, depth: int) -> dict[int, float]:
    """Median milliseconds of a batch, by its size, after `depth` tokens."""
    context = model.context(depth + 64, threads, 128)
    for start in range(0, depth, 128):
        context.evaluate(range(100, 100 + min(128, depth - start)), start, 0, 0)
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size in SIZES:
            started = time.perf_counter()
            context.evaluate(range(200, 200 + size), depth, size, 0)
            context.logits(0)
            took[size].append((time.perf_counter() - started) * 1000)
            context.forget_from(depth, 0)
    context.close()
    return {size: statistics.median(times) for size, times in took.items()}


def prefill(model: llama.Model, threads: int, micro_batch: int) -> float:
    """Return the prefill speed for 512 tokens, in tokens per second."""
    context = model.context(1024, threads, micro_batch)
    started = time.perf_counter()
    for start in range(0, 512, micro_batch):
        context.evaluate(range(100, 100 + micro_batch), start, 0, 0)
    took = time.perf_counter() - started
    context.close()
    return 512 / took


if __name__ == "__main__":
    path = Path(sys.argv[1])
    thread_count = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    depth_tokens = int(sys.argv[3]) if len(sys.argv) > 3 else 1024
    for is_repacked in (True, False):
        loaded = llama.load_model(path, repacked=is_repacked)
        costs = batches(loaded, thread_count, depth_tokens)
        say(f"{'repacked' if is_repacked else 'as in the file'}, {thread_count} threads, depth {depth_tokens}:")
        say("  batch: " + ", ".join(f"{size}: {ms:.0f} ms ({ms / costs[1]:.2f})" for size, ms in costs.items()))
        speeds = {size: prefill(loaded, thread_count, size) for size in MICRO_BATCHES}
        say("  prefill by micro-batch: " + ", ".join(f"{size}: {speed:.0f} tokens/s" for size, speed in speeds.items()))
        loaded.close()
