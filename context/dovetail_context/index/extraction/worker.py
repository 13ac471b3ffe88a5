"""A worker process of a cold build: `python -m dovetail_context.index.extraction.worker`.

It reads a greeting and then lists of tasks from its standard input and answers each on its standard output (`send` and
`receive` below); it ends when its input ends, and so when the process that started it does. It writes nothing else.
"""

import gc
import marshal
import os
import signal
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from dovetail_context.index.extraction.build import ReadFile, Task, read_files
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.index.words import TextWords, read_ids
from dovetail_context.records.packed import PackedRecord

# How far a worker yields to the model and the editor: beside them it gets a tenth of a processor, alone all of it.
NICENESS = 10

_LENGTH = struct.Struct("<I")


def main() -> None:
    """Work until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing that prints can get between the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends it
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(BrokenPipeError, EOFError):
        _serve(sys.stdin.buffer, answers)
    os._exit(0)  # closing the pipes again would fail if the other side has ended


def greeting(root: Path, cache: IndexCache | None) -> tuple[object, ...]:
    """The first message to a worker."""
    return (str(root), "" if cache is None else str(cache.folder), 0 if cache is None else cache.limit_bytes)


def as_message(tasks: Sequence[Task]) -> tuple[object, ...]:
    """Tasks as they are sent."""
    return tuple((task.path, task.digest) for task in tasks)


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message. Raises OSError if the other side has ended."""
    data = marshal.dumps(message)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message. Raises EOFError if the other side has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return marshal.loads(data)


def read_answer(answer: Any) -> list[ReadFile]:
    """Return a worker's answer to a list of tasks."""
    return [_from_message(*parts) for parts in answer]


def _serve(tasks: IO[bytes], answers: IO[bytes]) -> None:
    root, folder, limit = receive(tasks)
    store = IndexCache(Path(folder), limit).store(Path(root)) if folder else None
    # Trees make many objects, of which nearly all die by themselves. To look for cycles while they live takes up to a
    # tenth of the time; between two batches few are left to look at.
    gc.freeze()
    gc.disable()
    send(answers, "ready")
    while True:
        batch = [Task(path, digest) for path, digest in receive(tasks)]
        send(answers, [_to_message(read) for read in read_files(Path(root), batch, store)])
        gc.collect(1)


def _to_message(read: ReadFile) -> tuple[object, ...]:
    record, words = read.record, read.words
    packed = record and (
        record.language, record.digest, record.packages, record.problems, bytes(record.body), bytes(record.text)
    )  # fmt: skip
    found = (words.vocabulary, words.ids.typecode, words.ids.tobytes())
    return (read.path, packed, found, read.project, read.skipped, read.unchanged, read.problem)


def _from_message(
    path: str, packed: Any, words: Any, project: str | None, skipped: str, unchanged: bool, problem: str
) -> ReadFile:
    vocabulary, typecode, ids = words
    record = None if packed is None else PackedRecord(*packed)
    return ReadFile(path, record, TextWords(vocabulary, read_ids(typecode, ids)), project, skipped, unchanged, problem)


if __name__ == "__main__":
    main()
