"""Measure typing through a suggestion with the real server: `dovetail serve` as a process, asked over its pipes.

    python -m tests.benchmarks.typing.through [ROOT...] [--suggestions 200] [--pace-ms 50] [--seed 0]

Opens files with a hole in them, asks for a suggestion as an editor does, and types it letter by letter: each letter is
a change followed at once by a request. Prints how many of these keystrokes were answered without the model, according
to the server's own account. Also prints the time from the change to the answer as the client sees it, with both pipes,
and whether any answer differed from the rest of the suggestion. With `--pace-ms 0` the next key follows at once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import accumulate, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dovetail.session.inference.engine import LINGER_VARIABLE
from dovetail_context.index.index import WorkspaceIndex
from dovetail_models.engine.ipc.transport import RUNTIME_FOLDER_VARIABLE
from tests.benchmarks.data import Hole, add_projects, draw_holes, projects
from tests.benchmarks.figures import say, spread

AT_ONCE_MS = 5.0
SETTLED_S = 0.3  # Seconds between opening a file, asking, and the first key, as if a user looks at it.


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One letter of a suggestion that was typed. `ms` is from the change to the answer, at the client."""

    remembered: bool
    right: bool
    ms: float


class Client:
    """Speaks with one server, waiting for each answer."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        assert server.stdin is not None and server.stdout is not None
        self._out, self._in = server.stdin, server.stdout
        self._ids = count(1)

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        identifier = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        return self.until(lambda message: message.get("id") == identifier and "method" not in message)["result"]

    def until(self, wanted: Any) -> Any:
        """Return the first message that satisfies `wanted`. Grant the server's own requests."""
        while True:
            message = self._receive()
            if wanted(message):
                return message
            if "method" in message and "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})

    def _send(self, message: Any) -> None:
        body = json.dumps(message).encode()
        self._out.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._out.flush()

    def _receive(self) -> Any:
        length = 0
        while (header := self._in.readline()) != b"\r\n":
            if not header:
                raise SystemExit("the server has left")
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        return json.loads(self._in.read(length))


@contextmanager
def served(root: Path) -> Iterator[Client]:
    """Yield a server that has read the project and loaded its model."""
    with TemporaryDirectory(prefix="dovetail-") as meeting:
        environment = {**os.environ, RUNTIME_FOLDER_VARIABLE: meeting, LINGER_VARIABLE: "0"}
        command = (sys.executable, "-E", "-P", "-m", "dovetail", "serve")
        with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment) as server:
            client = Client(server)
            client.ask(
                "initialize",
                {
                    "processId": None,
                    "rootUri": None,
                    "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                    "capabilities": {"general": {"positionEncodings": ["utf-32"]}},
                    "initializationOptions": {"statistics": False},
                },
            )
            client.notify("initialized", {})
            client.until(
                lambda message: (
                    message.get("method") == "dovetail/status"
                    and message["params"]["state"] == "ready"
                    and not message["params"]["indexing"]
                )
            )
            yield client
            client.ask("shutdown", None)
            client.notify("exit", None)


def type_through(client: Client, uri: str, hole: Hole, pace_s: float) -> list[Keystroke]:
    """Open a file with its hole, ask, and type what is suggested to its last letter; an empty list for no suggestion.

    With a line end comes the indentation, as editors set it.
    """
    document, version = {"uri": uri}, count(2)
    opened = {**document, "languageId": "", "version": 1, "text": hole.text}
    client.notify("textDocument/didOpen", {"textDocument": opened})
    time.sleep(SETTLED_S)

    def ask(typed: str) -> str:
        position = position_of(hole.text[: hole.start] + typed)
        context = {"triggerKind": 2}
        params = {"textDocument": document, "position": position, "context": context}
        result = client.ask("textDocument/inlineCompletion", params)
        return result["items"][0]["insertText"] if result and result["items"] else ""

    text = ask("")
    ends = list(accumulate(len(key.group()) for key in re.finditer(r"\n\s*|.", text)))
    keystrokes = []
    time.sleep(SETTLED_S)
    for start, end in zip([0, *ends], ends[:-1], strict=False):
        place = position_of(hole.text[: hole.start] + text[:start])
        change = {"range": {"start": place, "end": place}, "text": text[start:end]}
        began = time.perf_counter()
        client.notify(
            "textDocument/didChange",
            {"textDocument": {**document, "version": next(version)}, "contentChanges": [change]},
        )
        answer = ask(text[:end])
        ms = (time.perf_counter() - began) * 1000
        why = client.ask("dovetail/why", {"textDocument": document})
        remembered = bool(answer) and why is not None and why["why"]["remembered"]
        keystrokes.append(Keystroke(remembered, not remembered or answer == text[end:], ms))
        time.sleep(pace_s)
    client.notify("textDocument/didClose", {"textDocument": document})
    return keystrokes


def position_of(before: str) -> dict[str, int]:
    """Return the position at the end of a text, in code points."""
    lines = re.split(r"\r\n|\r|\n", before)
    return {"line": len(lines) - 1, "character": len(lines[-1])}


def report(typed: Sequence[Keystroke], suggestions: int) -> Iterator[str]:
    """Summarize how many keystrokes were answered without the model."""
    times = [one.ms for one in typed]
    if not times:
        yield "nothing was suggested"
        return
    known = sum(one.remembered for one in typed)
    at_once = sum(one.remembered and one.ms < AT_ONCE_MS for one in typed)
    yield f"{suggestions} suggestions, {len(typed)} keystrokes, {100 * known / len(typed):.1f} % without the model"
    yield f"{100 * at_once / len(typed):.1f} % without the model and in less than {AT_ONCE_MS:.0f} ms"
    yield f"from change to answer: {spread(times)}"
    yield f"{sum(not one.right for one in typed)} with a wrong letter"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_projects(parser)
    parser.add_argument("--suggestions", type=int, default=200)
    parser.add_argument("--pace-ms", type=float, default=50.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    typed: list[Keystroke] = []
    suggestions = 0
    roots = projects(arguments)
    for number, root in enumerate(roots):
        wanted = arguments.suggestions * (number + 1) // len(roots)
        with closing(WorkspaceIndex(root)) as index:
            index.build()
            holes = draw_holes(index, random.Random(arguments.seed + number))
        with served(root) as client:
            for hole in holes:
                if suggestions >= wanted:
                    break
                one = type_through(client, (root / hole.path).as_uri(), hole, arguments.pace_ms / 1000)
                typed += one
                suggestions += bool(one)
    for line in report(typed, suggestions):
        say(line)


if __name__ == "__main__":
    main()
