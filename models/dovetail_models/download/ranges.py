"""One range request: what is sent, and what the server's answer means (RFC 9110, section 14 and 13.1.5)."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx2

from dovetail_models.download.retry import Failure

CONNECT_TIMEOUT_S = 15.0
SILENCE_TIMEOUT_S = 30.0
"""Seconds without a byte after which a connection is cut. A slow connection is kept: each byte restarts the count."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class RequestFailed(Exception):
    """A request that brought no bytes, or not all of them."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer to a range request.

    start: the offset of the first byte of `data`; 0 from a server without ranges.
    etag: the strong ETag; "" if there is none.
    data: the bytes as they come. Raises RequestFailed where the line is cut.
    """

    start: int
    etag: str
    data: Iterator[bytes]


class RangeClient:
    """Fetches ranges over connections that are kept open."""

    def __init__(self, silence_s: float = SILENCE_TIMEOUT_S) -> None:
        timeout = httpx2.Timeout(silence_s, connect=min(silence_s, CONNECT_TIMEOUT_S))
        self._client = httpx2.Client(timeout=timeout, follow_redirects=True)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def fetch(
        self, address: str, headers: dict[str, str], start: int, end: int, size: int, etag: str
    ) -> Iterator[Answer]:
        """Request bytes `start` to `end` (exclusive) of a file of `size` bytes. Raises RequestFailed.

        `etag` is that of the bytes before; a server that has other ones by now sends all, or refuses.
        """
        asked = {**headers, "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        if etag:
            asked["If-Range"] = etag
        try:
            with self._client.stream("GET", address, headers=asked) as response:
                first = _first_byte(response, start, size, etag)
                length = (end if response.status_code == 206 else size) - first
                yield Answer(first, _strong_etag(response), _data(response, length))
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise RequestFailed(Failure("line", _reason(error))) from error


def retry_after_s(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number, or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _first_byte(response: httpx2.Response, start: int, size: int, etag: str) -> int:
    """Return the offset at which the body begins."""
    status = response.status_code
    if status == 206:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != start or int(found[3]) != size:
            raise RequestFailed(Failure("changed", "the server sent another range than the one requested", status))
        _check_etag(response, etag)
        return start
    if status == 200:
        length = response.headers.get("Content-Length")
        if length is not None and length != str(size):
            raise RequestFailed(Failure("changed", "the file on the server has another size", status))
        _check_etag(response, etag)
        return 0
    if status == 416:
        raise RequestFailed(Failure("changed", "the server has no such range (416)", status))
    asked = retry_after_s(response.headers.get("Retry-After"), time.time())
    raise RequestFailed(Failure("status", f"the server answered {status} {response.reason_phrase}", status, asked))


def _check_etag(response: httpx2.Response, etag: str) -> None:
    now = _strong_etag(response)
    if etag and now and now != etag:
        raise RequestFailed(Failure("changed", "the server has another ETag for the file", response.status_code))


def _data(response: httpx2.Response, length: int) -> Iterator[bytes]:
    """Yield at most `length` bytes."""
    left = length
    for block in response.iter_bytes():
        if left <= 0:
            return
        yield block[:left]
        left -= len(block)
    if left > 0:
        raise RequestFailed(Failure("line", "the connection was cut"))


def _strong_etag(response: httpx2.Response) -> str:
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else ""


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return "the server cannot be reached"
    if isinstance(error, httpx2.TimeoutException):
        return "the connection fell silent"
    return "the connection was cut"
