"""Whether to show a suggestion where the user has just rejected one: pure.

The text that was rejected is not shown again, and another one only if it promises more than it must elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from dovetail.completion.postprocessing.confidence import Threshold, is_enough
from dovetail.completion.preparation.restraint import Rejected

REPEATED = "you rejected this text in this line"
UNSURE = "you rejected a suggestion in this line, and the model is not sure enough to show another"


def withheld(left: str, text: str, gain: float | None, threshold: Threshold, rejected: Sequence[Rejected]) -> str:
    """Return why `text` is not shown after `left`, the cursor's line up to it; "" where it may be shown.

    `gain` is what was expected of the suggestion that `text` is from; None where no probability is known.
    """
    if not rejected or not text:
        return ""
    if any(each.is_repeated_by(left, text) for each in rejected):
        return REPEATED
    return "" if is_enough(gain, threshold, after_rejection=True) else UNSURE
