"""Servers with an OpenAI-compatible `/v1/completions`: vLLM, llama-cpp-python, TGI, Ollama and others.

They take the prompt as one string, in which a marker's text is the marker. A marker in a user's text is therefore
broken by an invisible character, which is taken out of the answer again. Beginning-of-text is left to the server's
tokenizer. What a server can do beside that (grammar, probabilities) is found out by a question that holds nothing of
the user's.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from dovetail_models.engine.decoding.healing import Healing
from dovetail_models.prompt.blocks import texts_of
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.dialects.dialect import SPELLING_CHOICES, Ask, Piece, ServerModel, Token, Usage, stops
from dovetail_models.remote.extras_tokens import ExtrasTokens
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.prompt import (
    CAUTIOUS_DENSITY,
    Density,
    RemotePrompt,
    build,
    spelling_grammar,
)
from dovetail_models.remote.vocabulary import build_in_tokens

SAMPLE = PromptParts((), "sample.py", "def add(a: int, b: int) -> int:\n    return ", "\n")
"""The prompt with which a server is tested."""

CODE_CHARACTERS = 1500
"""The number of characters of this module sent to measure token lengths. The server reads some 500 tokens, once."""

UNLIKELY = "qx"
"""No model begins with this text by itself. If one does, the server follows the grammar."""

NO_PENALTIES = {"repeat_penalty": 1.0, "repetition_penalty": 1.0}
"""Code repeats itself. llama-cpp-python (first name) penalizes that by default, vLLM (second) if the model asks to."""

MAX_LOGPROBS = 5
"""Likely tokens to request of a server that is not known to report more: OpenAI's limit, which some servers enforce."""

WHOLE_VOCABULARY = 2**20
"""Likely tokens to request for all of them: more than any vocabulary has."""

MAX_VOCABULARY_BYTES = 16 * 2**20
"""Bytes of the list of a vocabulary: 256,000 tokens take 8 MiB."""

_ABOUT_THE_REQUEST = ("request", "server", "cut", "protocol")
"""Faults that may come from a field which the server does not know."""


