"""The `recent` retriever: the current text of what the user just edited, looked at or copied in other files."""

from collections.abc import Iterable
from dataclasses import dataclass

from dovetail_context.query import RecentPlace, RetrieverName
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.excerpt import Excerpt, excerpt
from dovetail_context.retrieve.situation import Situation
from dovetail_context.retrieve.windows import likeness

# How often what comes next takes something from a place that was just ...
GAINS = {"yanked": 0.5, "edited": 0.35, "viewed": 0.12}
ACTIONS = {"yanked": "copied", "edited": "edited", "viewed": "looked at"}
HALF_LIFE_S = 600.0  # after ten minutes the user is mostly at something else
UNLIKE = 0.5  # what is left of the gain where no word is shared with the surroundings of the cursor
MAX_LINES = 24  # of one place; of longer ones the part most like the surroundings of the cursor
STEP_LINES = 6
MAX_STARTS = 100  # parts of a place that are compared; what is longer was pasted or written by a tool


@dataclass(frozen=True, slots=True)
class Recent:
    """See the module."""

    name: RetrieverName = "recent"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        for place in situation.query.recent:
            shown = _shown(place, situation) if place.path != situation.query.path else None
            if shown is not None:
                alike = likeness(shown.text, situation.rarities)
                freshness = 0.5 ** (max(place.age_s, 0.0) / HALF_LIFE_S)
                gain = GAINS[place.kind] * freshness * (UNLIKE + (1.0 - UNLIKE) * alike)
                reason = f"{ACTIONS[place.kind]} {_ago(place.age_s)}"
                yield Candidate(
                    place.path, shown.start_line, shown.end_line, shown.text, Evidence("recent", reason, gain)
                )


def _shown(place: RecentPlace, situation: Situation) -> Excerpt | None:
    """The place as it reads now; only files of the index are shown, for others may hold secrets."""
    record = situation.snapshot.files.get(place.path)
    if record is None:
        return None
    if place.text:
        lines = place.text.replace("\r\n", "\n").strip("\n").split("\n")[:MAX_LINES]
        return Excerpt(place.start_line, place.start_line + len(lines) - 1, "\n".join(lines)) if any(lines) else None
    last = max(place.start_line, place.end_line - MAX_LINES + 1)
    starts = range(place.start_line, min(last, place.start_line + MAX_STARTS * STEP_LINES) + 1, STEP_LINES)
    found = [excerpt(record, start, min(place.end_line, start + MAX_LINES - 1)) for start in starts]
    texts = [each for each in found if each is not None]
    return max(texts, key=lambda each: (likeness(each.text, situation.rarities), -each.start_line), default=None)


def _ago(seconds: float) -> str:
    return "just now" if seconds < 60 else f"{seconds / 60:.0f} min ago"
