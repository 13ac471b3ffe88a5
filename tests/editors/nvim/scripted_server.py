"""A scripted language server on standard input and output. The tests of the Neovim plugin run it.

$DOVETAIL_SCRIPT names the file with the answers. The server reads it again for each request:

{"encoding": "utf-16",            units of columns, read once
 "rules": [{"when": "REGEX",      the first rule whose pattern is found in the line up to the cursor answers
            "texts": ["..."],     candidates; the others only when invoked, unless `always_all`
            "always_all": false,
            "replaced": 0,        characters after the cursor that they replace
            "back": 0,            characters before the cursor that they repeat
            "delay": 0.0,         seconds
            "stubborn": false,    answers even if the request was cancelled
            "raw": ...}],         this answer instead of all that
 "answers": {"METHOD": ...}}      answers to other requests

$DOVETAIL_SCRIPT_LOG gets each message that was received, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


class Server:
    def __init__(self) -> None:
        self.script_path = Path(os.environ["DOVETAIL_SCRIPT"])
        self.log_path = Path(os.environ["DOVETAIL_SCRIPT_LOG"])
        self.encoding = self.script().get("encoding", "utf-16")
        self.texts: dict[str, str] = {}
        self.cancelled: set[int] = set()
        self.lock = threading.Lock()

    def script(self) -> dict[str, Any]:
        script: dict[str, Any] = json.loads(self.script_path.read_text(encoding="utf-8"))
        return script

    def run(self) -> None:
        while (message := self.read()) is not None:
            with self.log_path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(message) + "\n")
            method = message.get("method", "")
            if method == "exit":
                return
            if method == "$/cancelRequest":
                self.cancelled.add(message["params"]["id"])
            elif method in ("textDocument/didOpen", "textDocument/didChange"):
                self.change(message["params"])
            elif "id" in message and method:
                self.answer(message)

    def read(self) -> dict[str, Any] | None:
        length = 0
        while (header := sys.stdin.buffer.readline().strip()) != b"":
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        if not length:
            return None
        message: dict[str, Any] = json.loads(sys.stdin.buffer.read(length))
        return message

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.lock:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            sys.stdout.buffer.flush()

    def change(self, params: dict[str, Any]) -> None:
        document = params["textDocument"]
        changes = params.get("contentChanges") or [{"text": document["text"]}]
        self.texts[document["uri"]] = changes[-1]["text"]

    def answer(self, message: dict[str, Any]) -> None:
        method, number = message["method"], message["id"]
        if method == "initialize":
            capabilities = {
                "positionEncoding": self.encoding,
                "textDocumentSync": {"openClose": True, "change": 1},
                "inlineCompletionProvider": {},
                "executeCommandProvider": {"commands": ["dovetail.accepted"]},
                "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
            }
            result: Any = {"capabilities": capabilities, "serverInfo": {"name": "scripted", "version": "1"}}
            self.send({"id": number, "result": result})
            status = self.script().get("status")
            if status:
                self.send({"method": "dovetail/status", "params": status})
        elif method == "textDocument/inlineCompletion":
            self.complete(number, message["params"])
        else:
            self.send({"id": number, "result": self.script().get("answers", {}).get(method)})

    def complete(self, number: int, params: dict[str, Any]) -> None:
        row, column = params["position"]["line"], params["position"]["character"]
        line = self.texts.get(params["textDocument"]["uri"], "").split("\n")[row]
        units = line.encode(CODECS[self.encoding])
        left = units[: column * UNIT_BYTES[self.encoding]].decode(CODECS[self.encoding])
        rule = next((rule for rule in self.script().get("rules", []) if re.search(rule["when"], left)), None)
        if rule is None:
            self.send({"id": number, "result": None})
            return
        invoked = params["context"]["triggerKind"] == 1
        texts = rule.get("texts", [])
        texts = texts if invoked or rule.get("always_all") else texts[:1]
        start = self.units(left[: len(left) - rule.get("back", 0)])
        end = self.units(line[: len(left) + rule.get("replaced", 0)])
        items = [
            {
                "insertText": text,
                "range": {"start": {"line": row, "character": start}, "end": {"line": row, "character": end}},
                "command": {"title": "accepted", "command": "dovetail.accepted", "arguments": [f"{number}.{index}"]},
            }
            for index, text in enumerate(texts)
        ]
        result = rule.get("raw", {"items": items})

        def send() -> None:
            if number in self.cancelled and not rule.get("stubborn"):
                self.send({"id": number, "error": {"code": -32800, "message": "cancelled"}})
            else:
                self.send({"id": number, "result": result})

        if rule.get("delay"):
            waiting = threading.Timer(rule["delay"], send)
            waiting.daemon = True
            waiting.start()
        else:
            send()

    def units(self, text: str) -> int:
        return len(text.encode(CODECS[self.encoding])) // UNIT_BYTES[self.encoding]


if __name__ == "__main__":
    Server().run()
