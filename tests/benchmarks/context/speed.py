"""Measure the speed and memory of context/ on real sources.

    python -m tests.benchmarks.context.speed FOLDER... [--times N]

Prints the time of parsing alone in one process, of a cold start, of a second start and of one after a branch switch.
Also prints the time of an edit until the snapshot shows it, the time of a context at random places, and the memory of
each part. Every part runs in a separate process. Edits and contexts are measured in several processes one after another
(`--rounds`), of which the least time of each place counts: each is as cold as the others, and what other programs take
of the processor only adds time. `--times 10` measures on ten copies (hard links) of the folders. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from dovetail_context.gather import gather
from dovetail_context.gc_tuning import tune_gc
from dovetail_context.index.extraction.build import is_wanted
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.languages.registry import language_for
from dovetail_context.query import Query
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import scan
from tests.benchmarks.figures import quantile, say

BUDGET_TOKENS = 1024
CACHE_BYTES = 20_000_000_000
LONG_FILE_LINES = 2000
EDITS = 60
SEED = 1

Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--times", type=int, default=1, help="how many copies of the folders (default 1)")
    parser.add_argument("--places", type=int, default=300, help="how many cursors are tried (default 300)")
    parser.add_argument("--rounds", type=int, default=3, help="processes that try each cursor (default 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dovetail-measure-") as folder:
        root, cache = Path(folder) / "project", Path(folder) / "cache"
        for copy in range(arguments.times):
            for source in arguments.folders:
                _link(source.resolve(), root / f"copy{copy}" / source.resolve().name)
        _measure(root, cache, arguments.places, arguments.rounds)


def _measure(root: Path, cache: Path, places: int, rounds: int) -> None:
    files, lines, parsing, parsing_cpu = _apart(parse_all, root)
    millions = lines / 1e6
    say(f"{files} files, {millions:.2f} million lines, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    say(f"parsing alone      {parsing:6.2f} s   ({parsing_cpu:.2f} s of processor time, one process)")
    cold, cold_cpu, cold_mb = _apart(start, root, cache)
    say(f"cold start         {cold:6.2f} s   ({cold_cpu:.2f} s): {cold / parsing:.2f} times parsing alone")
    say(f"  memory of it     {cold_mb:6.0f} MB: {cold_mb / millions:.0f} MB a million lines")
    again, again_cpu, again_mb = min(_apart(start, root, cache) for _ in range(3))
    say(f"second start       {again:6.2f} s   ({again_cpu:.2f} s): {cold / again:.0f} times faster than cold")
    say(f"  memory of it     {again_mb:6.0f} MB: {again_mb / millions:.0f} MB a million lines")
    for image in cache.glob("*.image"):
        say(f"  on disk          {image.stat().st_size / 1e6:6.0f} MB")
        image.unlink()
    known, known_cpu, _ = _apart(start, root, cache)
    say(f"texts seen before  {known:6.2f} s   ({known_cpu:.2f} s): another work tree, a branch that comes back")
    edits, contexts, contexts_cpu, used_mb = zip(
        *(_apart(use, root, cache, places) for _ in range(rounds)), strict=True
    )
    say(f"one edit           {_summary(_least(edits))}   in files of {LONG_FILE_LINES} lines and more")
    say(f"a context          {_summary(_least(contexts))}")
    say(f"  of processor time {_summary(_least(contexts_cpu))}")
    say(f"  single rounds    {'; '.join(map(_summary, contexts))}")
    say(f"  memory after it  {max(used_mb):6.0f} MB: {max(used_mb) / millions:.0f} MB a million lines")


def parse_all(root: Path) -> tuple[int, int, float, float]:
    """Files, lines, seconds and seconds of processor time of parsing everything, without reading it."""
    files = lines = 0
    wall = processor = 0.0
    for file in scan(root, is_wanted).files:
        text, language = read_source(root / file.path).text, language_for(file.path)
        if text is None or language is None:
            continue
        grammar = language.grammar(file.path)
        if grammar is None:  # plain text, or a grammar that is not installed
            continue
        files, lines = files + 1, lines + text.count("\n")
        began, began_cpu = time.perf_counter(), time.process_time()
        tree = grammar.parse(text)
        wall, processor = wall + time.perf_counter() - began, processor + time.process_time() - began_cpu
        del tree
    return files, lines, wall, processor


def start(root: Path, cache: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor time (workers included) and megabytes of a start."""
    before, began, began_cpu = _resident_mb(), time.perf_counter(), _processor_s()
    with closing(WorkspaceIndex(root, cache=IndexCache(cache, CACHE_BYTES))) as index:
        index.build()
        seconds, memory = time.perf_counter() - began, _resident_mb() - before
    return seconds, _processor_s() - began_cpu, memory


