"""An engine that returns what a test wrote down. Only for tests of the server; the real engine has its own tests."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable

from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.completion.postprocessing.confidence import WORTH_OF_RIGHT
from dovetail.settings import Settings
from dovetail_models.engine.job import CompletionJob, CompletionReply, StopReason, TokenLogprob
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError


def tokens_of(text: str, logprob: float | None) -> tuple[TokenLogprob, ...]:
    """Return a token of the given probability for each word and each sign; none without a probability."""
    if logprob is None:
        return ()
    return tuple(TokenLogprob(token.end(), logprob) for token in re.finditer(r"\s*(?:\w+|[^\w\s])|\s+", text))


def logprob_of(text: str, gain: float) -> float:
    """Return the log-probability at which a text of one token promises this gain."""
    return math.log(gain / (len(text) + WORTH_OF_RIGHT))


class ScriptedEngine:
    """Answers every job with `text`, token by token as long as it is not enough.

    `jobs` are those asked, `cancelled` counts those taken back.
    """

    def __init__(self, text: str = "", trouble: str = "", delay_s: float = 0.0) -> None:
        self.text = text
        self.trouble = trouble
        self.delay_s = delay_s
        self.logprob: float | None = -0.001
        self.stop: StopReason = "eos"
        self.beginnings: tuple[str, ...] = ()
        self.status = EngineStatus("ready", model="scripted", n_ctx=4096)
        self.prefill_ms = 0.0
        self.prompt: str | None = None
        self.jobs: list[CompletionJob] = []
        self.asked = asyncio.Event()
        self.cancelled = 0
        self.made = False
        self.closed = False
        self.kept: set[str] = set()

    def make(
        self,
        settings: Settings,
        on_status: Callable[[EngineStatus], None] | None = None,
        *,
        several_models: bool = False,
    ) -> Engine:
        self.made = True
        return self

    async def ensure_ready(self) -> EngineStatus:
        if self.trouble:
            raise EngineError(self.trouble)
        return self.status

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        self.jobs.append(job)
        self.asked.set()
        try:
            await asyncio.sleep(self.delay_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        text, stop = self.text, self.stop
        if job.max_lines is not None and text.count("\n") >= job.max_lines:
            text, stop = "\n".join(text.split("\n")[: job.max_lines]), "line"
        for end in range(1, len(text) if enough else 0):
            if enough and enough(text[:end]):
                text, stop = text[:end], "enough"
                break
        return CompletionReply(
            text=text,
            stop=stop,
            logprob=self.logprob,
            token_logprobs=tokens_of(text, self.logprob),
            model="scripted",
            generated_tokens=1,
            prompt_tokens=1000,
            prefill_ms=self.prefill_ms,
            beginnings=self.beginnings[: job.beginnings],
            prompt=self.prompt if job.explain else None,
        )

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        self.kept = {file for job in self.jobs for file in job.files if may_be_kept(file)}

    async def close(self) -> None:
        self.closed = True
