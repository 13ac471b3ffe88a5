"""Measure the memory of several editor windows: figures for models/README.md.

    python -m tests.benchmarks.engine.memory MODEL.gguf [CLIENTS]

Not a test. Each client is a separate process, as in editors, and asks for a completion of its own file. For each
client and for the model's host, it prints the resident memory and the part that no other process shares.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import psutil

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.figures import say

MODULE = "tests.benchmarks.engine.memory"
SOURCE = Path(__file__).read_text("utf-8")


async def client(model: Path, name: str) -> None:
    """Ask, print the id of the process that answered, and stay until standard input ends."""
    engine = EngineClient(EngineOptions(model))
    reply = await engine.complete(CompletionJob(PromptParts((), name, SOURCE, ""), name, 16, min_tokens=16))
    say(f"{(await engine.status()).pid} {reply.generated_tokens}")
    await asyncio.to_thread(sys.stdin.read)
    await engine.close()


def measure(model: str, count: int) -> None:
    command = (sys.executable, "-m", MODULE, "--client", model)
    clients = [
        subprocess.Popen((*command, f"{i}.py"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for i in range(count)
    ]
    hosts = set()
    for each in clients:
        assert each.stdout is not None
        host, tokens = each.stdout.readline().split()
        hosts.add(int(host))
        say(f"client {each.pid}: {tokens} tokens from host {host}; {_memory(each.pid)}")
    for pid in hosts:
        say(f"host {pid}: {_memory(pid)}")
    say(f"{len(hosts)} copy of the weights, file {Path(model).stat().st_size / 2**20:.0f} MiB")
    for each in clients:
        each.communicate("")


def _memory(pid: int) -> str:
    found = psutil.Process(pid).memory_full_info()
    return f"{found.rss / 2**20:.0f} MiB resident, {found.uss / 2**20:.0f} MiB its own"


if __name__ == "__main__":
    if sys.argv[1] == "--client":
        asyncio.run(client(Path(sys.argv[2]), sys.argv[3]))
    else:
        measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
