"""Compare a server with the local engine: the same prompts to both at temperature 0.

    python -m tests.benchmarks.remote URL ROOT... [--count 50] [--seed 1] [--model NAME|FILE.gguf] [--dialect D]

Draws places in the code of each project (a third at the beginning of a line, the rest anywhere in it, many inside a
word), makes the prompt for each as an editor would, and completes it here and there. Both have to run the same
model. Names are left out of the jobs, because servers cannot bias towards them. Prints each difference, and at the end
how many texts are equal, by how much the mean log-probabilities differ, and the milliseconds of both.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import cast

from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.completion.pipeline import complete
from dovetail.completion.request import CompletionRequest
from dovetail.session.inference.engine import make_local_engine
from dovetail.settings import Settings
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.secrets.find import redact
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.options import Dialect, RemoteOptions

MIN_CODE_CHARACTERS = 8
"""Characters of a line that is worth a hole."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two engines made of one job, and the milliseconds each took. `there` is None where the server failed."""

    where: str
    here: CompletionReply
    there: CompletionReply | None
    here_ms: float
    there_ms: float

    @property
    def is_equal(self) -> bool:
        return self.there is not None and self.here.text == self.there.text


class Recorded(Exception):
    """The job that the pipeline would have asked."""

    def __init__(self, job: CompletionJob) -> None:
        super().__init__()
        self.job = job


class Recorder:
    """An engine that only records its jobs."""

    def __init__(self, status: EngineStatus) -> None:
        self._status = status

    async def ensure_ready(self) -> EngineStatus:
        return self._status

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        raise Recorded(job)

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None: ...
    async def close(self) -> None: ...


def requests(root: Path, count: int, rng: random.Random) -> Iterator[tuple[str, CompletionRequest]]:
    """Yield places in a project with what an editor would ask there, the rest of the line cut out."""
    with closing(WorkspaceIndex(root)) as index:
        index.build()
        paths = sorted(index.snapshot.files)
        for _ in range(count * 20 if paths else 0):
            path = rng.choice(paths)
            text = (root / path).read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
            lines = text.split("\n")
            number = rng.randrange(len(lines))
            indent = len(lines[number]) - len(lines[number].lstrip())
            if len(lines[number]) - indent < MIN_CODE_CHARACTERS:
                continue
            column = indent if rng.random() < 1 / 3 else rng.randrange(indent + 1, len(lines[number]))
            before = "\n".join([*lines[:number], lines[number][:column]])
            cut = "\n".join([before, *lines[number + 1 :]])
            yield (
                f"{root.name}/{path}:{number + 1}:{column + 1}",
                CompletionRequest(str(root / path), path, redact(cut), len(before), index.snapshot, "invoked"),
            )
            count -= 1
            if not count:
                return


async def job_of(request: CompletionRequest, status: EngineStatus, settings: Settings) -> CompletionJob | None:
    """Return what the pipeline asks for a request, without names; None where it asks nothing."""
    try:
        await complete(request, cast(Engine, Recorder(status)), settings)
    except Recorded as recorded:
        return replace(recorded.job, names=(), beginnings=0, max_tokens=min(recorded.job.max_tokens, 32))
    return None


async def compare(jobs: list[tuple[str, CompletionJob]], here: Engine, there: Engine) -> list[Comparison]:
    """Return the replies of both engines to the jobs, one after the other."""
    found = []
    for where, job in jobs:
        started = perf_counter()
        ours = await here.complete(job)
        between = perf_counter()
        try:
            theirs: CompletionReply | None = await there.complete(job)
        except EngineError as error:
            print(f"{where}: {error}")
            theirs = None
        ended = perf_counter()
        one = Comparison(where, ours, theirs, (between - started) * 1000, (ended - between) * 1000)
        if theirs is not None and not one.is_equal:
            print(f"{where} ({ours.prompt_tokens}/{theirs.prompt_tokens} tokens, typed {job.parts.forced[-20:]!r})")
            print(f"    here  {ours.text[:90]!r} {ours.logprob or 0:.2f}")
            print(f"    there {theirs.text[:90]!r} {theirs.logprob or 0:.2f}")
        found.append(one)
    return found


def summary(found: list[Comparison]) -> Iterator[str]:
    """Yield lines for people."""
    answered = [one for one in found if one.there is not None]
    equal = [one for one in answered if one.is_equal]
    yield f"{len(found)} prompts, {len(answered)} answered by the server, {len(equal)} equal to the local text"
    gaps = [
        abs(one.here.logprob - one.there.logprob)
        for one in equal
        if one.there is not None and one.here.logprob is not None and one.there.logprob is not None
    ]
    if gaps:
        yield f"mean log-probabilities of equal texts differ by {statistics.median(gaps):.3f}, at most {max(gaps):.3f}"
    if answered:
        here, there = ([getattr(one, name) for one in answered] for name in ("here_ms", "there_ms"))
        yield f"median {statistics.median(here):.0f} ms here, {statistics.median(there):.0f} ms there"


async def run(arguments: argparse.Namespace) -> None:
    settings = Settings(model=arguments.model)
    async with AsyncExitStack() as stack:
        here = make_local_engine(settings, several_models=True)
        stack.push_async_callback(here.close)
        status = await here.ensure_ready()
        dialect = cast(Dialect, arguments.dialect)
        there = RemoteEngine(RemoteOptions(arguments.url, dialect, n_ctx=status.n_ctx, first_token_s=120.0))
        stack.push_async_callback(there.close)
        print((await there.ensure_ready()).description)
        jobs = await drawn(arguments, status, settings)
        found = await compare(jobs, here, there)
    for line in summary(found):
        print(line)


async def drawn(
    arguments: argparse.Namespace, status: EngineStatus, settings: Settings
) -> list[tuple[str, CompletionJob]]:
    """Return the jobs to compare, as many of each project."""
    rng = random.Random(arguments.seed)
    jobs: list[tuple[str, CompletionJob]] = []
    for number, root in enumerate(arguments.roots):
        share = arguments.count * (number + 1) // len(arguments.roots) - len(jobs)
        for where, request in requests(root.resolve(), share * 2, rng):
            job = await job_of(request, status, settings)
            if job is not None and share:
                jobs.append((where, job))
                share -= 1
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--dialect", default="auto", choices=["auto", "llama.cpp", "openai"])
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
