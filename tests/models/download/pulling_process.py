"""A pull in a separate process, for tests that kill it: `pulling_process.py ENDPOINT FOLDER CHUNK_BYTES`.

Prints "at N" for each chunk, and the line of an error.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from dovetail_models.download.hub import HuggingFaceHub
from dovetail_models.download.progress import PullError, PullProgress
from dovetail_models.download.pull import Pull, run_pull
from dovetail_models.download.transfer import ChunkSizes, Line
from tests.models.download.conftest import ENTRY


def report(progress: PullProgress) -> None:
    sys.stdout.write(f"{progress.stage} {progress.done} {progress.note}\n")
    sys.stdout.flush()


def main(endpoint: str, folder: str, chunk: int, most_bytes: int) -> int:
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    line = Line(ChunkSizes(chunk, chunk, chunk))
    try:
        run_pull(Pull(ENTRY, Path(folder), HuggingFaceHub(endpoint), report, line))
    except PullError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
