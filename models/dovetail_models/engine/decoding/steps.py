"""Compute the logits after each chosen token with as few evaluations as possible.

Likely next tokens are evaluated together with the chosen one, since a batch costs less than its tokens one by one.
Wrong guesses are removed, so the text is the same as in plain decoding.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.decoding.draft_length import DraftLengthPolicy
from dovetail_models.engine.decoding.prompt_lookup import NO_DRAFT, PromptLookup
from dovetail_models.engine.kv.cache import CachedSequence

Logits = npt.NDArray[np.float32]


class Steps:
    """The logits after a prompt, then after each chosen token.

    `logits` returns a row of the last evaluation. `guesses` are tokens that have already been evaluated after the
    prompt: row 0 belongs to the prompt's last token, the other rows to the guesses. Without `drafts` and `policy`
    nothing else is guessed. `clock` returns seconds.
    """

    def __init__(
        self,
        sequence: CachedSequence,
        logits: Callable[[int], Logits],
        interrupted: Callable[[], bool],
        clock: Callable[[], float],
        guesses: tuple[int, ...] = (),
        drafts: PromptLookup | None = None,
        policy: DraftLengthPolicy | None = None,
    ) -> None:
        self.drafted = 0
        self.accepted = 0
        self._sequence = sequence
        self._logits = logits
        self._interrupted = interrupted
        self._clock = clock
        self._guesses = guesses
        self._row = 0
        self._drafts = drafts
        self._draft_policy = policy
        self._draft = NO_DRAFT
        """The last draft, whether it was tried or not. Either way, the text shows how much of it was right."""

    def logits(self) -> Logits:
        """Return what the next token is chosen from: a view that holds until the next step."""
        return self._logits(self._row)

    def advance(self, token: int, most: int) -> bool:
        """`token` has been chosen, and at most `most` more will be: return the logits after it.

        False if there are none to be had: the completion has been interrupted, or the window is full.
        """
        self._judge(token)
        if self._row < len(self._guesses) and self._guesses[self._row] == token:
            self._row += 1
            self.accepted += bool(self._draft.tokens)
            return True
        self._sequence.drop(len(self._guesses) - self._row)
        room = min(most, self._sequence.room)
        if not room:
            return False
        self._guesses, self._row = self._guess(room - 1), 0
        self.drafted += len(self._guesses)
        started = self._clock()
        batch = [token, *self._guesses]
        if not self._sequence.extend(batch, self._interrupted, len(batch)):
            return False
        if self._draft_policy is not None:
            self._draft_policy.note_batch(len(batch), (self._clock() - started) * 1000)
        return True

    def _judge(self, token: int) -> None:
        """Learn from what was drafted for this place."""
        if self._drafts is None or self._draft_policy is None:
            return
        self._drafts.add(token)
        if self._row < max(1, len(self._guesses)) and self._row < len(self._draft.tokens):
            self._draft_policy.note_guess(self._draft.kinds[self._row], self._draft.tokens[self._row] == token)

    def _guess(self, room: int) -> tuple[int, ...]:
        self._draft = NO_DRAFT
        if self._drafts is None or self._draft_policy is None or not self._draft_policy.worth_drafting:
            return ()
        self._draft = self._drafts.propose()
        available = min(len(self._draft.tokens), room, self._sequence.batch - 1)
        return self._draft.tokens[: self._draft_policy.length(self._draft.kinds[:available])]
