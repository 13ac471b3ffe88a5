"""From candidates to the first wheel that an index has for this Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from dovetail_models.backend.choice import Candidate
from dovetail_models.backend.wheels.wheel import PROJECT, Link, Wheel, newest, pick


@dataclass(frozen=True, slots=True)
class Found:
    """What the index has for a machine."""

    candidate: Candidate | None
    """The first candidate that has a wheel; None if none has."""

    wheel: Wheel | None
    """Its newest wheel of the allowed versions."""

    misses: tuple[str, ...]
    """Why better candidates were passed over, a line each."""


def find_wheel(
    candidates: Sequence[Candidate],
    allowed: SpecifierSet,
    tags: Sequence[Tag],
    read: Callable[[str], tuple[Link, ...]],
) -> Found:
    """Return the first candidate with a wheel; `read` gives the links of a tag."""
    misses: list[str] = []
    for candidate in candidates:
        links = read(candidate.tag)
        wheel = pick(links, allowed, tags)
        if wheel is not None:
            return Found(candidate, wheel, tuple(misses))
        best = newest(links, tags)
        there = f"the newest is {best}" if best else "it has none for this system"
        misses.append(f"the index has no {PROJECT}{allowed} under {candidate.tag} ({there})")
    return Found(None, None, tuple(misses))
