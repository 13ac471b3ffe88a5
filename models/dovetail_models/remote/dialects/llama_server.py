"""llama.cpp's own server, by `/completion`: prompts are the very tokens that the local engine would read.

The server tokenizes texts in which markers stay text, and markers go as ids. A grammar makes the answer begin with what
was typed.
"""

from pathlib import PurePath
from typing import Any

from dovetail_models.prompt.blocks import texts_of
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.dialects.dialect import SPELLING_CHOICES, Ask, Piece, ServerModel, Token, Usage, stops
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.prompt import RemotePrompt, spelling_grammar
from dovetail_models.remote.server_tokens import ServerTokens
from dovetail_models.remote.vocabulary import ServerVocabulary, build_in_tokens


class LlamaServer:
    """A llama.cpp server."""

    def __init__(self, connection: Connection, family: Family, model: str) -> None:
        self._connection = connection
        self._family = family
        self._model = model
        self._tokens = ServerTokens(connection, family)
        self._vocabulary: ServerVocabulary | None = None

    async def describe(self) -> ServerModel:
        props = await self._connection.get("/props")
        try:
            n_ctx = int(props["default_generation_settings"]["n_ctx"])
            name = str(self._model or props.get("model_alias") or props.get("model_path") or "")
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "/props are not those of llama.cpp: set [remote] dialect") from None
        self._vocabulary = await self._tokens.load()
        return ServerModel(PurePath(name).name.removesuffix(".gguf"), "llama.cpp", n_ctx, True, True)

    async def prompt(self, parts: PromptParts, room: int, before_sending: BeforeSending | None) -> RemotePrompt:
        assert self._vocabulary is not None, "describe comes first"
        segments = self._family.segments(parts)
        tokens = await self._tokens.tokens(texts_of(segments), before_sending)
        vocabulary = self._vocabulary
        return build_in_tokens(segments, tokens, vocabulary, room, self._family.frozen_anchor, vocabulary.heal)

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
            if any(int(token) in self._tokens.ends for token in event.get("tokens", ())):
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
