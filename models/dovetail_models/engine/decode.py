"""Greedy decoding: one token after the other until a rule ends it.

Knows tokens, probabilities and stop rules; nothing of prompts, jobs or sockets.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.kv import CachedSequence
from dovetail_models.engine.stops import CompletionText

DecodeStop = Literal["eos", "line", "stop", "length", "interrupted"]


class Vocabulary(Protocol):
    """What decoding asks of a vocabulary."""

    def piece(self, token: int, special: bool = False) -> bytes: ...
    def ends_text(self, token: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Rules that end a completion: see `CompletionJob`."""

    max_tokens: int
    max_lines: int | None
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generated:
    """Generated text, why it ended, how many tokens it took, and their mean natural-log probability."""

    text: str
    stop: DecodeStop
    tokens: int
    logprob: float | None


def generate(
    sequence: CachedSequence,
    logits: Callable[[], npt.NDArray[np.float32]],
    vocabulary: Vocabulary,
    limits: Limits,
    interrupted: Callable[[], bool],
    on_text: Callable[[str], None] | None,
) -> Generated:
    """Decode greedily from a prompt whose last token has just been evaluated.

    `on_text` is called with the safe text so far whenever it has grown. `interrupted` is asked before each step.
    """
    text = CompletionText(limits.max_lines, limits.stop)
    shown = ""
    tokens = 0
    logprobs = 0.0

    def generated(stop: DecodeStop) -> Generated:
        return Generated(text.end, stop, tokens, logprobs / tokens if tokens else None)

    while tokens < limits.max_tokens:
        if interrupted():
            return generated("interrupted")
        token, logprob = most_likely(logits())
        if vocabulary.ends_text(token):
            return generated("eos")
        tokens += 1
        logprobs += logprob
        stop = text.add(vocabulary.piece(token))
        if on_text is not None and text.safe != shown:
            shown = text.safe
            on_text(shown)
        if stop is not None:
            return generated(stop)
        if tokens < limits.max_tokens and not sequence.extend([token], interrupted):
            return generated("interrupted")
    return generated("length")


def most_likely(logits: npt.NDArray[np.float32]) -> tuple[int, float]:
    """The most likely token and its natural-log probability."""
    token = int(np.argmax(logits))
    return token, -math.log(float(np.exp(logits - logits[token]).sum()))
