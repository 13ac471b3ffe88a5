"""From a question of a plugin to an answer of the session. Used on the event loop alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dovetail.completion.request import Completion
from dovetail.infill.question import Question, answer_json
from dovetail.infill.source import Placed, completed, is_from, most_alike
from dovetail.rules.source import Problem
from dovetail.session.inference.engine import MakeEngine
from dovetail.session.pause import Pauses
from dovetail.session.session import Session
from dovetail.text.document import Document, Edit
from dovetail_context.api import language_of, read_source
from dovetail_models.api import EngineStatus

log = logging.getLogger(__name__)

# A text of no file of the project: it is completed with the project's context, as a buffer that was never saved is.
LOOSE = "untitled:infill"


class _Log:
    """Trouble goes to the log: plugins have no place for it."""

    def trouble(self, message: str) -> None:
        log.warning("%s", message)

    def engine_status(self, status: EngineStatus) -> None:
        log.info("engine %s: %s %s", status.state, status.model, status.message or status.notice)

    def index_started(self, root: Path) -> None:
        log.info("reading %s", root)

    def index_progress(self, root: Path, done: int, total: int) -> None: ...

    def index_ready(self, root: Path) -> None:
        log.info("read %s", root)

    def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None:
        for problem in problems:
            log.warning("%s: %s", problem.source, problem.message)

    def paused(self, pauses: Pauses) -> None: ...
    def busy(self, requests: int) -> None: ...


class Answers:
    """Answers questions about the files of one project."""

    def __init__(self, root: Path, make_engine: MakeEngine) -> None:
        self._root = root.resolve()
        self._session = Session(make_engine, _Log())
        self._latest = ""  # the path of the file that the last question was about

    def start(self) -> None:
        """Read the project and load the model, both in the background."""
        self._session.configure()
        self._session.projects.configure_rules({}, trusted=True)
        self._session.projects.open(self._root)
        self._session.engine.warm_up()

    async def close(self) -> None:
        """End everything that was started."""
        await self._session.close()

    async def answer(self, question: Question) -> dict[str, Any]:
        """Return the answer in llama.cpp's form; an empty one where nothing is suggested. Raises EngineError."""
        if not question.text.strip() or question.max_tokens == 0:
            return answer_json(_answer(None), question.fields)
        workspace = self._session.projects.workspaces.around(self._root / "file")
        files = tuple(workspace.index.snapshot.files) if workspace is not None else ()
        placed = await asyncio.to_thread(self._place, question, files)
        uri = self._open(placed)
        found = await self._session.complete(uri, placed.offset, "automatic")
        return answer_json(_answer(found), question.fields)

    def _place(self, question: Question, files: Sequence[str]) -> Placed:
        path = self._latest
        if path not in files or not is_from(question.text, self._text_of(path)):
            path = most_alike(question.text, ((each, self._text_of(each)) for each in files))
        if not path:
            return Placed("", question.text, question.offset)
        self._latest = path
        return completed(path, question.text, question.offset, self._text_of(path))

    def _text_of(self, path: str) -> str:
        return read_source(self._root / path, within=self._root).text or ""

    def _open(self, placed: Placed) -> str:
        """Let the session have the text. The URI of its document."""
        file = self._root / placed.path if placed.path else None
        uri = file.as_uri() if file is not None else LOOSE
        opened = self._session.opened.get(uri)
        if opened is None:
            document = Document.of(uri, language_of(placed.path) if placed.path else "", 0, placed.text)
            self._session.open_document(document, file, "file" if file is not None else "loose")
        elif opened.document.text != placed.text:
            self._session.change_document(uri, [Edit(placed.text)], opened.document.version + 1)
        return uri


def _answer(found: Completion | None) -> dict[str, Any]:
    if found is None or found.remembered:
        timings = {"prompt_n": 0, "prompt_ms": 0.0, "predicted_n": 0, "predicted_ms": 0.0}
        cached = 0
    else:
        reply = found.reply
        read = reply.prompt_tokens - reply.reused_tokens
        timings = {
            "prompt_n": read,
            "prompt_ms": reply.prefill_ms,
            "predicted_n": reply.generated_tokens,
            "predicted_ms": reply.decode_ms,
        }
        cached = reply.reused_tokens
    for kind in ("prompt", "predicted"):
        count, milliseconds = timings[f"{kind}_n"], timings[f"{kind}_ms"]
        timings[f"{kind}_per_second"] = 1000 * count / milliseconds if milliseconds else 0.0
        timings[f"{kind}_per_token_ms"] = milliseconds / count if count else 0.0
    return {
        "content": found.text if found is not None else "",
        "tokens_cached": cached,
        "truncated": False,
        "timings": timings,
        "model": found.reply.model if found is not None else "",
        "stop": True,
    }
