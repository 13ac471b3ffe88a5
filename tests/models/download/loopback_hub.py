"""A hub and its CDN on the loopback interface, as huggingface_hub and the downloader see them, with faults to order.

It counts the bytes of the file that it sent, request by request: `sent` are the offsets of each answer.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = 16 * 1024
COMMIT = "c0ffee" + "0" * 34


@dataclass
class Fault:
    """What happens to one request for bytes, in place of an answer or in the middle of it.

    status: the answer's status; 0 sends bytes. `cut_after`: bytes after which the connection is closed. `silent_s`: how
    long nothing comes after those. `headers` are added.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    silent_s: float = 0.0


@dataclass
class Sent:
    """One answer with bytes: the offset of the first, and how many went out."""

    start: int
    count: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client was killed
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class LoopbackHub:
    """Serves `content` as the file of any repository. Attributes may be changed while it runs."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sha256: str | None = None  # what the hub states; None for the truth
        self.etag = '"first"'
        self.has_ranges = True
        self.delay_s = 0.0  # before each block
        self.flows = threading.Event()  # cleared, no byte of the file goes out
        self.flows.set()
        self.files: list[str] = []
        self.metadata_faults: deque[Fault] = deque()
        self.faults: deque[Fault] = deque()
        self.generation = 0  # of addresses: older ones have expired
        self.expires_after = 0  # The number of requests for which an address is valid; 0 means no limit.
        self.sent: list[Sent] = []
        self.other_requests: list[str] = []  # requests that no client should make
        self.metadata_requests: list[dict[str, str]] = []
        self.data_requests: list[dict[str, str]] = []
        self._uses = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bytes_sent(self) -> int:
        return sum(sent.count for sent in self.sent)

    @contextmanager
    def running(self) -> Iterator[LoopbackHub]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.flows.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                return

            def do_HEAD(self) -> None:
                hub.metadata_requests.append({name.lower(): value for name, value in self.headers.items()})
                if hub.metadata_faults:
                    self._answer(hub.metadata_faults.popleft())
                    return
                hub._uses = 0
                self.send_response(302)
                self.send_header("X-Repo-Commit", COMMIT)
                stated = hub.sha256 or hashlib.sha256(hub.content).hexdigest()
                self.send_header("X-Linked-Etag", f'"{stated}"')
                self.send_header("X-Linked-Size", str(len(hub.content)))
                host = hub.endpoint.replace("127.0.0.1", "localhost")  # a CDN is another host
                self.send_header("Location", f"{host}/cdn/{hub.generation}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                if self.path.startswith("/cdn/"):
                    self._bytes()
                    return
                if "/tree/" not in self.path:
                    hub.other_requests.append(self.path)
                    self._answer(Fault(404))
                    return
                rows = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in hub.files]
                body = json.dumps(rows).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _answer(self, fault: Fault) -> None:
                self.send_response(fault.status)
                for name, value in fault.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _bytes(self) -> None:
                hub.data_requests.append({name.lower(): value for name, value in self.headers.items()})
                hub._uses += 1
                if self.path != f"/cdn/{hub.generation}" or (hub.expires_after and hub._uses > hub.expires_after):
                    self._answer(Fault(403))
                    return
                fault = hub.faults.popleft() if hub.faults else Fault()
                if fault.status:
                    self._answer(fault)
                    return
                start, end = self._range()
                if start >= len(hub.content):
                    self._answer(Fault(416))
                    return
                self._send(start, end, fault)

            def _range(self) -> tuple[int, int]:
                wanted = self.headers.get("Range")
                changed = self.headers.get("If-Range", hub.etag) != hub.etag
                if wanted is None or changed or not hub.has_ranges:
                    return 0, len(hub.content)
                first, last = wanted.removeprefix("bytes=").split("-")
                return int(first), min(int(last) + 1, len(hub.content))

            def _send(self, start: int, end: int, fault: Fault) -> None:
                is_whole = (start, end) == (0, len(hub.content))
                self.send_response(200 if is_whole else 206)
                if not is_whole:
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(hub.content)}")
                self.send_header("Content-Length", str(end - start))
                self.send_header("ETag", hub.etag)
                self.end_headers()
                sent = Sent(start, 0)
                hub.sent.append(sent)
                stop = end if fault.cut_after is None else min(end, start + fault.cut_after)
                try:
                    for at in range(start, stop, BLOCK):
                        time.sleep(hub.delay_s)
                        hub.flows.wait()
                        block = hub.content[at : min(at + BLOCK, stop)]
                        sent.count += len(block)
                        self.wfile.write(block)
                        self.wfile.flush()
                except OSError:  # The client has disconnected.
                    self.close_connection = True
                    return
                if stop < end:
                    time.sleep(fault.silent_s)
                    self.close_connection = True

        return Handler
