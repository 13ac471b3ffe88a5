"""The SHA-256 of a file, block by block, with progress."""

import hashlib
from collections.abc import Callable
from pathlib import Path

BLOCK_BYTES = 1 << 20


def file_sha256(path: Path, report: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 in hexadecimal digits; `report` gets the bytes read so far. Raises OSError."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            if report is not None:
                report(done)
    return digest.hexdigest()
