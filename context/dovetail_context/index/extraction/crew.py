"""The crew of a cold build: worker processes that read files, and what happens when one of them dies.

`worker.py` defines what a worker does. If no worker can be started, this process reads the files.
"""

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dovetail_context.index.extraction.build import ReadFile, Task, read_files
from dovetail_context.index.extraction.worker import as_message, greeting, read_answer, receive, send
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.index.storage.store import RecordStore
from dovetail_context.workspace.exclude import MAX_FILE_BYTES

# Starting a worker costs 0.3 s of processor time, in which one process reads 150 files, or 1 MB of text. A few large
# files are as much work as many small ones, and a thread that reads them slows down every answer meanwhile.
MIN_FILES = 400
MIN_BYTES = 2_000_000
MAX_WORKERS = 8
TASKS_OF_BATCH = 24  # some 0.1 s of work
BATCHES_AHEAD = 2  # so that a worker never waits for its next batch
MAX_DEATHS = 50  # with more the fault is not in single files

COMMAND = (sys.executable, "-E", "-P", "-m", "dovetail_context.index.extraction.worker")
# On Windows; elsewhere a worker lowers its priority itself.
_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
# A worker does no linear algebra: the threads that numpy starts for it cost 0.1 s of processor time, and more with
# more processors.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}


def read_all(
    root: Path, tasks: Sequence[Task], cache: IndexCache | None, store: RecordStore | None, workers: int | None = None
) -> Generator[ReadFile, None, None]:
    """Read files, in any order. `workers` is chosen by the files, their sizes and the processors if it is None.

    Closing the iterator ends the workers.
    """
    count = _workers_for(root, tasks) if workers is None else workers
    if count < 1:
        for start in range(0, len(tasks), TASKS_OF_BATCH):
            yield from read_files(root, tasks[start : start + TASKS_OF_BATCH], store)
        return
    crew = _Crew(root, cache)
    try:
        yield from crew.read(tasks, count)
    finally:
        crew.dismiss()
    yield from read_files(root, crew.left, store)


def _workers_for(root: Path, tasks: Sequence[Task]) -> int:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if processors < 2:
        return 0
    if len(tasks) >= MIN_FILES:
        return min(processors, MAX_WORKERS)
    return min(processors, MAX_WORKERS, _bytes_of(root, tasks) // MIN_BYTES)


def _bytes_of(root: Path, tasks: Sequence[Task]) -> int:
    """Return how many bytes will be read. Files that are larger than what is read count nothing."""
    sizes = (_size(root / task.path) for task in tasks)
    return sum(size for size in sizes if size <= MAX_FILE_BYTES)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Worker:
    """A process, the thread that listens to it, and the batches that it has not answered."""

    def __init__(self, root: Path, cache: IndexCache | None, answers: "queue.SimpleQueue[tuple[_Worker, Any]]") -> None:
        """Raises OSError if the process cannot be started."""
        self.batches: deque[list[Task]] = deque()
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_FLAGS,
            env=os.environ | _ENVIRONMENT,
        )
        self._answers = answers
        self._send(greeting(root, cache))
        self.thread = threading.Thread(target=self._listen, name="dovetail-index-crew", daemon=True)
        self.thread.start()

    def take(self, batch: list[Task]) -> None:
        self.batches.append(batch)
        self._send(as_message(batch))

    def _send(self, message: object) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):  # it has died; its listener reports that
            send(self.process.stdin, message)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                self._answers.put((self, receive(self.process.stdout)))
        except (EOFError, ValueError, TypeError, OSError):  # closed, or cut off in the middle
            self._answers.put((self, None))

    def dismiss(self) -> None:
        """End it and wait for it."""
        self.process.kill()
        self.process.wait()
        self.thread.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class _Crew:
    """Hands out batches. A batch that ends its worker is halved until the file is found that did it."""

    def __init__(self, root: Path, cache: IndexCache | None) -> None:
        self.left: list[Task] = []  # what no worker could read
        self._root = root
        self._cache = cache
        self._answers: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        self._waiting: deque[list[Task]] = deque()
        self._deaths = 0

    def read(self, tasks: Sequence[Task], count: int) -> Iterator[ReadFile]:
        """Read what can be read. Afterwards `left` holds the rest."""
        starts = range(0, len(tasks), TASKS_OF_BATCH)
        self._waiting.extend(list(tasks[start : start + TASKS_OF_BATCH]) for start in starts)
        for _ in range(min(count, len(self._waiting))):
            self._start()
        while self._workers and (self._waiting or any(worker.batches for worker in self._workers)):
            worker, answer = self._answers.get()
            if worker not in self._workers:
                continue
            if answer is None:
                yield from self._bury(worker)
            elif answer == "ready":
                self._feed(worker)
            else:
                worker.batches.popleft()
                self._feed(worker)
                yield from read_answer(answer)
        self.left = [task for batch in self._waiting for task in batch]

    def dismiss(self) -> None:
        """End all workers."""
        while self._workers:
            self._workers.pop().dismiss()

    def _start(self) -> None:
        with suppress(OSError):  # no process, no worker: the rest is read in this process
            self._workers.add(_Worker(self._root, self._cache, self._answers))

    def _feed(self, worker: _Worker) -> None:
        while self._waiting and len(worker.batches) < BATCHES_AHEAD:
            worker.take(self._waiting.popleft())

    def _bury(self, worker: _Worker) -> Iterator[ReadFile]:
        """A worker has died over the first of its batches."""
        self._workers.discard(worker)
        worker.dismiss()
        self._deaths += 1
        if not worker.batches:  # it never began to work
            return
        fatal = worker.batches.popleft()
        self._waiting.extendleft(reversed(worker.batches))
        if len(fatal) == 1 or self._deaths > MAX_DEATHS:
            for task in fatal:
                yield ReadFile(task.path, skipped="reading it ended the process that did")
        else:
            middle = len(fatal) // 2
            self._waiting.extendleft((fatal[middle:], fatal[:middle]))
        self._start()
        for other in self._workers:
            if not other.batches:
                self._feed(other)