def use(root: Path, cache: Path, places: int) -> tuple[list[float], list[float], list[float], float]:
    """Return the seconds until edits are visible, those of contexts, by the clock and of the processor, and the
    megabytes afterwards."""
    before = _resident_mb()
    rng = random.Random(SEED)
    with closing(WorkspaceIndex(root, cache=IndexCache(cache, CACHE_BYTES))) as index:
        index.start()
        index.wait_idle(3600)
        tune_gc()  # as the server does
        paths = sorted(index.snapshot.files)
        # A server has compiled the queries of a language once a file is open.
        for path in {index.snapshot.files.language_of(path): path for path in paths}.values():
            text = index.snapshot.files[path].text
            gather(Query(path, text, len(text) // 2), index.snapshot, BUDGET_TOKENS)
        contexts, contexts_cpu = [], []
        for _ in range(places):
            path = rng.choice(paths)
            text = index.snapshot.files[path].text
            query = Query(path, text, rng.randint(0, len(text)))
            began, began_cpu = time.perf_counter(), time.thread_time()
            gather(query, index.snapshot, BUDGET_TOKENS)
            contexts.append(time.perf_counter() - began)
            contexts_cpu.append(time.thread_time() - began_cpu)
        memory = _resident_mb() - before
        return list(_edits(index, root, paths, rng)), contexts, contexts_cpu, memory


def _edits(index: WorkspaceIndex, root: Path, paths: list[str], rng: random.Random) -> Iterator[float]:
    long = [path for path in paths if (root / path).stat().st_size > 20 * LONG_FILE_LINES]
    texts = {path: index.snapshot.files[path].text for path in rng.sample(long, min(len(long), 200))}
    texts = {path: text for path, text in texts.items() if 1 <= text.count("\n") / LONG_FILE_LINES < 1.5}
    for path in rng.choices(sorted(texts), k=EDITS) if texts else ():
        lines = texts[path].split("\n")
        lines.insert(rng.randrange(len(lines)), f"edited = {rng.random()}")
        texts[path] = "\n".join(lines)
        version, began = index.snapshot.version, time.perf_counter()
        index.set_overlay(path, texts[path])
        while index.snapshot.version == version:
            time.sleep(0.0002)
        yield time.perf_counter() - began


def _apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Run `work` in a separate process and return its result."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _link(source: Path, target: Path) -> None:
    for file in scan(source).files:
        (target / file.path).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / file.path, target / file.path)
        except OSError:  # another disk
            shutil.copyfile(source / file.path, target / file.path)


def _processor_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _resident_mb() -> float:
    """Resident memory of this process, mapped files included."""
    gc.collect()
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def _least(rounds: Iterable[list[float]]) -> list[float]:
    """The least time of each place."""
    return [min(times) for times in zip(*rounds, strict=True)]


def _summary(times: list[float]) -> str:
    if not times:
        return "none"
    return f"median {quantile(times, 0.5) * 1e3:.1f} ms, p95 {quantile(times, 0.95) * 1e3:.1f} ms"


if __name__ == "__main__":
    main()
