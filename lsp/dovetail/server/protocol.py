"""pygls' protocol, mended where it would leave a client waiting or keep documents of its own.

Every request gets exactly one answer here: one whose parameters do not parse gets -32602, one that comes after
`shutdown` gets -32600. Documents live in the session; pygls' own (mutable, wrong after a form feed) are switched off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

_OWN_DOCUMENTS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is JSON but not what the protocol says. `id` is None for notifications and responses."""

    id: str | int | None
    method: str


class DovetailProtocol(LanguageServerProtocol):
    """The protocol of one connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exited = asyncio.Event()
        for method in _OWN_DOCUMENTS:
            del self.fm.builtin_features[method]

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked for `shutdown` before it left."""
        return self._shutdown

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Turn JSON objects into protocol types; called by the JSON decoder for every object, innermost first."""
        if "jsonrpc" not in data:
            return data
        try:
            return super().structure_message(_mended(data))
        except JsonRpcException:
            is_request = "id" in data and "method" in data
            return Unreadable(data["id"] if is_request else None, str(data.get("method", "")))

    def handle_message(self, message: Any) -> None:
        """Dispatch a message; answer at once what can never reach a handler."""
        if isinstance(message, Unreadable):
            if message.id is not None:
                self._refuse(message.id, JsonRpcInvalidParams(f"The parameters of {message.method} are not valid."))
        elif self._shutdown and hasattr(message, "id") and hasattr(message, "method"):
            self._refuse(message.id, JsonRpcInvalidRequest("The server is shutting down."))
        else:
            super().handle_message(message)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> Generator[Any, Any, None]:
        """The client is done; the main loop ends the process in order."""
        self.exited.set()
        yield from ()

    def _refuse(self, message_id: str | int, error: JsonRpcException) -> None:
        self._send_response(message_id, error=error.to_response_error())


def _mended(data: dict[str, Any]) -> dict[str, Any]:
    """Inline completion as older drafts of the protocol had it: no context, or trigger kinds that began at 0."""
    if data.get("method") != types.TEXT_DOCUMENT_INLINE_COMPLETION or not isinstance(data.get("params"), dict):
        return data
    context = data["params"].get("context")
    context = dict(context) if isinstance(context, dict) else {}
    if context.get("triggerKind") not in (1, 2):
        context["triggerKind"] = types.InlineCompletionTriggerKind.Automatic.value
    return {**data, "params": {**data["params"], "context": context}}
