"""Derive what becomes of a suggestion from the changes of the document that shows it: pure.

Few editors report what their users do with ghost text, so this module derives it from the changes. A change that
continues the suggestion is typing if one key can produce it, and accepting if it is more. A suggestion ends when the
user types something else, when another one appears, or with its document. Later changes show how much of the accepted
text is still there after a while. Where an editor does report an accept (`reported_accept`), its report decides.

All offsets count code points of the document as it is at that moment. `now` is in seconds, on any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rapidfuzz.distance import Indel

from dovetail.completion.values import CLOSERS
from dovetail.text.changes import Change, common_length

# What is gone sooner nobody has read: about the time that a person takes to react to what appears on a screen.
SEEN_S = 0.25
# When it is looked how much of the accepted text is still there.
KEPT_AFTER_S = (30, 300)
# What editors insert when one key is pressed, besides white space: brackets and quotes with their other half.
_PAIRS = frozenset(("()", "[]", "{}", '""', "''", "``", "<>"))
# A formatter replaces whole texts by nearly the same; longer ones are not compared, for the time it would take.
_MAX_COMPARED = 20_000
# Shorter runs of equal characters are chance, when a text is replaced by another.
_LEAST_EQUAL = 3

How = Literal["whole", "part", "typed", "rejected", "unseen"]
"""How a suggestion ended. whole: all of it is in the document, and not by typing alone. part: some of it was accepted.
typed: all of it was typed. rejected: neither. unseen: gone before anyone could read it.
"""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text`, with the document's own line ends, shown at `offset` in place of `replaced`, the text right of it.

    `name` distinguishes it from other suggestions.
    """

    name: str
    offset: int
    text: str
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a suggestion ended, how many characters of it were accepted and how many typed."""

    name: str
    how: How
    accepted: int
    typed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """`kept` of the `accepted` characters of a suggestion are still there `after_s` seconds later."""

    name: str
    after_s: int
    kept: int
    accepted: int


Event = Outcome | Kept


@dataclass(frozen=True, slots=True)
class Showing:
    """A suggestion on the screen: the document already contains the first `present` characters of its text.

    `accepted` are the spans of its text that the user accepted, the last of them `at`. `item` is where the newest item
    begins in the text. `reported` is how far the editor reports the user accepted it. `others` are the alternatives
    that the user may choose instead.
    """

    suggestion: Suggestion
    since: float
    others: tuple[Suggestion, ...] = ()
    present: int = 0
    item: int = 0
    accepted: tuple[Span, ...] = ()
    reported: int = 0
    at: float = 0.0
    seen: bool = False

    @property
    def start(self) -> int:
        return self.suggestion.offset

    @property
    def cursor(self) -> int:
        return self.suggestion.offset + self.present

    @property
    def rest(self) -> Suggestion:
        """What of it is not in the document yet, as a suggestion at the cursor."""
        return replace(self.suggestion, offset=self.cursor, text=self.suggestion.text[self.present :])


@dataclass(frozen=True, slots=True)
class Taken:
    """Accepted text in the document: the spans that are left of it, and when to check them next."""

    name: str
    spans: tuple[Span, ...]
    length: int
    at: float
    due: tuple[int, ...] = KEPT_AFTER_S


@dataclass(frozen=True, slots=True)
class Following:
    """All that is followed in one document."""

    showing: Showing | None = None
    taken: tuple[Taken, ...] = ()


Step = tuple[Following, tuple[Event, ...]]


def shown(following: Following, suggestions: tuple[Suggestion, ...], now: float) -> Step:
    """Record an answer of one or more suggestions. The rest of the one on the screen is not a new suggestion."""
    first, showing = suggestions[0], following.showing
    if showing is not None and _goes_on(showing, first):
        text = showing.suggestion.text[: showing.present] + first.text
        suggestion = replace(showing.suggestion, text=text, replaced=first.replaced)
        accepted = _accepted(showing)
        newer = replace(showing, suggestion=suggestion, item=showing.present, accepted=accepted, reported=0)
        return replace(following, showing=newer), ()
    following, events = ended(following, now)
    return replace(following, showing=Showing(first, now, suggestions[1:])), events


def changed(following: Following, before: str, change: Change, now: float, reports: bool = False) -> Step:
    """Apply a change of the document, whose text is `before` until now.

    `reports` says whether the editor itself reports what the user accepted.
    """
    events: tuple[Event, ...] = ()
    showing = following.showing
    if showing is not None:
        showing = _advanced(showing, before, change, now, reports)
        if showing is None:
            following, events = ended(following, now)
    following, due = _looked_at(following, now)
    taken = tuple(replace(one, spans=_moved(one.spans, before, change)) for one in following.taken)
    return Following(showing, taken), events + due


def reported_accept(following: Following, name: str, now: float, length: int | None = None) -> Following:
    """Record a reported accept: the first `length` characters of the item of that name, or all of it."""
    showing = _named(following, name)
    if showing is None:
        return following
    end = len(showing.suggestion.text) if length is None else showing.item + length
    return replace(following, showing=replace(showing, reported=max(showing.reported, end), at=now, seen=True))


def seen(following: Following, name: str) -> Following:
    """Record the editor's report that it shows this suggestion."""
    showing = _named(following, name)
    return following if showing is None else replace(following, showing=replace(showing, seen=True))


