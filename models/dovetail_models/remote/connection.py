"""HTTP to one server. Only this module of the package imports httpx2; it raises every failure as a RemoteFault.

It does not follow redirects: a prompt would go to a host that the user did not name. It takes no proxy, certificate or
password from the environment or `.netrc`. It logs no part of a request or an answer.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, NoReturn

import httpx2

from dovetail_models.errors import EngineError
from dovetail_models.remote.address import Address
from dovetail_models.remote.dialects.sse import MAX_LINE_BYTES, EventReader, EventsError
from dovetail_models.remote.faults import PromptTooLong, RemoteFault
from dovetail_models.remote.options import RemoteOptions
from dovetail_models.remote.token import KEYRING_SERVICE, TOKEN_VARIABLE

CONNECT_S = 3.0
"""Seconds to connect. Longer than a round trip around the world."""

ANSWER_S = 10.0
"""Seconds for a short answer that needs no model."""

IDLE_S = 10.0
"""Seconds between two pieces of a completion: a slow CPU writes a token in one."""

KEEP_ALIVE_S = 4.0
"""Seconds that an unused connection stays open; common servers close theirs after five."""

MAX_ANSWER_BYTES = 4 * 2**20
"""Bytes of the longest answer that is no stream. A list of models takes some KiB."""

Event = dict[str, Any]
BeforeSending = Callable[[], Awaitable[None]]


class Connection:
    """Asks one server. Belongs to one event loop; nothing is opened until it is needed."""

    def __init__(self, address: Address, options: RemoteOptions, token: str) -> None:
        """Raises EngineError if the certificates or the proxy cannot be used."""
        self._address = address
        self._first_token_s = options.first_token_s
        self._has_token = bool(token)
        try:
            self._client = httpx2.AsyncClient(
                base_url=address.base,
                headers={"Authorization": f"Bearer {token}"} if token else {},
                verify=_trust(options) if address.is_encrypted else True,
                proxy=options.proxy or None,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
                limits=httpx2.Limits(keepalive_expiry=KEEP_ALIVE_S),
            )
        except (ValueError, httpx2.InvalidURL):
            raise EngineError("[remote] proxy is no URL of a proxy: write http://HOST:PORT") from None

    async def get(self, path: str) -> Any:
        """Return the JSON at a path. Raises RemoteFault."""
        return await self._json("GET", path)

    async def post(self, path: str, body: Event, before_sending: BeforeSending | None = None) -> Any:
        """Post `body` to a path and return the JSON answer. `before_sending`: see `events`. Raises RemoteFault."""
        return await self._json("POST", path, **_content(body, before_sending))

    async def events(
        self, path: str, body: Event, before_sending: BeforeSending | None, line_bytes: int = MAX_LINE_BYTES
    ) -> AsyncGenerator[Event, None]:
        """Post `body` to a path and yield all events of the answer as JSON objects.

        Leaving early closes the connection, so that the server notices that nobody waits. `before_sending` is awaited
        after the connection is made and before the body is sent; an exception in it ends the request. An event may
        have `line_bytes` bytes.

        Raises RemoteFault, PromptTooLong.
        """
        timeout = httpx2.Timeout(self._first_token_s, connect=CONNECT_S)
        async with self._response("POST", path, timeout=timeout, **_content(body, before_sending)) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "text/event-stream":
                self._fail("protocol", f"answered with {kind or 'no content type'} instead of a stream of events")
            async with aclosing(self._read(response, line_bytes)) as read:
                wait_s = self._first_token_s
                while True:
                    try:
                        async with asyncio.timeout(wait_s):
                            event = await anext(read, None)
                    except TimeoutError:
                        self._fail("slow", f"sent nothing for {wait_s:g} s")
                    if event is None:
                        return
                    yield event
                    wait_s = IDLE_S

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _json(self, method: str, path: str, **request: Any) -> Any:
        async with self._response(method, path, **request) as response:
            data = await self._bounded(response)
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            self._fail("protocol", f"answered {path} with something that is not JSON")

    @asynccontextmanager
    async def _response(self, method: str, path: str, **request: Any) -> AsyncIterator[httpx2.Response]:
        """A response whose status is 200. What httpx2 raises becomes a RemoteFault."""
        try:
            async with self._client.stream(method, path, **request) as response:
                if response.status_code != 200:
                    self._refuse(response, await self._bounded(response))
                yield response
        except httpx2.ConnectTimeout:
            self._fail("unreachable", f"did not answer within {CONNECT_S:g} s", "check the address and the firewall")
        except httpx2.ConnectError as error:
            if (fault := _certificate_fault(error)) is not None:
                self._fail("tls", fault, "name the file of its certificate authority in [remote] ca_file")
            self._fail("unreachable", "cannot be reached", "check that it runs, and [remote] url")
        except httpx2.ProxyError:
            self._fail("unreachable", "cannot be reached through the proxy", "check [remote] proxy")
        except httpx2.TimeoutException:
            self._fail("slow", "did not answer in time")
        except httpx2.HTTPError:
            self._fail("cut", "broke off its answer", "look at its log if that comes again")

    async def _read(self, response: httpx2.Response, line_bytes: int) -> AsyncGenerator[Event, None]:
        reader = EventReader(line_bytes)
        try:
            async for data in response.aiter_bytes():
                for event in reader.feed(data):
                    if event == "[DONE]":
                        return
                    yield self._object(event)
        except EventsError as error:
            self._fail("protocol", f"sent {error}")
        self._fail("cut", "broke off its answer", "look at its log if that comes again")

    def _object(self, text: str) -> Event:
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            self._fail("protocol", "sent an event that is not a JSON object")
        if "error" in event:
            self._refuse_for(event["error"])
        return event

    async def _bounded(self, response: httpx2.Response) -> bytes:
        data = b""
        async for part in response.aiter_bytes():
            data += part
            if len(data) > MAX_ANSWER_BYTES:
                self._fail("protocol", f"sent an answer of more than {MAX_ANSWER_BYTES} bytes")
        return data

    def _refuse(self, response: httpx2.Response, body: bytes) -> NoReturn:
        """Raise what a status other than 200 means."""
        status = response.status_code
        if status in (401, 403):
            what = "did not accept the token" if self._has_token else "asks for a token"
            store = f"store one with `keyring set {KEYRING_SERVICE} {self._address.host}`, or set {TOKEN_VARIABLE}"
            self._fail("token", f"{what} ({status})", store)
        if 300 <= status < 400:
            self._fail("address", f"redirects to another address ({status})", "name that one in [remote] url")
        if status in (404, 405, 501):
            self._fail(
                "address",
                f"has no {response.request.url.path} ({status})",
                "name a llama.cpp server or one with /v1/completions in [remote] url, and a model that it has",
            )
        if status in (429, 503):
            raise RemoteFault("busy", f"{self._address.host} is busy ({status}): wait for it", _retry_after(response))
        if status >= 500:
            self._fail("server", f"failed ({status})", "look at its log")
        if _is_too_long(body):
            raise PromptTooLong(f"the prompt does not fit the window of {self._address.host}: lower context_window")
        self._fail("request", f"refused the request ({status})", "check [remote] model, dialect and format")

    def _refuse_for(self, error: Any) -> NoReturn:
        """Raise what an error in the stream means."""
        if _is_too_long(json.dumps(error).encode()):
            raise PromptTooLong(f"the prompt does not fit the window of {self._address.host}: lower context_window")
        self._fail("server", "reported an error in its answer", "look at its log")

    def _fail(self, kind: Any, what: str, fix: str = "look at its log") -> NoReturn:
        # Never the server's own words about a completion: they may quote the prompt.
        raise RemoteFault(kind, f"{self._address.host} {what}: {fix}")


def _content(body: Event, before_sending: BeforeSending | None) -> dict[str, Any]:
    """A request's body, which httpx2 takes from here when the connection is there and the headers are out."""
    # A lone surrogate in a document is no text that JSON could carry: as the local tokenizer, replace it.
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")

    async def content() -> AsyncIterator[bytes]:
        if before_sending is not None:
            await before_sending()
        yield data

    return {
        "content": content(),
        "headers": {"Content-Type": "application/json", "Content-Length": str(len(data))},
    }


def _trust(options: RemoteOptions) -> ssl.SSLContext:
    """The certificates to trust: those of `ca_file`, else the system's. Raises EngineError."""
    if options.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(options.ca_file))
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or type(error).__name__
        raise EngineError(f"[remote] ca_file {options.ca_file} cannot be used ({reason}): name a PEM file") from None


def _certificate_fault(error: BaseException) -> str | None:
    """What TLS found wrong, None if it was no matter of TLS."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "speaks no TLS that can be used"
        cause = cause.__cause__ or cause.__context__
    return None


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds, where the header has them; a date counts as too long a pause to wait for."""
    value = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        return float("inf") if value else None


def _is_too_long(body: bytes) -> bool:
    """Return whether an error reports that the prompt exceeds the window; each server words this differently."""
    text = body.decode("utf-8", "replace").lower()
    return "exceed_context_size" in text or "context_length_exceeded" in text or "maximum context length" in text
