"""`RemoteEngine`: completions from a server on another machine.

`RemoteEngine` examines the server once. It builds and sends prompts, streams the answers, and retries where that helps.
`fallback.py` handles the faults for which it does not help.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from dovetail_models.engine.client.connection import Enough
from dovetail_models.engine.job import CompletionJob, CompletionReply, StopReason
from dovetail_models.engine.status import EngineState, EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt import fit
from dovetail_models.remote.address import parse_address
from dovetail_models.remote.answer import Answer, NotHealed
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.dialects.dialect import Ask, ServerDialect, ServerModel
from dovetail_models.remote.dialects.llama_server import LlamaServer
from dovetail_models.remote.dialects.openai import OpenAiServer
from dovetail_models.remote.family import family_named, family_of
from dovetail_models.remote.faults import PromptTooLong, RemoteFault, retry
from dovetail_models.remote.options import RemoteOptions
from dovetail_models.remote.token import find_token

MAX_COMPLETION_SHARE = 1 / 2
"""The share of the window that a completion may take, as in the local engine: the prompt needs the rest."""

ALTERNATIVES = 8
"""The number of likely first tokens that are examined for each additional beginning."""

MAX_SHORTENINGS = 3
"""Times that a prompt is shortened because it was too long: half of it is left then, and each costs a round trip."""

_LASTING = ("busy", "slow", "cut")
"""Faults after which the known facts about the server remain valid."""

Sleep = Callable[[float], Awaitable[None]]


class RemoteEngine:
    """Asks a server for completions. Belongs to one event loop; nothing is sent until it is needed.

    It ignores a job's `names`, which servers do not support, and `min_tokens`, which serves only local measurements.
    """

    def __init__(
        self,
        options: RemoteOptions,
        on_status: Callable[[EngineStatus], None] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Raises EngineError if the options cannot be used."""
        self.address = parse_address(options.url)
        self._options = options
        self._family = family_named(options.format)
        self._connection = Connection(self.address, options, find_token(self.address.host))
        self._on_status = on_status or (lambda _status: None)
        self._sleep = sleep
        self._dialect: ServerDialect | None = None
        self._model: ServerModel | None = None
        self._describing: asyncio.Task[ServerModel] | None = None
        self.status = self._in_state("stopped")

    @property
    def heals(self) -> bool:
        """Return whether the server, as far as is known, makes an answer begin with what was typed."""
        return self._model is not None and self._model.heals

    @property
    def reports_probabilities(self) -> bool:
        """Return whether the server, as far as is known, reports how sure the model is."""
        return self._model is not None and self._model.has_logprobs

    @property
    def better_format(self) -> str:
        """The family that the server's model claims by its name where that is not the format named, else ""."""
        claimed = family_of(self._model.name) if self._model is not None else ""
        return "" if claimed == self._family.name else claimed

    async def ensure_ready(self) -> EngineStatus:
        """Find out what the server runs, once. Raises RemoteFault."""
        await self._described()
        return self.status

    async def probe(self) -> EngineStatus:
        """Look at the server again. No text of the user's is sent. Raises RemoteFault."""
        self._forget()
        return await self.ensure_ready()

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        """Complete. Cancelling this coroutine, and `enough`, close the connection, which stops the server.

        `before_sending` is awaited each time before the prompt leaves; what it raises is raised. Raises RemoteFault,
        EngineError.
        """
        attempt = 0
        while True:
            try:
                return await self._fitted(job, enough, before_sending)
            except RemoteFault as fault:
                if fault.kind not in _LASTING:
                    self._forget()
                elif fault.kind == "cut" and self._dialect is not None:
                    self._dialect.was_cut()
                again = retry(fault, attempt)
                if again is None:
                    raise
                await self._sleep(again.after_s)
                attempt += 1

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        """Nothing that a server has read is kept on this machine."""

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        if self._describing is not None:
            self._describing.cancel()
            await asyncio.gather(self._describing, return_exceptions=True)
        await self._connection.close()

    async def _fitted(
        self, job: CompletionJob, enough: Enough | None, before_sending: BeforeSending | None
    ) -> CompletionReply:
        """Ask with shorter prompts as long as they are too long, and without healing where the server cannot do it."""
        for left in reversed(range(MAX_SHORTENINGS + 1)):
            try:
                return await self._ask(job, enough, before_sending)
            except NotHealed:
                if self._dialect is not None:
                    self._dialect.was_not_healed()
            except PromptTooLong:
                if not left or self._dialect is None or not self._dialect.was_too_long():
                    raise
        raise EngineError(f"{self.address.host} does not take the prompt: lower context_window")

    async def _ask(
        self, job: CompletionJob, enough: Enough | None, before_sending: BeforeSending | None
    ) -> CompletionReply:
        if job.verbatim is not None:
            raise EngineError("a server lays prompts out itself: use a model on this machine for this measurement")
        model = await self._described()
        assert self._dialect is not None
        if job.priority == "warm" and model.dialect != "llama.cpp":
            # Only llama.cpp's server is sure to keep what it has read for a next request.
            return CompletionReply("", "length", None, self.status.model)
        max_tokens = 0 if job.priority == "warm" else min(job.max_tokens, int(self.status.n_ctx * MAX_COMPLETION_SHARE))
        room = self.status.n_ctx - max_tokens
        dialect = self._dialect
        try:
            prompt = await dialect.prompt(job.parts, room, before_sending)
        except fit.PromptTooLong as error:
            raise EngineError(f"the prompt does not fit the window of {self.status.n_ctx} tokens: {error}") from error
        stop = (*(("\n",) if job.max_lines == 1 else ()), *job.stop)
        path, body = dialect.request(prompt, Ask(max_tokens, stop, ALTERNATIVES * job.beginnings))
        answer = Answer(job, prompt, enough, self._family.ends)
        started = time.perf_counter()
        ended: StopReason | None = None
        try:
            async with aclosing(self._connection.events(path, body, before_sending)) as events:
                async for event in events:
                    piece = dialect.piece(event)
                    ended = ended or answer.add(piece, _ms_since(started))
                    answer.note(piece.usage)
                    if ended is not None and not piece.usage_follows:
                        break
        except RemoteFault:
            if ended is None:
                raise  # else only what it has cost is missing
        reply = answer.reply(ended or "length", self.status.model, _ms_since(started))
        dialect.was_answered(prompt, answer.usage.prompt_tokens)
        self._learn(reply)
        return reply

    def _learn(self, reply: CompletionReply) -> None:
        read = reply.prompt_tokens - reply.reused_tokens
        speed = self.status.speed.after_prefill(read, reply.prefill_ms)
        speed = speed.after_decode(reply.generated_tokens - 1, reply.decode_ms)
        self.status = replace(self.status, prefill_tokens_s=speed.prefill_tokens_s, decode_ms=speed.decode_ms)

    async def _described(self) -> ServerModel:
        if self._model is not None:
            return self._model
        if self._describing is None:
            self._describing = asyncio.create_task(self._describe(), name="look at the server")
            self._describing.add_done_callback(self._was_described)
        # A user who types on cancels requests, not the look that all of them wait for.
        return await asyncio.shield(self._describing)

    def _was_described(self, describing: asyncio.Task[ServerModel]) -> None:
        self._describing = None
        if not describing.cancelled():
            describing.exception()  # the waiting caller may be gone; this marks the exception as retrieved

    async def _describe(self) -> ServerModel:
        self._take_status(self._in_state("starting"))
        try:
            dialect = await self._find_dialect()
            model = await dialect.describe()
        except RemoteFault as fault:
            self._take_status(self._in_state("failed", str(fault)))
            raise
        self._dialect, self._model = dialect, model
        window = min(model.n_ctx, self._options.n_ctx) if model.n_ctx else self._options.n_ctx
        status = self._in_state("ready")
        self._take_status(
            replace(
                status,
                model=f"{model.name} on {self.address.host}",
                description=f"{model.name}, {model.dialect} protocol",
                message="" if self.address.is_loopback else self.address.privacy,
                n_ctx=window,
                format=self._family.name,
                frozen_anchor=self._family.frozen_anchor,
                notice=self.address.privacy,
            )
        )
        return model

    async def _find_dialect(self) -> ServerDialect:
        llama = LlamaServer(self._connection, self._family, self._options.model)
        openai = OpenAiServer(self._connection, self._family, self._options.model)
        match self._options.dialect:
            case "llama.cpp":
                return llama
            case "openai":
                return openai
            case "auto":
                return openai if self.address.is_openai or not await self._has_props() else llama

    async def _has_props(self) -> bool:
        """Whether the server has what only llama.cpp's has."""
        try:
            props = await self._connection.get("/props")
        except RemoteFault as fault:
            if fault.kind in ("address", "request", "protocol"):
                return False
            raise
        return isinstance(props, dict) and "default_generation_settings" in props

    def _forget(self) -> None:
        """The server may be another one now."""
        self._model = self._dialect = None

    def _take_status(self, status: EngineStatus) -> None:
        self.status = status
        self._on_status(status)

    def _in_state(self, state: EngineState, message: str = "") -> EngineStatus:
        name = self._options.model or "the model"
        return EngineStatus(state, message, f"{name} on {self.address.host}")


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
