"""Logit bias: where the names that can come next are known, the model is biased towards them. Pure.

(Monitor-guided decoding, Agrawal et al. 2023, arXiv 2306.10763: after a dot, a small model hallucinates members; the
project knows which exist.) The model is not forced: what it is far surer of than of any of the names still comes.

Knows tokens and their bytes; nothing of prompts or the KV cache.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.decoding.healing import PieceIndex

BIAS = 4.0
"""Added to the logits of tokens that begin one of the names: another token must be some fifty times as likely."""

BIAS_WITHIN = 30.0
"""Added within a name that has begun: half of a known name is useless."""

Logits = npt.NDArray[np.float32]


def ends_of(size: int, ordinary: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the tokens of a vocabulary that end a text: all but the `ordinary` ones."""
    return np.setdiff1d(np.arange(size, dtype=np.int32), ordinary)


class NameBias:
    """Biases a text towards one of some names, up to the end of that name."""

    def __init__(self, pieces: PieceIndex, pending: bytes, names: Iterable[str], ends: npt.NDArray[np.int32]) -> None:
        """The text begins with `pending`, which is not written yet, and goes on with one of `names`. `ends` are the
        tokens that end a text."""
        self._pieces = pieces
        self._ends = ends
        self._unwritten = len(pending)
        self._left = {pending + name.encode("utf-8", "replace") for name in names}

    @property
    def is_over(self) -> bool:
        """Return whether the name has been written, or another one than any of these."""
        return not self._left

    def apply(self, logits: Logits) -> Logits:
        """Return a copy of `logits` in which tokens that continue one of the names are raised."""
        if self.is_over:
            return logits
        bias = BIAS_WITHIN if self._unwritten < 0 else BIAS
        raised = logits.copy()
        raised[self._pieces.spelling(self._left)] += bias
        if b"" in self._left:
            raised[self._ends] += bias
        return raised

    def add(self, piece: bytes) -> None:
        """A token has been chosen."""
        self._unwritten -= len(piece)
        self._left = {name[len(piece) :] for name in self._left if name.startswith(piece)}
