"""The calibrations that hold in a running server, read again when their file changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dovetail.completion.tuning import ModelTunings, Tuning
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibrations,
    CalibrationsError,
    calibrations_path,
    identity_of,
    read_calibrations,
)
from dovetail_context.api import language_for

LOOK_AGAIN_S = 2.0
"""Seconds between two looks at the file."""


@dataclass(slots=True)
class CurrentCalibrations:
    """The calibrations that hold in a running server. For the event loop."""

    on_change: Callable[[], None]
    """Called when others hold than before."""
    path: Path = field(default_factory=calibrations_path)
    """Where they are kept."""
    look_again_s: float = LOOK_AGAIN_S
    """Seconds between two looks at the file."""
    _known: Calibrations = field(default_factory=Calibrations)
    _stamp: tuple[int, ...] = ()
    _looked_at: float = float("-inf")

    def tunings(self, path: str, language: str = "") -> ModelTunings:
        """Return the tunings of all calibrated models for a file, whose language is `language` or the path's."""
        self._look()
        known = language_for(path, language)
        return tunings_of(self._known, known.name.casefold() if known else ALL_LANGUAGES)

    def _look(self) -> None:
        """Read the file again if it has changed; one that is damaged changes nothing, and `doctor` reports it."""
        now = time.monotonic()
        if now - self._looked_at < self.look_again_s:
            return
        self._looked_at = now
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = read_calibrations(self.path)
        except CalibrationsError:
            return
        self.on_change()


def tunings_of(known: Calibrations, language: str) -> ModelTunings:
    """Return what was calibrated for a language, by model: its own threshold, else that of all languages."""
    found: dict[str, Tuning] = {}
    for wanted in (ALL_LANGUAGES, language):
        found |= {identity_of(each): Tuning(each.threshold) for each in known.thresholds if each.language == wanted}
    for choice in known.prompts:
        threshold = found.get(identity_of(choice), Tuning()).threshold
        found[identity_of(choice)] = Tuning(threshold, choice.layout, choice.context_tokens)
    return ModelTunings(tuple(found.items()))


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
