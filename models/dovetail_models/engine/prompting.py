"""From the parts of a job to the tokens of a prompt: laid out, tokenized, cut to the window, its typed end healed.

Knows layouts and tokens; nothing of the KV cache or of decoding.
"""

from dataclasses import dataclass

from dovetail_models.engine.healing import Healing, PieceIndex, heal
from dovetail_models.engine.tokenize import Tokenizer
from dovetail_models.prompt.deepseek import segments
from dovetail_models.prompt.fit import Block, Cut, fit
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import CONTEXT_LABEL, FORCED_LABEL, PREFIX_LABEL, SUFFIX_LABEL


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits the window, as tokens.

    The last of `ids` are `guesses` at what the model would choose to spell `pending`, the end of the typed text.
    `quotable` are token runs of which the completion may repeat a part, the nearest last; `text` is the text before the
    cursor up to `pending`. Both are whole, even where the prompt has been cut. The first `frozen` of `ids` are before
    what was typed behind the anchor.
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
    """Makes prompts of at most so many tokens. The guesses and the token before them fit into one micro-batch."""

    def __init__(self, tokenizer: Tokenizer, pieces: PieceIndex, micro_batch: int) -> None:
        self._tokenizer = tokenizer
        self._pieces = pieces
        self._micro_batch = micro_batch

    def prompt(self, parts: PromptParts, room: int) -> Prompt:
        """Raises PromptTooLong."""
        blocks = self._tokenizer.blocks(segments(parts))
        fitted = fit(blocks, room, self._tokenizer.line_ends.__contains__)
        ids = tuple(token for block in fitted.blocks for token in block.ids)
        last = fitted.blocks[-1]
        # What stands before the typed text is kept as it is.
        healing = heal(last.ids, self._tokenizer.piece, self._pieces) if last.label == FORCED_LABEL else Healing(0, b"")
        safe = len(ids) - healing.backed
        ids = ids[: safe + self._micro_batch - 1]
        typed = _ids(blocks, FORCED_LABEL)
        return Prompt(
            ids,
            ids[safe:],
            healing.pending,
            fitted.blocks,
            fitted.cut,
            tuple(block.ids for block in blocks if _is_quotable(block.label)),
            _ids(blocks, PREFIX_LABEL) + typed[: len(typed) - healing.backed],
            sum(len(block.ids) for block in fitted.blocks if block.label != FORCED_LABEL),
        )


def _ids(blocks: tuple[Block, ...], label: str) -> tuple[int, ...]:
    return next((block.ids for block in blocks if block.label == label), ())


def _is_quotable(label: str) -> bool:
    return label == SUFFIX_LABEL or label.startswith(CONTEXT_LABEL)
