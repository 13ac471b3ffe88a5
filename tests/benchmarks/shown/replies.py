"""An engine that records the model's replies, and gives them again to a later run of the same holes.

A run that was interrupted goes on where it ended, and another version of the code is measured on the same replies. Only
what that version asks in another way, or needs more text for, is asked of the model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.session.inference.engine import make_local_engine
from dovetail.settings import Settings
from dovetail_models.engine.job import CompletionJob, CompletionReply, TokenLogprob, tokens_within
from dovetail_models.engine.status import EngineStatus
from tests.benchmarks.shown.places import Hole

_FIELDS = ("text", "stop", "logprob", "model", "token_logprobs")


class RecordedEngine:
    """The local engine behind a file of replies. `written` are the replies at the current hole; `recorded` and
    `asked` count those from the file and from the model, of all holes."""

    def __init__(self, path: Path) -> None:
        self.written: list[str] = []
        self._hole: Hole | None = None
        self.made = False
        self.closed = False
        self.recorded = 0
        self.asked = 0
        self._path = path
        self._replies: dict[str, CompletionReply] = {}
        self._engine: Engine | None = None
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
            entry = json.loads(line)
            key = entry.pop("key")
            tokens = tuple(TokenLogprob(**token) for token in entry.pop("token_logprobs", ()))
            self._replies[key] = CompletionReply(**entry, token_logprobs=tokens)

    def make(
        self,
        settings: Settings,
        on_status: Callable[[EngineStatus], None] | None = None,
        *,
        several_models: bool = False,
    ) -> Engine:
        """Return this engine, which starts the local one. Raises ModelError when there is no such model."""
        self._engine = make_local_engine(settings, on_status, several_models=several_models)
        self.made = True
        return self

    def ask_about(self, hole: Hole) -> None:
        """Begin with another hole."""
        self._hole = hole
        self.written = []

    async def ensure_ready(self) -> EngineStatus:
        return await self._local().ensure_ready()

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        """Return a reply from the file, or else the model's, which is recorded. Nothing is prefetched."""
        if job.priority != "interactive":
            return CompletionReply("", "superseded", None, "")
        key = self._key(job)
        reply = _until(self._replies.get(key), enough)
        if reply is not None:
            self.recorded += 1
            self.written.append(reply.text)
            return reply
        self.asked += 1
        reply = await self._local().complete(job, enough, before_sending)
        self._replies[key] = reply
        self.written.append(reply.text)
        with self._path.open("a", encoding="utf-8") as file:
            whole = asdict(reply)
            file.write(json.dumps({"key": key, **{field: whole[field] for field in _FIELDS}}) + "\n")
        return reply

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        await self._local().keep(may_be_kept)

    async def close(self) -> None:
        self.closed = True
        if self._engine is not None:
            await self._engine.close()

    def _local(self) -> Engine:
        assert self._engine is not None, "the server makes its engine before it asks"
        return self._engine

    def _key(self, job: CompletionJob) -> str:
        hole = self._hole
        assert hole is not None, "no hole was named"
        asked = (hole.root.name, hole.path, hole.before, hole.after, job.parts.forced, job.max_lines, job.names)
        return hashlib.sha256(repr(asked).encode()).hexdigest()


def _until(reply: CompletionReply | None, enough: Enough | None) -> CompletionReply | None:
    """Return a recorded reply, ended where it is enough; None where it was ended too early for that."""
    if reply is None:
        return None
    for end in range(1, len(reply.text) + 1 if enough else 0):
        if enough is not None and enough(reply.text[:end]):
            tokens = tokens_within(reply.token_logprobs, end)
            return replace(reply, text=reply.text[:end], stop="enough", token_logprobs=tokens)
    return None if reply.stop == "enough" else reply
