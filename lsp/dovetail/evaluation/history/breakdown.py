"""What the figures of a history are made of: by the kind of context that the model saw, rules among them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dovetail.evaluation.answer import Outcome
from dovetail.evaluation.rejected import REJECTED
from dovetail.evaluation.summary import means, shown_name
from dovetail.evaluation.task import DELETED

KINDS = {
    "signature": "with signatures of other files",
    "outline": "with outlines of other files",
    "lines": "with similar lines of other files",
    "pinned": "with a pin of the rules",
    "note": "with a note of the rules",
}
"""The kinds of context pieces, and what to call tasks that had one."""
QUIET = {
    "finished": "at the end of a line",
    "prose": "in a comment or a long text",
    DELETED: "in a line that is being deleted",
    REJECTED: "after a rejected suggestion",
}
"""The scenarios in which silence is right, and what to call them."""


def breakdown(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each kind of context, and the characters saved."""
    asked = [outcome for outcome in outcomes if not outcome.task.quiet]
    wanted = sum(_characters(outcome.task.truth) for outcome in asked)
    saved = sum((outcome.scores.get("characters_saved") or 0) * _characters(outcome.task.truth) for outcome in asked)
    if any("characters_saved" in outcome.scores for outcome in asked):
        yield f"characters saved: {saved:.0f} of {wanted}"
    for kind, scores in silence(outcomes):
        yield f"silence {QUIET[kind]} ({len(scores)} places): {sum(scores):.0f} without a wrong suggestion"
    groups: list[tuple[str, Callable[[set[str]], bool]]] = [
        (title, lambda kinds, kind=kind: kind in kinds)  # type: ignore[misc]
        for kind, title in KINDS.items()
    ]
    for title, belongs in (*groups, ("without any other file", lambda kinds: not kinds)):
        some = [outcome for outcome in asked if belongs({str(each["kind"]) for each in outcome.answer.context})]
        if some:
            figures = ", ".join(
                f"{shown_name(name)} {mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"
                for name, mean in means(some).items()
            )
            yield f"{title} ({len(some)} tasks): {figures}" if figures else f"{title}: {len(some)} tasks"


def silence(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[float]]]:
    """Yield each scenario in which silence is right, with the scores of its places, if it has any."""
    for kind in QUIET:
        scores = [outcome.scores.get("silence") for outcome in outcomes if outcome.task.quiet == kind]
        known = [score for score in scores if score is not None]
        if known:
            yield kind, known


def _characters(text: str) -> int:
    return sum(1 for character in text if not character.isspace())
