"""Chunks into a part until it is complete, whatever happens to the line in between."""

import errno
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from dovetail_models.download.hub import RemoteFile
from dovetail_models.download.part import Part
from dovetail_models.download.progress import PullError, PullProgress, Report, shown_bytes
from dovetail_models.download.ranges import SILENCE_TIMEOUT_S, RangeClient, RequestFailed
from dovetail_models.download.retry import Attempts, Failure, Step

MEBIBYTE = 1 << 20
DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """How much one request asks for: what came in `seconds` so far, within bounds. A crash costs one chunk at most.

    first, smallest, largest: bytes.
    """

    first: int = 4 * MEBIBYTE
    smallest: int = MEBIBYTE
    largest: int = 64 * MEBIBYTE
    seconds: float = 4.0

    def next(self, received: int, took_s: float) -> int:
        """Return the size of the next chunk after `received` bytes arrived in `took_s` seconds."""
        wanted = int(received / max(took_s, 1e-3) * self.seconds)
        return max(self.smallest, min(self.largest, wanted))


@dataclass(frozen=True, slots=True)
class Line:
    """How to use the network connection.

    sizes: the chunk sizes.
    silence_s: seconds without a byte after which a connection counts as cut.
    sleep: the function that waits between attempts.
    """

    sizes: ChunkSizes = ChunkSizes()
    silence_s: float = SILENCE_TIMEOUT_S
    sleep: Callable[[float], None] = time.sleep


def transfer(part: Part, remote: RemoteFile, refresh: Callable[[], RemoteFile], report: Report, line: Line) -> None:
    """Fetch the bytes that the part lacks. `refresh` asks the hub again. Raises PullError; durable bytes are kept."""
    attempts, chunk = Attempts(), line.sizes.first
    with closing(RangeClient(line.silence_s)) as client:
        while part.length < remote.size_bytes:
            before, started = part.length, time.monotonic()
            try:
                _fetch(client, part, remote, chunk, report)
                chunk = line.sizes.next(part.length - before, time.monotonic() - started)
                attempts = Attempts()
            except RequestFailed as error:
                attempts = attempts if part.length <= before else Attempts()
                step, attempts = attempts.after(error.failure)
                _consider(step, error.failure, part, remote, report)
                line.sleep(step.wait_s)
                if step.do == "refresh":
                    remote = _refreshed(part, remote, refresh)
            except OSError as error:
                raise disk_error(error, part.durable, remote.size_bytes) from error


def disk_error(error: OSError, durable: int, size: int) -> PullError:
    """Return the line for a write that failed."""
    kept = f"{shown_bytes(durable)} of {shown_bytes(size)} are kept"
    if error.errno in DISK_FULL:
        return PullError(f"the disk is full ({kept}): free {shown_bytes(size - durable)}, and pull again to go on")
    return PullError(f"the file cannot be written ({error.strerror}; {kept}): fix that, and pull again to continue")


def _fetch(client: RangeClient, part: Part, remote: RemoteFile, chunk: int, report: Report) -> None:
    """Fetch a chunk. Whatever came is durable afterwards, also where the line was cut or the user interrupts."""
    etag, end = part.etag, min(part.length + chunk, remote.size_bytes)
    try:
        with client.fetch(remote.address, dict(remote.headers), part.length, end, remote.size_bytes, etag) as answer:
            etag, skip = answer.etag, part.length - answer.start
            for block in answer.data:
                if skip >= len(block):  # a server without ranges sends again what is there
                    skip -= len(block)
                    continue
                part.append(block[skip:])
                skip = 0
                if part.length - part.durable >= chunk:
                    part.commit(etag)
                report(PullProgress("downloading", part.length, remote.size_bytes))
    finally:
        part.commit(etag)


def _consider(step: Step, failure: Failure, part: Part, remote: RemoteFile, report: Report) -> None:
    """Report what is done about a failure, or raise where nothing is."""
    kept = f"{shown_bytes(part.durable)} of {shown_bytes(remote.size_bytes)} are kept"
    if step.do == "give up":
        when = "later" if failure.kind == "status" else "when the line is better"
        raise PullError(f"{failure.reason}, again and again ({kept}): pull again {when} to go on")
    how = "asking the hub for the address again" if step.do == "refresh" else f"trying again in {step.wait_s:.0f} s"
    report(PullProgress("downloading", part.length, remote.size_bytes, f"{failure.reason}: {how}"))


def _refreshed(part: Part, remote: RemoteFile, refresh: Callable[[], RemoteFile]) -> RemoteFile:
    """Ask the hub again. If it states the same SHA-256, the part is continued whatever ETag the server has now."""
    again = refresh()
    if (again.sha256, again.size_bytes) != (remote.sha256, remote.size_bytes):
        raise PullError(f"{remote.file} has changed on the hub meanwhile: pull again")
    part.forget_etag()
    return again
