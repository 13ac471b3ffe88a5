"""Where the user was just at work."""

from __future__ import annotations

from pathlib import Path

from dovetail.session.recent import MAX_PLACES, RecentPlaces
from dovetail.text.document import Edit, Position
from dovetail_context.query import RecentPlace

ROOT = Path("project")


def typed(line: int, text: str = "x") -> list[Edit]:
    return [Edit(text, Position(line, 0), Position(line, 0))]


def test_edits_near_one_another_are_one_place() -> None:
    recent = RecentPlaces()
    recent.edited(ROOT, "a.py", typed(10), now=0.0)
    recent.edited(ROOT, "a.py", typed(12, "x\ny"), now=5.0)
    recent.edited(ROOT, "a.py", typed(200), now=6.0)
    assert recent.places(ROOT, "b.py", now=10.0) == (
        RecentPlace("a.py", 201, 201, "edited", 4.0),
        RecentPlace("a.py", 11, 14, "edited", 5.0),
    )


def test_the_file_at_hand_and_other_workspaces_do_not_count() -> None:
    recent = RecentPlaces()
    recent.edited(ROOT, "a.py", typed(1), now=0.0)
    assert recent.places(ROOT, "a.py", now=1.0) == ()
    assert recent.places(Path("other"), "b.py", now=1.0) == ()


def test_what_was_edited_stays_edited_when_it_is_looked_at() -> None:
    recent = RecentPlaces()
    recent.edited(ROOT, "a.py", typed(50), now=0.0)
    recent.viewed(ROOT, "a.py", 52, now=1.0)
    assert [place.kind for place in recent.places(ROOT, "b.py", now=2.0)] == ["edited"]


def test_places_are_few_and_age() -> None:
    recent = RecentPlaces()
    for number in range(100):
        recent.viewed(ROOT, f"{number}.py", 1, now=float(number))
    assert len(recent.places(ROOT, "b.py", now=100.0)) == MAX_PLACES
    assert recent.places(ROOT, "b.py", now=10_000.0) == ()
