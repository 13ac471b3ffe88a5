"""When the user has paused suggestions: everywhere, in some languages, or for a while. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

# The longest snooze, in minutes: a day. Users who want more can pause.
LONGEST_SNOOZE = 24 * 60


@dataclass(frozen=True, slots=True)
class Pauses:
    """What is paused. `languages` are named as the editor names them; `snoozed_until` is in seconds of the system's
    clock (Unix time), None where nothing is snoozed."""

    everywhere: bool = False
    languages: frozenset[str] = frozenset()
    snoozed_until: float | None = None

    def covers(self, language: str, now: float) -> bool:
        """Return whether nothing is suggested in a language at a time."""
        is_snoozed = self.snoozed_until is not None and now < self.snoozed_until
        return self.everywhere or language in self.languages or is_snoozed

    def changed(
        self, now: float, paused: bool | None = None, language: str | None = None, minutes: float | None = None
    ) -> Pauses:
        """Return the pauses after a request of the user.

        It pauses or resumes everywhere or in one language, or snoozes for some minutes, 0 to wake up.
        """
        changed = self
        if paused is not None and language is None:
            changed = replace(changed, everywhere=paused)
        elif paused is not None and language is not None:
            languages = self.languages | {language} if paused else self.languages - {language}
            changed = replace(changed, languages=languages)
        if minutes is not None:
            until = now + 60 * min(minutes, LONGEST_SNOOZE) if minutes > 0 else None
            changed = replace(changed, snoozed_until=until)
        return changed

    def woken(self, now: float) -> Pauses:
        """Return the same without a snooze that is over."""
        is_over = self.snoozed_until is not None and self.snoozed_until <= now
        return replace(self, snoozed_until=None) if is_over else self
