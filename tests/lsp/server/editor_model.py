"""What an editor's documents are after the messages that it sent, computed in another way than the server does."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.lsp.server.mutations import Sent

_LARGEST = 2**31 - 1
_CHANGES = re.compile(rb'textDocument/did(Open|Change)"')
_URI = re.compile(rb'"uri": ("(?:[^"\\]|\\.)*")')


class Unclear(Exception):
    """The message has no defined meaning."""


class EditorModel:
    """`texts` are the open documents. Those in `unclear` had a change without a defined meaning: a correct server is
    silent about them. `owed` are the ids of requests that must be answered once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.unclear: set[str] = set()
        self.owed: list[Any] = []

    def sent(self, sent: Sent) -> None:
        if sent.value is None and not sent.is_whole:
            self._damaged(sent.data)
            return
        for value in sent.value if isinstance(sent.value, list) else [sent.value]:
            if sent.is_whole:
                self._owe(value)
            if isinstance(sent.value, list):
                self._refused(value)  # the protocol has no batches
            else:
                self._message(value, sent.is_whole)

    def _damaged(self, data: bytes) -> None:
        """Handle a message without valid JSON or a valid frame. Only what is readable in it counts."""
        if found := _CHANGES.search(data):
            quoted = _URI.search(data, found.end())
            try:
                uri = json.loads(quoted.group(1)) if quoted else None
            except ValueError:
                uri = None
            if uri is not None or found.group(1) == b"Change":
                self._lost(uri)

    def _owe(self, value: Any) -> None:
        if not isinstance(value, dict) or ("method" not in value and ("result" in value or "error" in value)):
            return
        identifier = value.get("id")
        if isinstance(identifier, int | str | float) and not isinstance(identifier, bool):
            self.owed.append(identifier)

    def _message(self, value: Any, is_whole: bool) -> None:
        if not isinstance(value, dict):
            return
        method, params = value.get("method"), value.get("params")
        identifier = value.get("id")
        is_known = isinstance(identifier, int | str | None) and not isinstance(identifier, bool)
        if value.get("jsonrpc") != "2.0" or not is_known:
            self._refused(value)
            return
        try:
            match method:
                case "textDocument/didOpen":
                    self._open(params["textDocument"])
                case "textDocument/didChange":
                    self._change(params["textDocument"]["uri"], params["contentChanges"])
                case "textDocument/didClose" if is_whole:
                    self._close(params["textDocument"]["uri"])
        except (Unclear, TypeError, KeyError):
            self._refused(value)

    def _refused(self, value: Any) -> None:
        """What would have changed a text, and cannot."""
        if not isinstance(value, dict) or value.get("method") not in ("textDocument/didOpen", "textDocument/didChange"):
            return
        try:
            uri = value["params"]["textDocument"]["uri"]
        except (TypeError, KeyError):
            try:
                uri = value["params"][0]["textDocument"]["uri"]
            except (TypeError, KeyError, IndexError):
                uri = None
        if isinstance(uri, str) or value["method"] == "textDocument/didChange":
            self._lost(uri if isinstance(uri, str) else None)

    def _lost(self, uri: str | None) -> None:
        self.unclear.update(self.texts if uri is None else {uri})

    def _open(self, item: dict[str, Any]) -> None:
        if not isinstance(item["uri"], str) or not isinstance(item["text"], str):
            raise Unclear
        self.texts[item["uri"]] = item["text"]
        self.unclear.discard(item["uri"])

    def _close(self, uri: Any) -> None:
        if isinstance(uri, str):
            self.texts.pop(uri, None)
            self.unclear.discard(uri)

    def _change(self, uri: Any, changes: Any) -> None:
        if not isinstance(uri, str) or not isinstance(changes, list):
            raise Unclear
        if uri not in self.texts:
            _edited("", changes)  # to see whether it is clear
            return
        text, is_whole = _edited(self.texts[uri], changes)
        self.texts[uri] = text
        if is_whole:
            self.unclear.discard(uri)


def _edited(text: str, changes: list[Any]) -> tuple[str, bool]:
    is_whole = False
    for change in changes:
        if not isinstance(change, dict) or not isinstance(change.get("text"), str):
            raise Unclear
        if change.get("range") is None:
            text, is_whole = change["text"], True
        else:
            ends = [_offset(text, change["range"][end]) for end in ("start", "end")]
            text = text[: min(ends)] + change["text"] + text[max(ends) :]
    return text, is_whole


def _offset(text: str, position: dict[str, Any]) -> int:
    line, character = _number(position["line"]), _number(position["character"])
    starts = [0, *(end.end() for end in re.finditer("\r\n|\r|\n", text))]
    if line >= len(starts):
        return len(text)
    offset, units = starts[line], 0
    while offset < len(text) and text[offset] not in "\r\n":
        units += 2 if ord(text[offset]) > 0xFFFF else 1
        if units > character:
            break
        offset += 1
    return offset


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unclear
    if isinstance(value, float) and value not in (float("inf"), float("-inf")) and value != int(value):
        raise Unclear
    return int(min(max(value, 0), _LARGEST))
