"""pygls' protocol behind our own door: what comes in is read, checked and answered here.

Every request gets exactly one answer: -32700 for what is no JSON, -32600 for what is no JSON-RPC and for what comes at
the wrong time, -32002 before `initialize`, -32601 for an unknown method, -32602 where parameters cannot be read even
leniently (`lenient.py`). Documents live in the session; pygls' own workspace (mutable, wrong after a form feed) is not
used. A message that may have changed a text and cannot be read is reported to `on_text_lost`.
"""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Callable, Generator
from typing import Any

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from dovetail.server.framing import Body, Skipped
from dovetail.server.json_text import NotJson, decode
from dovetail.server.lenient import Unfit, read

_NOT_USED = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
)
_TEXT_METHODS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
)
_UTF8 = ("utf-8", "utf8")
# A message that cannot be read is searched for these: it may have changed a text.
_CHANGES_A_TEXT = re.compile(rb"((?:textDocument|notebookDocument)\\?/did(?:Open|Change))\"")
_URI = re.compile(rb'"uri"\s*:\s*("(?:[^"\\]|\\.)*")')


# The number of bytes of an unreadable message that are read again together with what follows.
_DAMAGE_BYTES = 4096


class DovetailProtocol(LanguageServerProtocol):
    """The protocol of one connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exited = asyncio.Event()
        self.received = 0
        """The number of messages received."""
        self.params_types: dict[str, type] = {}
        """What the parameters of our own methods are; those of the protocol are known."""
        self.position_encoding: types.PositionEncodingKind | str = types.PositionEncodingKind.Utf16
        self.on_text_lost: Callable[[str | None], None] = lambda _uri: None
        """Called with a URI, or with None where any document may be meant."""
        self.announced_later = {types.TEXT_DOCUMENT_COMPLETION}
        """Features that the server registers later, for some files only, with clients that support this."""
        self._initialized = False
        self._damaged = b""
        for method in _NOT_USED:
            del self.fm.builtin_features[method]

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked for `shutdown` before it left."""
        return self._shutdown

    def receive(self, frame: Body | Skipped) -> bytes:
        """Take in what the client has sent. Returns bytes that belong to the next message."""
        self.received += 1
        if isinstance(frame, Skipped):
            # What follows a body with a wrong length has been answered with it.
            if not self._damaged:
                self._refuse(None, JsonRpcParseError("The header of a message names no length."))
            self._note_damage(frame.data)
            return b""
        try:
            message, rest = decode(frame.data)
        except NotJson:
            self._refuse(None, JsonRpcParseError("A message is not JSON."))
            self._damaged = b""
            self._note_damage(frame.data)
            return b""
        self._damaged = rest
        if frame.charset not in _UTF8:
            self._invalid(message, "The header of a message names another character set than UTF-8.")
        elif isinstance(message, list):
            self._refuse_batch(message)
        else:
            self._take(message)
        return rest

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Agree on what both sides can do."""
        self._server.process_id = params.process_id
        self.client_capabilities = params.capabilities
        self.position_encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        yield self.fm.features[types.INITIALIZE], (params,), None
        builder = ServerCapabilitiesBuilder(
            params.capabilities,
            {*self.fm.features, *self.fm.builtin_features} - self.announced_later,
            self.fm.feature_options,
            list(self.fm.commands),
            self._server._text_document_sync_kind,
            self._server._notebook_document_sync,
            self.position_encoding,
        )
        self.server_capabilities = builder.build()  # type: ignore[no-untyped-call]
        return types.InitializeResult(self.server_capabilities, self.server_info)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> Generator[Any, Any, None]:
        """Record that the client is done; the main loop ends the process in order."""
        self.exited.set()
        yield from ()

    def _take(self, message: Any) -> None:
        """Dispatch one message that is JSON."""
        if not isinstance(message, dict):
            self._invalid(message, "A message is not a JSON object.")
            return
        method, message_id = message.get("method"), message.get("id")
        if _is_answer(message):
            self._take_answer(message_id, message)
        elif message.get("jsonrpc") != self.VERSION:
            self._invalid(message, 'A message does not say "jsonrpc": "2.0".')
        elif not isinstance(method, str) or not _is_id(message_id):
            self._invalid(message, 'A message has no "method", or an "id" that is neither a number nor a text.')
        elif message_id is None and ("id" not in message or _is_notification(method)):
            self._take_notification(method, message.get("params"))
        elif message_id is None:
            self._invalid(message, f'The "id" of {method} is null.')
        else:
            self._take_request(message_id, method, message.get("params"))

    def _take_request(self, message_id: str | int, method: str, params: Any) -> None:
        if objection := self._objection(message_id, method):
            self._report_lost_text(method, params)
            self._refuse(message_id, objection)
            return
        try:
            read_params = self._params(method, params)
        except (Unfit, RecursionError):
            self._report_lost_text(method, params)
            self._refuse(message_id, JsonRpcInvalidParams(f"The parameters of {method} are not valid."))
            return
        self._initialized = True
        self._run(self._handle_request, message_id, method, read_params)

    def _take_notification(self, method: str, params: Any) -> None:
        is_in_time = self._initialized and not self._shutdown and method != types.INITIALIZE
        if method != types.EXIT and not is_in_time:
            return
        # A request without an id asks for nothing: nobody could be answered.
        is_request = method in types.METHOD_TO_TYPES and not _is_notification(method)
        if is_request or (method != types.CANCEL_REQUEST and not self._has_handler(method)):
            return
        try:
            read_params = None if method == types.EXIT else self._params(method, params)
        except (Unfit, RecursionError):
            self._report_lost_text(method, params)
            return
        self._run(self._handle_notification, method, read_params)

    def _take_answer(self, message_id: Any, message: dict[str, Any]) -> None:
        """Take the client's answer to a request of ours."""
        # One table holds the requests of both sides; ours alone have a type for their result.
        if not isinstance(message_id, str) or self._result_types.pop(message_id, self) is self:
            return
        future = self._request_futures.pop(message_id, None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(JsonRpcException("The client refused a request."))
        else:
            future.set_result(message.get("result"))

    def _objection(self, message_id: str | int, method: str) -> JsonRpcException | None:
        """Return why a request is refused without being handled, None if it is not."""
        if self._shutdown:
            return JsonRpcInvalidRequest("The server is shutting down.")
        if method == types.INITIALIZE:
            return JsonRpcInvalidRequest("The server is initialized already.") if self._initialized else None
        if not self._initialized:
            return JsonRpcServerNotInitialized(f"{method} came before initialize.")
        if message_id in self._request_futures:
            return JsonRpcInvalidRequest("A request with this id is still being answered.")
        return None if self._has_handler(method) else JsonRpcMethodNotFound.of(method)

    def _has_handler(self, method: str) -> bool:
        return method in self.fm.builtin_features or method in self.fm.features

    def _params(self, method: str, params: Any) -> Any:
        """Return the parameters as the method declares them. Raises Unfit."""
        declared: Any = self.params_types.get(method)
        if declared is None and method in types.METHOD_TO_TYPES:
            declared = types.METHOD_TO_TYPES[method][2]
        if declared is None:
            return params
        return read(declared, {} if params is None else params)

    def _run(self, handle: Callable[..., None], *args: Any) -> None:
        # A context of its own: pygls keeps the id of the current request there.
        contextvars.copy_context().run(handle, *args)

    def _refuse_batch(self, messages: list[Any]) -> None:
        """LSP has no batches. Each request in one is refused under its own id, so that nobody waits."""
        reason = "The Language Server Protocol has no batches: send one message at a time."
        requests = [one for one in messages if isinstance(one, dict) and "id" in one and not _is_answer(one)]
        for message in requests:
            self._invalid(message, reason)
        if not requests:
            self._refuse(None, JsonRpcInvalidRequest(reason))
        for message in messages:
            if isinstance(message, dict) and message not in requests:
                self._report_lost_text(message.get("method"), message.get("params"))

    def _invalid(self, message: Any, reason: str) -> None:
        message_id = message.get("id") if isinstance(message, dict) else None
        may_be_sent_back = isinstance(message_id, str | int | float) and not isinstance(message_id, bool)
        self._refuse(message_id if may_be_sent_back else None, JsonRpcInvalidRequest(reason))
        if isinstance(message, dict):
            self._report_lost_text(message.get("method"), message.get("params"))

    def _refuse(self, message_id: str | int | float | None, error: JsonRpcException) -> None:
        answer = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": message_id, "error": answer})

    def _report_lost_text(self, method: Any, params: Any) -> None:
        """Report the loss of a message that is JSON and may have been a change."""
        if method not in _TEXT_METHODS:
            return
        first = params[0] if isinstance(params, list) and params else params  # JSON-RPC has lists of parameters, too
        document = first.get("textDocument") if isinstance(first, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        self._lose(method, uri if isinstance(uri, str) else None)

    def _note_damage(self, data: bytes) -> None:
        # A wrong length may have cut a word in two.
        self._damaged += data
        self._look_for_lost_texts(self._damaged)
        self._damaged = self._damaged[-_DAMAGE_BYTES:] or b"?"

    def _look_for_lost_texts(self, data: bytes) -> None:
        """Report what cannot be read but may have been a change."""
        for found in _CHANGES_A_TEXT.finditer(data):
            uri = _URI.search(data, found.end())
            self._lose(found.group(1).replace(b"\\", b"").decode(), _string(uri.group(1)) if uri else None)

    def _lose(self, method: str, uri: str | None) -> None:
        if not self._initialized or self._shutdown:
            return
        match method:
            case types.TEXT_DOCUMENT_DID_CHANGE:
                self.on_text_lost(uri)
            case types.TEXT_DOCUMENT_DID_OPEN if uri is not None:
                self.on_text_lost(uri)
            case types.NOTEBOOK_DOCUMENT_DID_CHANGE:
                self.on_text_lost(None)  # any of its cells

    def _send_data(self, data: Any) -> None:
        try:
            super()._send_data(data)
        except BrokenPipeError:  # nobody reads any more, though standard input may still be open
            self.exited.set()


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


def _is_answer(message: dict[str, Any]) -> bool:
    return "method" not in message and ("result" in message or "error" in message)


def _is_notification(method: str) -> bool:
    known = types.METHOD_TO_TYPES.get(method)
    return known is not None and known[1] is None


def _string(quoted: bytes) -> str | None:
    try:
        value, _ = decode(quoted)
    except NotJson:
        return None
    return value if isinstance(value, str) else None
