"""Turn the parts of a job into the tokens of a prompt: lay out, tokenize, cut to the window, and heal the typed end.

This module knows layouts and tokens, but not the KV cache or decoding.
"""

from dataclasses import dataclass

from dovetail_models.engine.decoding.healing import PieceIndex, heal
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.prompt.blocks import before_cursor
from dovetail_models.prompt.fit import Block, Cut, fit
from dovetail_models.prompt.formats.format import Format
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import CONTEXT_LABEL, FORCED_LABEL, PREFIX_LABEL, SUFFIX_LABEL
from dovetail_models.prompt.verbatim import VerbatimPrompt, fit_verbatim


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits the window, as tokens.

    The last of `ids` are `guesses` at what the model would choose to spell `pending`, the end of the text before the
    cursor.
    `quotable` are runs of tokens that the completion may repeat in part, the nearest last. `text` is the text before
    the cursor up to `pending`. Both are complete, even if the prompt has been cut. The first `frozen` of `ids` hold
    nothing that was typed since the anchor was frozen.
    """

    ids: tuple[int, ...]
    guesses: tuple[int, ...]
    pending: bytes
    blocks: tuple[Block, ...]
    cut: tuple[Cut, ...]
    quotable: tuple[tuple[int, ...], ...]
    text: tuple[int, ...]
    frozen: int


class Prompter:
    """Makes prompts that fit the window. The guesses and the token before them fit into one micro-batch."""

    def __init__(self, format: Format, tokenizer: Tokenizer, pieces: PieceIndex, micro_batch: int) -> None:
        self._format = format
        self._tokenizer = tokenizer
        self._pieces = pieces
        self._micro_batch = micro_batch

    def prompt(self, parts: PromptParts, room: int) -> Prompt:
        """Raises PromptTooLong."""
        blocks = self._tokenizer.blocks(self._format.lay_out(parts))
        fitted = fit(blocks, room, self._tokenizer.line_ends.__contains__)
        ids = tuple(token for block in fitted.blocks for token in block.ids)
        healed, end = before_cursor(fitted.blocks, self._format.frozen_anchor)
        healing = heal(healed, self._tokenizer.piece, self._pieces)
        safe = end - healing.backed
        # A marker after the cursor's text ends the prompt. The removed bytes follow it as the middle's beginning.
        ids = ids[:safe] + ids[end:] + ids[safe:end][: self._micro_batch - 1]
        before = _ids(blocks, PREFIX_LABEL) + _ids(blocks, FORCED_LABEL)
        return Prompt(
            ids,
            ids[len(ids) - min(healing.backed, self._micro_batch - 1) :] if healing.backed else (),
            healing.pending,
            fitted.blocks,
            fitted.cut,
            tuple(block.ids for block in blocks if _is_quotable(block.label)),
            before[: len(before) - healing.backed],
            min(_frozen(fitted.blocks), safe),
        )

    def verbatim(self, prompt: VerbatimPrompt, room: int) -> Prompt:
        """Return a prompt as its caller laid it out, with nothing to heal. Raises PromptTooLong, MissingToken."""
        fitted = fit_verbatim(prompt, self._tokenizer.tokens, self._tokenizer.special, room)
        ids = tuple(token for block in fitted.blocks for token in block.ids)
        return Prompt(ids, (), b"", fitted.blocks, fitted.cut, (), ids, len(ids))


def _frozen(blocks: tuple[Block, ...]) -> int:
    """Return how many tokens precede the typed text, which begins where the prefix ends if the suffix comes first."""
    frozen = 0
    for block in blocks:
        if block.label == FORCED_LABEL:
            break
        frozen += len(block.ids)
    return frozen


def _ids(blocks: tuple[Block, ...], label: str) -> tuple[int, ...]:
    return next((block.ids for block in blocks if block.label == label), ())


def _is_quotable(label: str) -> bool:
    return label == SUFFIX_LABEL or label.startswith(CONTEXT_LABEL)
