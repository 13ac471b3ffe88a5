"""Measure a decode step beside busy processes, by wait policy and choice of threads: figures for models/README.md.

    python -m tests.benchmarks.engine.busy MODEL.gguf [ROUNDS [POLICY ...]]

Not a test: it measures time. Run it on an otherwise idle machine: it creates the load itself and prints the number of
busy processes. Each line is a process of its own, since OpenMP reads its settings once. With "adapted", the default,
the engine chooses its threads as the load changes. A number fixes the threads.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama_api
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.threads import WAITING
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.figures import say

MODULE = "tests.benchmarks.engine.busy"
POLICIES: dict[str, dict[str, str]] = {
    "ours": {},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "spin 10000": {"GOMP_SPINCOUNT": "10000"},
    "OpenMP's own": {"GOMP_SPINCOUNT": "300000"},
}
THREADS = ("adapted", "1", "2")
BUSY = (0, 1, 2)
WARM_UP, TOKENS = 20, 30
"""The load is noticed while warming up."""


def steps(model: Path, threads: int | None) -> list[float]:
    """Return the times of decode steps, in milliseconds."""
    took: list[float] = []
    plain = llama_api.api.llama_decode

    def timed(context: object, batch: object) -> object:
        started = time.perf_counter()
        result = plain(context, batch)
        took.append((time.perf_counter() - started) * 1000)
        return result

    engine = LlamaEngine(EngineOptions(model, n_ctx=1024, threads=threads, speculate=False))
    llama_api.api.llama_decode = timed
    job = CompletionJob(PromptParts((), "a.py", "def f():\n", ""), "a", WARM_UP + TOKENS, min_tokens=WARM_UP + TOKENS)
    engine.complete(job, Interrupt())
    engine.close()
    return took[-TOKENS:]


def measure(model: str, rounds: int, policies: list[str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in WAITING}
    for number in range(rounds):
        for policy in policies:
            environment = POLICIES[policy]
            for threads in THREADS:
                found = []
                for busy in BUSY:
                    load = [subprocess.Popen((sys.executable, "-c", "while True: pass")) for _ in range(busy)]
                    try:
                        line = subprocess.run(
                            (sys.executable, "-m", MODULE, "--steps", model, threads),
                            env={**inherited, **environment},
                            capture_output=True,
                            text=True,
                            check=True,
                        ).stdout
                    finally:
                        for process in load:
                            process.kill()
                            process.wait()
                    found.append(f"{busy} busy: {line.strip()}")
                say(f"round {number + 1}, {policy}, threads {threads}: {'; '.join(found)}")


if __name__ == "__main__":
    if sys.argv[1] == "--steps":
        times = sorted(steps(Path(sys.argv[2]), None if sys.argv[3] == "adapted" else int(sys.argv[3])))
        say(f"median {statistics.median(times):.0f} ms, p90 {times[int(len(times) * 0.9)]:.0f}")
    else:
        measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2, sys.argv[3:] or list(POLICIES))