def ended(following: Following, now: float) -> Step:
    """End the suggestion on the screen, and follow its accepted text from here on."""
    showing = following.showing
    if showing is None:
        return following, ()
    spans = _accepted(showing)
    accepted = sum(end - start for start, end in spans)
    name, taken = showing.suggestion.name, following.taken
    if accepted:
        in_document = tuple((showing.start + start, showing.start + end) for start, end in spans)
        taken = (*taken, Taken(name, in_document, accepted, showing.at))
    outcome = Outcome(name, _how(showing, accepted, now), accepted, max(showing.present - accepted, 0))
    return Following(None, taken), (outcome,)


def closed(following: Following, now: float) -> tuple[Event, ...]:
    """Return the events that are certain when the document closes. Nothing is known of what is not due yet."""
    following, events = ended(following, now)
    return events + _looked_at(following, now)[1]


def _named(following: Following, name: str) -> Showing | None:
    """Return what is on the screen, turned to the suggestion of this name; None if that is not among them."""
    showing = following.showing
    if showing is None or name == showing.suggestion.name:
        return showing
    named = next((one for one in showing.others if one.name == name), None)
    others = (showing.suggestion, *(one for one in showing.others if one is not named))
    return None if named is None else replace(showing, suggestion=named, others=others)


def _accepted(showing: Showing) -> tuple[Span, ...]:
    return _merged((*showing.accepted, (showing.item, min(showing.reported, showing.present))))


def _goes_on(showing: Showing, newer: Suggestion) -> bool:
    rest = showing.suggestion.text[showing.present :]
    return (
        newer.offset == showing.cursor and bool(rest) and (newer.text.startswith(rest) or rest.startswith(newer.text))
    )


def _how(showing: Showing, accepted: int, now: float) -> How:
    rest = showing.suggestion.text[showing.present :]
    # Editors that report the smallest change leave an end alone that was there before.
    is_whole = showing.present > 0 and showing.suggestion.replaced.endswith(rest)
    if accepted:
        return "whole" if is_whole else "part"
    if is_whole:
        return "typed"
    return "rejected" if showing.seen or showing.present or now - showing.since >= SEEN_S else "unseen"


