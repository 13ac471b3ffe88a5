"""llama.cpp's own server, by `/completion`: prompts are the very tokens that the local engine would read.

The server tokenizes texts in which markers stay text, and markers go as ids. A grammar makes the answer begin with what
was typed.
"""

from pathlib import PurePath
from typing import Any

from dovetail_models.prompt.blocks import before_cursor, blocks_of, texts_of
from dovetail_models.prompt.fit import fit
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.dialect import Ask, Piece, ServerModel, Token, Usage, stops
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.prompt import RemotePrompt, block_sizes, spelling_grammar
from dovetail_models.remote.server_tokens import ServerTokens

SPELLING_CHOICES = 32
"""Likely tokens to look at where a token has to spell something: its probability is that among those that can."""


class LlamaServer:
    """A llama.cpp server."""

    def __init__(self, connection: Connection, family: Family, model: str) -> None:
        self._connection = connection
        self._family = family
        self._model = model
        self._tokens = ServerTokens(connection, family)

    async def describe(self) -> ServerModel:
        props = await self._connection.get("/props")
        try:
            n_ctx = int(props["default_generation_settings"]["n_ctx"])
            name = str(self._model or props.get("model_alias") or props.get("model_path") or "")
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "/props are not those of llama.cpp: set [remote] dialect") from None
        await self._tokens.load()
        return ServerModel(PurePath(name).name.removesuffix(".gguf"), "llama.cpp", n_ctx, True, True)

    async def prompt(self, parts: PromptParts, room: int, before_sending: BeforeSending | None) -> RemotePrompt:
        segments = self._family.segments(parts)
        texts = texts_of(segments)
        tokens = dict(zip(texts, await self._tokens.tokens(texts, before_sending), strict=True))
        blocks = blocks_of(segments, tokens.__getitem__, self._tokens.roles.get, self._tokens.bytes_of)
        fitted = fit(blocks, room, self._tokens.line_ends.__contains__)
        ids = tuple(token for block in fitted.blocks for token in block.ids)
        typed, end = before_cursor(fitted.blocks, self._family.frozen_anchor)
        healing = self._tokens.heal(typed)
        safe = end - healing.backed
        return RemotePrompt(
            # A marker after the cursor's text ends the prompt. The answer, which begins with `pending`, follows it.
            content=ids[:safe] + ids[end:],
            pending=healing.pending.decode(),
            backed=len(healing.pending),
            blocks=block_sizes(fitted.blocks),
            cut=fitted.cut,
            is_in_tokens=True,
            readable=self._tokens.readable(ids[:safe] + ids[end:] + ids[safe:end]),
            characters=sum(map(len, texts)),
        )

    def request(self, prompt: RemotePrompt, ask: Ask) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "prompt": prompt.content,
            # What only spells again what was typed is no part of the answer; the answer's own length is watched here.
            "n_predict": ask.max_tokens + prompt.backed if ask.max_tokens else 0,
            "temperature": 0,
            "stream": True,
            "cache_prompt": True,
            "return_tokens": True,
            "timings_per_token": True,
            "n_probs": max(1, ask.alternatives, SPELLING_CHOICES if prompt.pending else 0),
            "stop": stops(ask.stop, ()),
        }
        if prompt.pending:
            body["grammar"] = spelling_grammar(prompt.pending)
        if self._model:
            body["model"] = self._model
        return "/completion", body

    def piece(self, event: dict[str, Any]) -> Piece:
        try:
            if any(self._tokens.ends_text(int(token)) for token in event.get("tokens", ())):
                return Piece("", stop="eos", usage=_usage(event))
            tokens = tuple(map(_token, event.get("completion_probabilities", ())))
            stop: Any = ""
            if event["stop"]:
                stop = "length" if event.get("stop_type") == "limit" else "eos"
            return Piece(str(event["content"]), tokens, stop, _usage(event))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise RemoteFault("protocol", "the server sent what cannot be read: check [remote] dialect") from None

    def was_answered(self, prompt: RemotePrompt, tokens: int) -> None:
        """The prompt was counted in tokens."""

    def was_too_long(self) -> bool:
        return False  # its length was within the limit that the server reported

    def was_cut(self) -> None:
        """The prompt was not the reason."""

    def was_not_healed(self) -> None:
        raise RemoteFault("protocol", "the server does not follow its grammar: update the server")


def _token(entry: dict[str, Any]) -> Token:
    likeliest = tuple((str(each["token"]), float(each["logprob"])) for each in entry.get("top_logprobs", ()))
    return Token(str(entry["token"]), float(entry["logprob"]), likeliest)


def _usage(event: dict[str, Any]) -> Usage:
    timings = event.get("timings") or {}
    return Usage(
        prompt_tokens=int(event.get("tokens_evaluated", 0)),
        reused_tokens=int(timings.get("cache_n", 0)),
        generated_tokens=int(event.get("tokens_predicted", 0)),
        prefill_ms=float(timings.get("prompt_ms", 0.0)),
    )
