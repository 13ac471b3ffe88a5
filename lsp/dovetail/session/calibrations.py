"""What `dovetail calibrate` found, in the user's state folder: thresholds by model and language, and the figures that
justify them. The server reads them again when the file changes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dovetail.completion.postprocessing.confidence import ModelThresholds, Thresholds
from dovetail.stats.store import STATE_VARIABLE
from dovetail.user_folders import user_folder
from dovetail_context.api import language_for

FORM = 1
"""The version of the file's form; a file of another one holds nothing that could be used."""
ALL_LANGUAGES = "*"
"""The language of thresholds for every language that has none of its own."""
LOOK_AGAIN_S = 2.0
"""Seconds between two looks at the file."""


class CalibrationsError(Exception):
    """The file cannot be read or written; one line that explains what to do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What thresholds show of the answers to some tasks."""

    tasks: int
    """The number of tasks."""
    shown: int
    """Suggestions that are shown."""
    right: int
    """Those of them that the author wrote, character for character."""
    saved: int
    """The characters in those, without white space."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of one model for one language, and why."""

    model: str
    """The model's name, as the engine reports it."""
    language: str
    """The language's name in lower case, or `ALL_LANGUAGES`."""
    thresholds: Thresholds
    """What holds now."""
    fitted: tuple[Shown, Shown]
    """The shipped thresholds, then these, on the tasks that these were fitted to."""
    held_out: tuple[Shown, Shown]
    """The same on later tasks, which took no part in the fit."""
    source: str
    """What was replayed: the name of a project or suite."""
    day: str
    """When, as YYYY-MM-DD."""


def calibrations_path() -> Path:
    """Return where calibrations are kept."""
    folder = os.environ.get(STATE_VARIABLE)
    return (Path(folder) if folder else user_folder("state")) / "calibrations.json"


def read_calibrations(path: Path) -> tuple[Calibration, ...]:
    """Return all calibrations; none where there is no file. Raises CalibrationsError for one that is damaged."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole["form"] != FORM:
            raise ValueError(f"form {whole['form']}, not {FORM}")
        return tuple(_calibration(each) for each in whole["calibrations"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise CalibrationsError(f"{path} cannot be read ({what}): delete it, and run `dovetail calibrate`") from None


def write_calibrations(path: Path, new: Sequence[Calibration]) -> None:
    """Keep calibrations beside those of other models; of a model that is calibrated again, the old ones go.

    The file is whole at any moment. Raises CalibrationsError.
    """
    models = {each.model for each in new}
    kept = [each for each in read_calibrations(path) if each.model not in models]
    whole = {"form": FORM, "calibrations": [dataclasses.asdict(each) for each in (*kept, *new)]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(whole, file, indent=1)
        Path(file.name).replace(path)
    except OSError as error:
        raise CalibrationsError(f"{path} cannot be written: {error.strerror}. Check the folder, and repeat.") from None


def forget_calibrations(path: Path) -> bool:
    """Delete all calibrations, so that the shipped thresholds hold. Return whether there were any."""
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


@dataclass(slots=True)
class CurrentCalibrations:
    """The calibrations that hold in a running server. For the event loop."""

    on_change: Callable[[], None]
    """Called when other thresholds hold than before."""
    path: Path = field(default_factory=calibrations_path)
    """Where they are kept."""
    look_again_s: float = LOOK_AGAIN_S
    """Seconds between two looks at the file."""
    _by_language: dict[str, ModelThresholds] = field(default_factory=dict)
    _stamp: tuple[int, ...] = ()
    _looked_at: float = float("-inf")

    def thresholds(self, path: str, language: str = "") -> ModelThresholds:
        """Return the thresholds of all calibrated models for a file, whose language is `language` or the path's."""
        self._look()
        if not self._by_language:
            return ModelThresholds()
        known = language_for(path, language)
        general = self._by_language.get(ALL_LANGUAGES, ModelThresholds())
        own = self._by_language.get(known.name.casefold(), ModelThresholds()) if known else ModelThresholds()
        return ModelThresholds((*general.calibrated, *own.calibrated))

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
            found = read_calibrations(self.path)
        except CalibrationsError:
            return
        self._by_language = {}
        for each in found:
            known = self._by_language.get(each.language, ModelThresholds())
            self._by_language[each.language] = ModelThresholds((*known.calibrated, (each.model, each.thresholds)))
        self.on_change()


def _calibration(values: dict[str, Any]) -> Calibration:
    thresholds = Thresholds(**values["thresholds"])
    edges = (thresholds.nothing_below, thresholds.word_below, thresholds.line_below)
    if not all(isinstance(edge, (int, float)) for edge in edges) or list(edges) != sorted(edges):
        raise ValueError("thresholds that are no rising numbers")
    before, after = (tuple(Shown(**each) for each in values[name]) for name in ("fitted", "held_out"))
    if len(before) != 2 or len(after) != 2:
        raise ValueError("figures that are no pairs")
    names = {name: str(values[name]) for name in ("model", "language", "source", "day")}
    return Calibration(thresholds=thresholds, fitted=(before[0], before[1]), held_out=(after[0], after[1]), **names)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