class OpenAiServer:
    """An OpenAI-compatible server."""

    def __init__(self, connection: Connection, family: Family, model: str) -> None:
        self._connection = connection
        self._family = family
        self._model = model
        self._takes_extras = False
        self._takes_grammar = False
        self._has_logprobs = False
        self._density = Density(CAUTIOUS_DENSITY)
        self._shortened = self._density  # until an answer comes: one prompt may be of other stuff than most
        self._window = 0
        self._tokens: ExtrasTokens | None = None

    async def describe(self) -> ServerModel:
        served = await self._served()
        name = self._model or next(iter(served), "")
        if served and name not in served:
            names = ", ".join(list(served)[:5])
            raise RemoteFault("request", f"the server has no model {name!r}: set [remote] model to one of {names}")
        self._model = name
        for self._takes_extras, self._has_logprobs in ((True, True), (True, False), (False, True), (False, False)):
            try:
                text = await self._try()
            except RemoteFault as fault:
                if fault.kind not in _ABOUT_THE_REQUEST or not (self._takes_extras or self._has_logprobs):
                    raise
                continue
            self._takes_grammar = self._takes_extras and text.startswith(UNLIKELY)
            break
        self._window = served.get(name, 0)
        if self._takes_grammar and self._has_logprobs:
            self._tokens = await ExtrasTokens.load(
                self._connection, self._family, self._model, await self._vocabulary_texts()
            )
        is_measured = self._window or self._tokens is not None
        self._density = self._shortened = Density() if is_measured else await self._measured_density()
        return ServerModel(_short(name), "openai", served.get(name, 0), self._takes_grammar, self._has_logprobs)

    async def prompt(self, parts: PromptParts, room: int, before_sending: BeforeSending | None) -> RemotePrompt:
        if self._tokens is None:
            return build(parts, self._family, room, self._shortened, self._takes_grammar)
        segments = self._family.segments(parts)
        tokens = await self._tokens.tokens(texts_of(segments), before_sending)
        vocabulary = self._tokens.vocabulary
        healed = vocabulary.heal if self._takes_grammar else _unhealed
        room = int(room * self._shortened.characters_per_token / self._density.characters_per_token)
        prompt = build_in_tokens(segments, tokens, vocabulary, room, self._family.frozen_anchor, healed)
        assert not isinstance(prompt.content, str)
        return replace(prompt, content=self._tokens.written(prompt.content))

    def request(self, prompt: RemotePrompt, ask: Ask) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "prompt": prompt.content,
            "max_tokens": ask.max_tokens + prompt.backed,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "stop": stops(ask.stop, self._family.ends),
        }
        if self._model:
            body["model"] = self._model
        if self._has_logprobs:
            choices = MAX_LOGPROBS if self._tokens is None else max(SPELLING_CHOICES, ask.alternatives)
            body["logprobs"] = choices if ask.alternatives or prompt.pending else 1
        if self._takes_extras:
            body |= NO_PENALTIES
        if self._takes_grammar and prompt.pending:
            body["grammar"] = spelling_grammar(prompt.pending)
        return "/v1/completions", body

    def piece(self, event: dict[str, Any]) -> Piece:
        try:
            usage = _usage(event.get("usage"))
            if not event["choices"]:  # the last event of some servers: only what it has cost
                return Piece("", usage=usage)
            choice = event["choices"][0]
            stop: Any = {None: "", "length": "length"}.get(choice.get("finish_reason"), "eos")
            text = self._family.unescaped(str(choice.get("text") or ""))
            return Piece(text, _tokens(choice.get("logprobs")), stop, usage, usage_follows=bool(stop))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise RemoteFault("protocol", "the server sent what cannot be read: check [remote] dialect") from None

    def was_answered(self, prompt: RemotePrompt, tokens: int) -> None:
        if not prompt.is_in_tokens:
            self._density = self._density.after(prompt.characters, tokens)
        self._shortened = self._density

    def was_too_long(self) -> bool:
        self._shortened = self._shortened.lowered()
        return True

    def was_cut(self) -> None:
        if not self._window:  # llama-cpp-python's server breaks off where a prompt is too long
            self._shortened = self._shortened.lowered()

    def was_not_healed(self) -> None:
        self._takes_grammar = False

    async def _served(self) -> dict[str, int]:
        """Return models by name, each with its window in tokens, 0 if the server does not report it."""
        answer = await self._connection.get("/v1/models")
        try:
            return {str(model["id"]): _window(model) for model in answer["data"]}
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "the server's /v1/models cannot be read: check [remote] url") from None

    async def _measured_density(self) -> Density:
        """Return the characters per token of code, for a server that does not report how long a prompt may be."""
        code = _code()
        body = {"model": self._model, "prompt": code, "max_tokens": 1}
        try:
            answer = await self._connection.post("/v1/completions", body)
            tokens = int(answer["usage"]["prompt_tokens"])
        except (KeyError, TypeError, ValueError):
            tokens = 0  # it does not count
        except RemoteFault as fault:
            if fault.kind not in _ABOUT_THE_REQUEST:
                raise
            tokens = 0  # for example, the server's window is smaller than the sample
        return Density(CAUTIOUS_DENSITY).after(len(code), tokens)

    async def _vocabulary_texts(self) -> list[str]:
        """Return the texts of all tokens, or of some where the server limits their number."""
        path, body = self.request(build(SAMPLE, self._family, 512, Density(), heals=False), Ask(max_tokens=1, stop=()))
        body["logprobs"] = WHOLE_VOCABULARY
        texts: list[str] = []
        try:
            async for event in self._connection.events(path, body, None, MAX_VOCABULARY_BYTES):
                texts += [text for token in self.piece(event).tokens for text, _ in token.likeliest]
        except RemoteFault as fault:
            if fault.kind not in _ABOUT_THE_REQUEST:
                raise
        return texts

    async def _try(self) -> str:
        """Return what the model writes in the sample, with all that is to be tried."""
        prompt = build(SAMPLE, self._family, 512, Density(), heals=False)
        path, body = self.request(prompt, Ask(max_tokens=4, stop=()))
        if self._takes_extras:
            body["grammar"] = spelling_grammar(UNLIKELY)
        return "".join([self.piece(event).text async for event in self._connection.events(path, body, None)])


def _unhealed(_typed: Sequence[int]) -> Healing:
    return Healing(0, b"")


def _code() -> str:
    """Return some code that is not private: the beginning of this module."""
    return Path(__file__).read_text(encoding="utf-8")[:CODE_CHARACTERS]


def _short(name: str) -> str:
    """Return a name without folders and file suffix: some servers name a model by its path."""
    return PurePath(name).name.removesuffix(".gguf")


def _window(model: dict[str, Any]) -> int:
    """Return a model's window in tokens. vLLM and llama.cpp report it in different places, most servers not at all."""
    meta = model.get("meta") or {}
    return int(model.get("max_model_len") or meta.get("n_ctx") or 0)


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    """Both forms: parallel lists (OpenAI's own), or a list `content` of objects (llama.cpp)."""
    if not logprobs:
        return ()
    if "content" in logprobs:
        return tuple(
            Token(
                str(each["token"]),
                float(each["logprob"]),
                tuple((str(one["token"]), float(one["logprob"])) for one in each["top_logprobs"]),
            )
            for each in logprobs["content"]
        )
    tops = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
    return tuple(
        Token(str(text), float(logprob or 0.0), tuple((top or {}).items()))
        for text, logprob, top in zip(logprobs["tokens"], logprobs["token_logprobs"], tops, strict=True)
    )


def _usage(usage: Any) -> Usage:
    if not usage:
        return Usage()
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(int(usage.get("prompt_tokens") or 0), int(cached), int(usage.get("completion_tokens") or 0))
