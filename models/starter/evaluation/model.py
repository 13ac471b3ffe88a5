"""The GGUF file under test, by llama.cpp alone: tokens, logits, and what a text costs after a prompt in bits."""

import math
import re
from pathlib import Path

import numpy as np
from llama_cpp import Llama

MICRO_BATCH = 256
END_MARKER = "<｜fim▁end｜>"
# Where a marker that a text spells is cut: llama.cpp takes a whole one for a special token. Pre-tokenization cuts
# before the letter, too, so the tokens are those that the text would have without the marker in the vocabulary.
_INSIDE_MARKER = re.compile(r"(?<=<[|｜])(?=[^\W\d_])")


class StarterModel:
    """A model file with one context."""

    def __init__(self, path: Path, window: int = 0, threads: int = 1) -> None:
        """`window` 0 is the window that the model was trained for."""
        self._llama = Llama(
            str(path), n_ctx=window, n_batch=MICRO_BATCH, n_threads=threads, logits_all=True, verbose=False
        )
        self.window = self._llama.n_ctx()

    @property
    def plain_vocabulary(self) -> int:
        """How many ids are plain text: all below the first special token."""
        bos = self._llama.token_bos()
        if bos < 0:
            raise ValueError("the vocabulary has no beginning-of-text token: not a DeepSeek-format model")
        return bos

    def tokens(self, text: str) -> list[int]:
        """Ids of plain text, whatever markers it spells."""
        pieces = (piece.encode() for piece in _INSIDE_MARKER.split(text) if piece)
        return [token for piece in pieces for token in self._llama.tokenize(piece, add_bos=False, special=False)]

    def piece(self, token: int) -> bytes:
        """The bytes of a token."""
        return self._llama.detokenize([token])

    def logits(self, ids: list[int]) -> np.ndarray:
        """After each of the ids, from an empty cache: shape (ids, vocabulary)."""
        self._llama.reset()
        return self._evaluate(ids)

    def truth_bits(self, prompt: str, forced: str, truth: str) -> float | None:
        """What the truth would cost after a prompt of the product; None where it does not fit the window.

        `forced` is what the prompt has after its last marker. The product leaves its last bytes out, for the engine to
        spell again (token healing): they are put back, so that only the truth is counted.
        """
        written = prompt.rpartition(END_MARKER)[2]
        if not forced.startswith(written):
            raise ValueError(f"the prompt ends with {written!r}, not with a beginning of {forced!r}")
        whole = prompt + forced[len(written) :]
        return self._cost(self._llama.tokenize(whole.encode(), add_bos=False, special=True), truth)

    def _cost(self, prompt: list[int], text: str) -> float | None:
        truth = self.tokens(text)
        if len(prompt) + len(truth) > self.window:
            return None
        self._llama.reset()
        rows = np.concatenate((self._evaluate(prompt)[-1:], self._evaluate(truth)[:-1])).astype(np.float64)
        highest = rows.max(axis=1)
        totals = highest + np.log(np.exp(rows - highest[:, None]).sum(axis=1))
        return float((totals - rows[np.arange(len(truth)), truth]).sum() / math.log(2))

    def _evaluate(self, ids: list[int]) -> np.ndarray:
        """Go on with these ids; logits after each of them: shape (ids, vocabulary)."""
        before = self._llama.n_tokens
        self._llama.eval(ids)
        return self._llama.scores[before : before + len(ids)].copy()
