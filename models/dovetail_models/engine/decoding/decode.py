"""Greedy decoding: one token after the other until a rule ends it.

Knows tokens, probabilities and stop rules; nothing of prompts, jobs or sockets.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.decoding.name_bias import NameBias
from dovetail_models.engine.decoding.steps import Logits, Steps
from dovetail_models.engine.decoding.stops import CompletionText
from dovetail_models.engine.job import TokenLogprob, tokens_within

OnText = Callable[[str, float], None]
"""Takes the safe text so far and the mean natural-log probability of the tokens until then."""
DecodeStop = Literal["eos", "line", "stop", "loop", "length", "interrupted"]


class Vocabulary(Protocol):
    """What decoding asks of a vocabulary."""

    def piece(self, token: int, special: bool = False) -> bytes: ...
    def ends_text(self, token: int) -> bool: ...
    def ordinary(self) -> npt.NDArray[np.int32]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Rules that end a completion: see `CompletionJob`. With `may_repeat` degenerate repetition does not end it."""

    max_tokens: int
    max_lines: int | None
    stop: tuple[str, ...]
    min_tokens: int = 0
    beginnings: int = 0
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """How a text begins.

    Its first tokens must spell `pending`, which is not part of the text. `allowed` returns the tokens that may come
    next for the bytes left of `pending`. `name_bias`, if there is one, applies to the text that follows.
    """

    pending: bytes = b""
    allowed: Callable[[bytes], npt.NDArray[np.int32]] | None = None
    name_bias: NameBias | None = None


@dataclass(frozen=True, slots=True)
class Generated:
    """Generated text, why it ended, how many tokens it took, their mean natural-log probability, the likeliest other
    beginnings, and the probability of each token."""

    text: str
    stop: DecodeStop
    tokens: int
    logprob: float | None
    beginnings: tuple[str, ...] = ()
    token_logprobs: tuple[TokenLogprob, ...] = ()


def generate(
    steps: Steps,
    vocabulary: Vocabulary,
    limits: Limits,
    interrupted: Callable[[], bool],
    on_text: OnText | None = None,
    opening: Opening = Opening(),
) -> Generated:
    """Decode greedily from the end of the prompt, where `steps` is.

    `on_text` is called whenever the safe text has grown. `interrupted` is asked before each token.
    Tokens that only spell what the text must begin with are not counted. A full window ends the text as `max_tokens`
    does. Degenerate repetition ends the text: the rest would not be shown.
    """
    text = CompletionText(limits.max_lines, limits.stop)
    shown = ""
    tokens = 0
    logprobs = 0.0
    pending, name_bias = opening.pending, opening.name_bias
    others: tuple[str, ...] = ()
    each: list[TokenLogprob] = []
    length = 0

    def generated(stop: DecodeStop) -> Generated:
        mean = logprobs / tokens if tokens else None
        return Generated(text.end, stop, tokens, mean, others, tokens_within(each, len(text.end)))

    while tokens < limits.max_tokens:
        if interrupted():
            return generated("interrupted")
        allowed = opening.allowed(pending) if pending and opening.allowed else None
        logits = name_bias.apply(steps.logits()) if name_bias else steps.logits()
        token, logprob = most_likely(logits, allowed)
        if tokens < limits.min_tokens and vocabulary.ends_text(token):
            token, logprob = most_likely(logits, vocabulary.ordinary())
        if vocabulary.ends_text(token):
            return generated("eos")
        piece = vocabulary.piece(token)
        if name_bias:
            name_bias.add(piece)
            name_bias = None if name_bias.is_over else name_bias
        if new := piece[len(pending) :]:
            if not tokens and limits.beginnings:
                others = _other_beginnings(logits, vocabulary, token, pending, limits.beginnings)
            tokens += 1
            logprobs += logprob
            length += _code_points(new)
            each.append(TokenLogprob(length, logprob))
            stop = text.add(new)
            if on_text is not None and (safe := text.safe) != shown:
                shown = safe
                on_text(shown, logprobs / tokens)
            if stop is not None:
                return generated(stop)
            if tokens > limits.min_tokens and not limits.may_repeat and text.goes_round:
                return generated("loop")
        pending = pending[len(piece) :]
        left = limits.max_tokens - tokens
        if left and not steps.advance(token, left):
            return generated("interrupted" if interrupted() else "length")
    return generated("length")


def most_likely(logits: Logits, allowed: npt.NDArray[np.int32] | None = None) -> tuple[int, float]:
    """Return the most likely token, of the `allowed` ones if they are given, and its natural-log probability among
    them."""
    if allowed is not None:
        index, logprob = most_likely(logits[allowed])
        return int(allowed[index]), logprob
    token = int(np.argmax(logits))
    return token, -math.log(float(np.exp(logits - logits[token]).sum()))


def _code_points(piece: bytes) -> int:
    """Return the number of code points that begin in some bytes of UTF-8."""
    return len(piece) if piece.isascii() else sum(byte & 0xC0 != 0x80 for byte in piece)


def _other_beginnings(
    logits: Logits, vocabulary: Vocabulary, chosen: int, pending: bytes, wanted: int
) -> tuple[str, ...]:
    """Return the likeliest alternatives to the chosen token that begin the text differently, as text after
    `pending`."""
    ordinary = vocabulary.ordinary()
    likeliest = ordinary[np.argsort(logits[ordinary])[::-1][: 8 * wanted]]
    taken = [vocabulary.piece(chosen)]
    for token in likeliest.tolist():
        piece = vocabulary.piece(token)
        fits = piece.startswith(pending) and piece[len(pending) :].strip() and _is_text(piece)
        if fits and not any(piece.startswith(one) or one.startswith(piece) for one in taken):
            taken.append(piece)
    return tuple(piece[len(pending) :].decode() for piece in taken[1 : wanted + 1])


def _is_text(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True
