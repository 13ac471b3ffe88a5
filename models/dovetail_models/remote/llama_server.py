"""llama.cpp's own server, by `/completion`: the dialect in which everything can be said that the local engine knows.

Markers go as token ids among strings, and a marker in a user's text is cut into strings, so all of that stays text. The
typed end is healed by a grammar.
"""

from pathlib import PurePath
from typing import Any

from dovetail_models.prompt.segments import Role
from dovetail_models.remote.connection import Connection
from dovetail_models.remote.dialect import Ask, Piece, ServerModel, Token, Usage, stops
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.prompt import RemotePrompt, spelling_grammar


class LlamaServer:
    """A llama.cpp server."""

    def __init__(self, connection: Connection, family: Family, model: str) -> None:
        self._connection = connection
        self._family = family
        self._model = model
        self._ids: dict[Role, int] = {}
        self._end_ids: frozenset[int] = frozenset()

    async def describe(self) -> ServerModel:
        props = await self._connection.get("/props")
        try:
            n_ctx = int(props["default_generation_settings"]["n_ctx"])
            name = str(props.get("model_alias") or props.get("model_path") or "")
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "/props are not those of llama.cpp: set [remote] dialect") from None
        found: dict[Role, int] = {}
        for role, text in self._family.markers.items():
            # The model says whether its texts have a beginning; the others must be there.
            ids = await self._tokens("", True) if role is Role.BOS else await self._tokens(text, False)
            if len(ids) == 1:
                found[role] = ids[0]
            elif role is not Role.BOS:
                raise RemoteFault("protocol", f"the server's model has no {text}: set [remote] format to its family")
        others = [await self._tokens(text, False) for text in self._family.others]
        self._ids = found
        self._end_ids = frozenset([*found.values(), *(ids[0] for ids in others if len(ids) == 1)])
        return ServerModel(
            PurePath(self._model or name).name.removesuffix(".gguf"), "llama.cpp", n_ctx, heals=True, has_logprobs=True
        )

    def request(self, prompt: RemotePrompt, ask: Ask) -> tuple[str, dict[str, Any]]:
        pieces: list[int | str] = []
        for piece in prompt.pieces:
            if isinstance(piece, str):
                pieces += self._family.broken_up(piece)
            elif piece in self._ids:
                pieces.append(self._ids[piece])
        body: dict[str, Any] = {
            "prompt": pieces,
            "n_predict": ask.max_tokens,
            "temperature": 0,
            "stream": True,
            "cache_prompt": True,
            "return_tokens": True,
            "timings_per_token": True,
            "n_probs": max(1, ask.alternatives),
            "stop": stops(ask.stop, ()),
        }
        if prompt.pending:
            body["grammar"] = spelling_grammar(prompt.pending)
        if self._model:
            body["model"] = self._model
        return "/completion", body

    def piece(self, event: dict[str, Any]) -> Piece:
        try:
            if any(int(token) in self._end_ids for token in event.get("tokens", ())):
                return Piece("", stop="eos", usage=_usage(event))
            tokens = tuple(map(_token, event.get("completion_probabilities", ())))
            stop: Any = ""
            if event["stop"]:
                stop = "length" if event.get("stop_type") == "limit" else "eos"
            return Piece(str(event["content"]), tokens, stop, _usage(event))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise RemoteFault("protocol", "the server sent what cannot be read: check [remote] dialect") from None

    async def _tokens(self, text: str, add_special: bool) -> list[int]:
        answer = await self._connection.post(
            "/tokenize", {"content": text, "add_special": add_special, "parse_special": True}
        )
        try:
            return [int(token) for token in answer["tokens"]]
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "the server's /tokenize cannot be read: update it") from None


def _token(entry: dict[str, Any]) -> Token:
    return Token(
        str(entry["token"]),
        float(entry["logprob"]),
        tuple(str(each["token"]) for each in entry.get("top_logprobs", ())),
    )


def _usage(event: dict[str, Any]) -> Usage:
    timings = event.get("timings") or {}
    return Usage(
        prompt_tokens=int(event.get("tokens_evaluated", 0)),
        reused_tokens=int(timings.get("cache_n", 0)),
        generated_tokens=int(event.get("tokens_predicted", 0)),
        prefill_ms=float(timings.get("prompt_ms", 0.0)),
    )