def _advanced(showing: Showing, before: str, change: Change, now: float, reports: bool) -> Showing | None:
    """Return the suggestion after a change: moved, or more or less of it in the document; None if it has ended."""
    if change.end < showing.start:
        shift = len(change.text) - (change.end - change.start)
        return replace(showing, suggestion=replace(showing.suggestion, offset=showing.start + shift))
    whole, change = change, _brought_to(showing.cursor, before, _without_common_start(before, change))
    if change.start > showing.cursor or (change.start == showing.cursor and not change.text):
        return showing  # something right of the cursor, such as a bracket that closes by itself
    if change.start < showing.start:
        return None
    for suggestion in (showing.suggestion, *(showing.others if not showing.present else ())):
        here = replace(showing, suggestion=suggestion)
        reached = _reached(here, change)
        if reached is None:
            continue
        length, closed_by_itself = reached
        if closed_by_itself:
            here = replace(here, suggestion=replace(suggestion, replaced=closed_by_itself))
        if length <= here.present:  # deleted back into the suggestion: it is offered again, if it was only typed
            return None if showing.accepted or showing.reported else replace(here, present=length)
        # What replaces text left of the cursor was chosen from a menu of the editor.
        if reports or _is_one_key(change.text) or whole.start < showing.cursor:
            return replace(here, present=length, others=())
        span = (showing.present, length)
        return replace(here, present=length, others=(), accepted=_merged((*showing.accepted, span)), at=now)
    return None


def _reached(showing: Showing, change: Change) -> tuple[int, str] | None:
    """Return how much of the suggestion the document contains after a change, and the auto-closed brackets after that.

    Return None if something else is there.
    """
    text, present = showing.suggestion.text, showing.present
    left = text[: change.start - showing.start]
    segment = left + change.text + text[min(change.end - showing.start, present) : present]
    length = common_length(text, segment)
    rest = segment[length:]
    if length > present and CLOSERS.issuperset(rest):
        return length, rest
    return (length, "") if not rest and not change.text else None


def _without_common_start(before: str, change: Change) -> Change:
    same = common_length(before[change.start : change.end], change.text)
    return Change(change.start + same, change.end, change.text[same:])


def _brought_to(cursor: int, before: str, change: Change) -> Change:
    """Return the same insertion, moved to start at the cursor.

    Where the text repeats itself, an editor may report the insertion further right.
    """
    between = before[cursor : change.start] if change.start - cursor <= len(change.text) else ""
    if change.start != change.end or not between or not change.text.endswith(between):
        return change
    return Change(cursor, cursor, between + change.text[: len(change.text) - len(between)])


def _is_one_key(text: str) -> bool:
    return len(text) == 1 or text in _PAIRS or not text.strip()


def _merged(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _looked_at(following: Following, now: float) -> Step:
    """Check what is due. The text is as it was when it became due: every change checks first."""
    events: list[Event] = []
    waiting: list[Taken] = []
    for one in following.taken:
        kept = sum(end - start for start, end in one.spans)
        events.extend(Kept(one.name, after, kept, one.length) for after in one.due if now - one.at >= after)
        due = tuple(after for after in one.due if now - one.at < after)
        if due:
            waiting.append(replace(one, due=due))
    return replace(following, taken=tuple(waiting)), tuple(events)


def _moved(spans: tuple[Span, ...], before: str, change: Change) -> tuple[Span, ...]:
    """Return the positions of what is left of the spans after a change."""
    shift = len(change.text) - (change.end - change.start)
    moved: list[Span] = []
    for start, end in spans:
        moved.append((start, min(end, change.start)))
        moved.append((max(start, change.end) + shift, end + shift))
        if start < change.end and change.start < end:
            for block, length, target in _equal(before[change.start : change.end], change.text):
                first, last = max(start, change.start + block), min(end, change.start + block + length)
                offset = change.start + target - (change.start + block)
                moved.append((first + offset, last + offset))
    return _merged(tuple(moved))


def _equal(old: str, new: str) -> list[tuple[int, int, int]]:
    """Runs of characters that two texts share, in order: start in the old, length, start in the new."""
    if not old or not new or len(old) + len(new) > _MAX_COMPARED:
        return []
    return [
        (step.src_start, length, step.dest_start)
        for step in Indel.opcodes(old, new)
        if step.tag == "equal" and (length := step.src_end - step.src_start) >= _LEAST_EQUAL
    ]
