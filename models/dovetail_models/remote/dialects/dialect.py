"""What the two protocols have in common: the values that pass between a server's dialect and the engine."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.connection import BeforeSending
from dovetail_models.remote.prompt import RemotePrompt

MAX_STOPS = 4
"""Stop strings in a request: OpenAI-compatible servers, vLLM among them, take no more."""

SPELLING_CHOICES = 32
"""Likely tokens to look at where a token has to spell something: its probability is that among those that can."""

ServerStop = Literal["", "eos", "length"]
"""Why the server ended the text; "" while it goes on. A stop string counts as "eos"."""


@dataclass(frozen=True, slots=True)
class ServerModel:
    """The model that a server runs.

    `n_ctx` is its window in tokens, 0 if the server does not report it. `heals` is whether the server can make a text
    begin with given characters. `has_logprobs` is whether it reports probabilities.
    """

    name: str
    dialect: str
    n_ctx: int
    heals: bool
    has_logprobs: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """The parameters of a request besides the prompt. `alternatives` is the number of other first tokens to return."""

    max_tokens: int
    stop: tuple[str, ...]
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """A generated token as text, its natural-log probability, and the likeliest ones in its place with theirs."""

    text: str
    logprob: float
    likeliest: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a completion has cost so far, as far as the server reports it. Zero: not reported."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0
    prefill_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer. `usage_follows` is true for the last part if the usage may come after it."""

    text: str
    tokens: tuple[Token, ...] = ()
    stop: ServerStop = ""
    usage: Usage = Usage()
    usage_follows: bool = False


class ServerDialect(Protocol):
    """One server, in its own protocol. All but `describe` needs a `describe` before."""

    async def describe(self) -> ServerModel:
        """Find out what the server runs. No text of the user's is sent. Raises RemoteFault."""
        ...

    async def prompt(self, parts: PromptParts, room: int, before_sending: BeforeSending | None) -> RemotePrompt:
        """Build a prompt of at most `room` tokens. `before_sending` is awaited if text leaves for that. Raises
        RemoteFault, fit.PromptTooLong."""
        ...

    def request(self, prompt: RemotePrompt, ask: Ask) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of a request."""
        ...

    def piece(self, event: dict[str, Any]) -> Piece:
        """Read an event. Raises RemoteFault if it is malformed."""
        ...

    def was_answered(self, prompt: RemotePrompt, tokens: int) -> None:
        """Record that a prompt was answered and that it took `tokens` tokens (0: not reported)."""
        ...

    def was_too_long(self) -> bool:
        """Record that a prompt did not fit. Return whether the next one will be shorter."""
        ...

    def was_cut(self) -> None:
        """Record that an answer broke off."""
        ...

    def was_not_healed(self) -> None:
        """Record that the server did not begin its answer with the required characters."""
        ...


def stops(wanted: tuple[str, ...], ends: tuple[str, ...]) -> list[str]:
    """Return the stop strings to send, at most `MAX_STOPS`: what the caller wants comes first."""
    return [string for string in dict.fromkeys((*wanted, *ends)) if string][:MAX_STOPS]
