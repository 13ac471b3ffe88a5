"""What was calibrated for a model: how sure it must be, its prompt's layout, how much it is shown. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dovetail.completion.postprocessing.confidence import SHIPPED, Threshold

Layout = Literal["frozen", "plain"]
"""Where the typed text is in a prompt.

frozen: prefix and suffix are those of the anchor, and the typed text follows the last marker, so that a keystroke costs
only its own tokens. plain: the prefix reaches up to the cursor, so that a keystroke costs the suffix, too.
"""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How one model is asked, and what of its answers is shown, in one language."""

    threshold: Threshold = SHIPPED
    """What a suggestion must promise to be shown unasked."""
    layout: Layout = "frozen"
    """Where the typed text is. A model whose format puts the suffix first is always asked the plain way."""
    context_tokens: int | None = None
    """The most tokens of other files, where that is less than the settings and the window allow; None adds no limit."""


@dataclass(frozen=True, slots=True)
class ModelTunings:
    """The tunings of some models for one language."""

    by_model: tuple[tuple[str, Tuning], ...] = ()
    """Pairs of a model's key and its tuning. Calibrations that are older than keys have the model's name instead."""
    default: Tuning = field(default_factory=Tuning)
    """For a model that was not calibrated."""

    def of(self, name: str, key: str) -> Tuning:
        """Return the tuning of a model by its key, or by its name where only that was kept."""
        known = dict(self.by_model)
        return known.get(key, known.get(name, self.default))
