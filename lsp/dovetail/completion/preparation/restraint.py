"""What the user has just done at the cursor that asks for restraint: deleting code, or rejecting a suggestion. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejected:
    """A suggestion that the user did not want: typed against, deleted away or dismissed."""

    left: str
    """The line up to where the suggestion was shown."""
    text: str
    """What was shown there."""
    is_dismissed: bool = False
    """Whether the user dismissed it expressly, rather than typing something else."""

    def is_repeated_by(self, left: str, text: str) -> bool:
        """Return whether `text` after `left` is this suggestion, or at its place a part of it or more than it."""
        is_at_its_place = self.left.startswith(left)
        if is_at_its_place and _is_same(self.left + self.text, left + text):
            return True
        return self.text.strip() == text.strip()

    def is_taken_back(self, line: str) -> bool:
        """Return whether the line goes on as suggested: what was typed against it was a slip."""
        return line.startswith(self.left + self.text[:1]) and bool(self.text)


@dataclass(frozen=True, slots=True)
class Restraint:
    """What holds at the cursor's line until the user edits another one."""

    is_deleting: bool = False
    """Whether the newest edit deleted code, and nothing was typed since."""
    rejected: tuple[Rejected, ...] = ()
    """The suggestions rejected there."""


UNRESTRAINED = Restraint()
"""Where the user has just typed, and rejected nothing."""


def _is_same(one: str, other: str) -> bool:
    one, other = one.rstrip(), other.rstrip()
    return bool(one and other) and (one.startswith(other) or other.startswith(one))
