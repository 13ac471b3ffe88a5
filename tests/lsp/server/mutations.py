"""Messages as no editor should send them: mutations of a right session, from a seed."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass
from typing import Any

from tests.lsp.client import framed

SECRET = "SECRET_OF_THE_USER"
URIS = ("untitled:a.py", "untitled:b.py")

_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31 - 1, 2**31, 2**32 - 1, -(2**31) - 1, 10**30, 0.5, 1.0, -0.0, 1e300),
    *("", "x", "0", SECRET, "\ud83d", "\x00", "compact", "file://[", "file:///a%00b", "a" * 5000),
    *([], {}, [None], [[]], {"uri": None}, {"line": -1, "character": -1}, {"a": {"b": {}}}),
)
_METHODS = ("no/such", "$/no", "", "textDocument/hover", "shutdown/", "workspace/executeCommand", "$/setTrace")
_NESTED = 3000


def message(rng: random.Random, texts: dict[str, str], number: int) -> dict[str, Any]:
    """Return a valid message of an editor that has these texts open."""
    uri = rng.choice(URIS)
    document = {"uri": uri, "version": number}
    place = _position(rng, texts.get(uri, ""))
    request = {"jsonrpc": "2.0", "id": -number}
    notice = {"jsonrpc": "2.0"}
    match rng.randrange(9):
        case 0:
            opened = {**document, "languageId": "python", "text": f"{SECRET} = {number}\n"}
            return {**notice, "method": "textDocument/didOpen", "params": {"textDocument": opened}}
        case 1 | 2 | 3:
            changes = [_change(rng, texts.get(uri, "")) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
            params = {"textDocument": document, "contentChanges": changes}
            return {**notice, "method": "textDocument/didChange", "params": params}
        case 4:
            return {**notice, "method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}}
        case 5:
            context = {"triggerKind": rng.choice((1, 2)), "selectedCompletionInfo": None}
            params = {"textDocument": {"uri": uri}, "position": place, "context": context}
            return {**request, "method": "textDocument/inlineCompletion", "params": params}
        case 6:
            method = rng.choice(("dovetail/documentState", "dovetail/why"))
            return {**request, "method": method, "params": {"textDocument": {"uri": uri}, "html": rng.random() < 0.2}}
        case 7:
            return {**notice, "method": "$/cancelRequest", "params": {"id": rng.randrange(9) - number}}
        case _:
            command = {"command": "dovetail.accepted", "arguments": [f"{number}"]}
            return {**request, "method": "workspace/executeCommand", "params": command}


def mutated(rng: random.Random, right: dict[str, Any], number: int) -> Any:
    """Return the message with one to three mistakes. `number` is unique, so no other message has the same id."""
    wrong: Any = copy.deepcopy(right)
    for _ in range(rng.choice((1, 1, 2, 3))):
        match rng.randrange(12):
            case 0:
                wrong.pop(rng.choice(list(wrong)), None) if wrong else None
            case 1:
                wrong["method"] = rng.choice(_METHODS)
            case 2:
                wrong["params"] = rng.choice((None, [], "x", 5, {}, [right.get("params")]))
            case 3:
                wrong["jsonrpc"] = rng.choice(("1.0", 2.0, None, ""))
            case 4:
                wrong["id"] = rng.choice((None, {}, [], -number - 0.5, f"text {number}", True))
            case 5:
                wrong[rng.choice(("unknown", "result", "error"))] = rng.choice(_STRANGE)
            case _:
                _mutate_inside(rng, wrong)
    return wrong


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes of a message. `value` is its JSON, or None if it has none. If `is_whole`, the frame is valid, so a
    correct server must have accepted it."""

    data: bytes
    value: Any
    is_whole: bool = True


def encoded(rng: random.Random, value: Any) -> Sent:
    """Return the encoded message, sometimes in an invalid frame or encoding."""
    body = json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    match rng.randrange(40):
        case 0:
            return Sent(b"content-length:%d\r\n\r\n%b" % (len(body), body), value)
        case 1:
            kind = b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\n"
            return Sent(b"%bCONTENT-LENGTH : %d\n\n%b" % (kind, len(body), body), value)
        case 2:
            length = max(0, len(body) + rng.randrange(-30, 30))
            return Sent(b"Content-Length: %d\r\n\r\n%b" % (length, body), value, is_whole=length == len(body))
        case 3:
            length = rng.choice((b"", b"x", b"-1", b"1e3", b"9" * 40))
            return Sent(b"Content-Length: %b\r\n\r\n%b" % (length, body), None, is_whole=False)
        case 4:
            return _broken(body[: rng.randrange(len(body))])
        case 5:
            cut = rng.randrange(len(body))
            return _broken(body[:cut] + rng.choice((b"\xff", b"\xc3", b"\x00", b"\n", b'"', b"}")) + body[cut:])
        case 6:
            return Sent(framed(b"[%b]" % body), [value])
        case 7:
            nested = b'{"jsonrpc": "2.0", "method": "$/x", "params": %b%b}' % (b"[" * _NESTED, b"]" * _NESTED)
            return Sent(framed(nested), None)
        case 8:
            return Sent(framed(rng.choice((b"", b"1", b"null", b"[]", b"{}", b'"x"'))), None)
        case _:
            return Sent(framed(body), value)


def _broken(body: bytes) -> Sent:
    try:
        value, _ = json.JSONDecoder().raw_decode(body.decode("utf-8", "surrogatepass"))
    except ValueError:
        return Sent(framed(body), None, is_whole=False)
    return Sent(framed(body), value, is_whole=False)


def _position(rng: random.Random, text: str) -> dict[str, int]:
    lines = text.split("\n")
    line = rng.randrange(len(lines) + 1)
    return {"line": line, "character": rng.randrange(12)}


def _change(rng: random.Random, text: str) -> dict[str, Any]:
    new = rng.choice(("", "x", "é = 1\n", "😀", f"{SECRET}()\n", "\r\n"))
    if rng.random() < 0.15:
        return {"text": new}
    return {"range": {"start": _position(rng, text), "end": _position(rng, text)}, "text": new}


def _mutate_inside(rng: random.Random, value: Any) -> None:
    """Put something strange, or nothing, in a random place."""
    places = (
        [(value, key) for key in value if key not in ("jsonrpc", "id", "method")] if isinstance(value, dict) else []
    )
    stack = [inner[key] for inner, key in places]
    while stack:
        inner = stack.pop()
        if isinstance(inner, dict | list):
            keys: list[Any] = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            places += [(inner, key) for key in keys]
            stack += [inner[key] for key in keys]
    if not places:
        return
    inner, key = rng.choice(places)
    if rng.random() < 0.2 and isinstance(inner, dict):
        del inner[key]
    else:
        inner[key] = copy.deepcopy(rng.choice(_STRANGE))
