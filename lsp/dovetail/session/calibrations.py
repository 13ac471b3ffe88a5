"""What `dovetail calibrate` found, in the user's state folder, with the figures that justify it: a threshold by model
and language, and by model the prompt's layout and its tokens of other files.

A model is known by what its file holds. Another quantization is another model, and a copy elsewhere is the same one.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from dovetail.completion.postprocessing.confidence import Threshold
from dovetail.completion.tuning import Layout
from dovetail.stats.store import STATE_VARIABLE
from dovetail.user_folders import user_folder

FORM = 3
"""The version of the file's form. Of forms 1 and 2 the prompts are read; their thresholds compared another number, the
mean log-probability of all that was written, and are left out."""
ALL_LANGUAGES = "*"
"""The language of the threshold for every language that has none of its own."""


class CalibrationsError(Exception):
    """The file cannot be read or written; one line that explains what to do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a threshold shows of the answers to some tasks."""

    tasks: int
    """The number of tasks."""
    shown: int
    """Suggestions that are shown."""
    right: int
    """Those of them that the author wrote, character for character."""
    saved: int
    """The characters in those, without white space."""
    disturbing: int = 0
    """Suggestions, not right, at places where silence is right."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The threshold of one model for one language, and why."""

    model: str
    """The model's name, as the engine reports it."""
    key: str
    """A name for what the model's file holds."""
    language: str
    """The language's name in lower case, or `ALL_LANGUAGES`."""
    threshold: Threshold
    """What holds now."""
    fitted: tuple[Shown, Shown]
    """The shipped threshold, then this one, on the tasks that this one was fitted to."""
    held_out: tuple[Shown, Shown]
    """The same on later tasks, which took no part in the fit."""
    source: str
    """What was replayed: the name of a project or suite."""
    day: str
    """When, as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class PromptTrial:
    """A way to ask, and how well it did."""

    layout: Layout
    """Where the typed text was."""
    context_tokens: int
    """The most tokens of other files."""
    places: int
    """The number of places asked."""
    similarity: float
    """Mean edit similarity, 0 to 1, of the first line written to what the author wrote."""
    gain: tuple[float, float, float]
    """The mean difference of that to the usual way at the same places, and the ends of its 99 % interval."""
    tokens: float
    """Mean number of tokens that the model evaluated for an answer."""


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """How one model is asked, and why."""

    model: str
    """The model's name, as the engine reports it."""
    key: str
    """A name for what the model's file holds."""
    layout: Layout
    """Where the typed text is."""
    context_tokens: int | None
    """The most tokens of other files; None for what the settings and the window allow."""
    trials: tuple[PromptTrial, ...]
    """All ways that were tried, the usual one first."""
    source: str
    """What was replayed."""
    day: str
    """When, as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Calibrations:
    """All that a file holds."""

    thresholds: tuple[Calibration, ...] = ()
    """Thresholds by model and language."""
    prompts: tuple[PromptChoice, ...] = ()
    """How each model is asked."""
    outdated: tuple[str, ...] = ()
    """Keys, or names, of models with thresholds of an older form, which hold no more."""

    def of(self, name: str, key: str) -> Calibrations:
        """Return what concerns one model: by its key, else by its name where only that was kept."""
        for identity in (key, name):
            found = Calibrations(
                tuple(each for each in self.thresholds if identity_of(each) == identity),
                tuple(each for each in self.prompts if identity_of(each) == identity),
                tuple(each for each in self.outdated if each == identity),
            )
            if found != Calibrations():
                return found
        return Calibrations()


def identity_of(calibrated: Calibration | PromptChoice) -> str:
    """Return what the model is known by: its file, or its name in what was kept before files were distinguished."""
    return calibrated.key or calibrated.model


def calibrations_path() -> Path:
    """Return where calibrations are kept."""
    folder = os.environ.get(STATE_VARIABLE)
    return (Path(folder) if folder else user_folder("state")) / "calibrations.json"


def read_calibrations(path: Path) -> Calibrations:
    """Return all calibrations; none where there is no file. Raises CalibrationsError for one that is damaged."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        prompts = tuple(_prompt_choice(each) for each in whole.get("prompts", ()))
        if whole["form"] in (1, 2):
            return Calibrations((), prompts, tuple(_outdated(each) for each in whole["calibrations"]))
        if whole["form"] != FORM:
            raise ValueError(f"form {whole['form']}, not {FORM}")
        return Calibrations(tuple(_calibration(each) for each in whole["calibrations"]), prompts)
    except FileNotFoundError:
        return Calibrations()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise CalibrationsError(f"{path} cannot be read ({what}): delete it, and run `dovetail calibrate`") from None


def write_calibrations(path: Path, new: Calibrations) -> None:
    """Keep calibrations beside those of other models. New thresholds of a model take the place of all its old ones, and
    a new choice of its prompt that of its old one, those known by its name alone included. Outdated ones are not kept.

    The file is whole at any moment. Raises CalibrationsError.
    """
    known = read_calibrations(path)
    whole = {
        "form": FORM,
        "calibrations": [
            dataclasses.asdict(each) for each in (*_others(known.thresholds, new.thresholds), *new.thresholds)
        ],
        "prompts": [dataclasses.asdict(each) for each in (*_others(known.prompts, new.prompts), *new.prompts)],
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(whole, file, indent=1)
        Path(file.name).replace(path)
    except OSError as error:
        raise CalibrationsError(f"{path} cannot be written: {error.strerror}. Check the folder, and repeat.") from None


def forget_calibrations(path: Path) -> bool:
    """Delete all calibrations, so that the shipped threshold holds. Return whether there were any."""
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


_Kept = TypeVar("_Kept", Calibration, PromptChoice)


def _others(known: Iterable[_Kept], new: Sequence[_Kept]) -> Iterator[_Kept]:
    """Yield those of other models."""
    keys, names = {identity_of(each) for each in new}, {each.model for each in new}
    for each in known:
        if identity_of(each) not in keys and (each.key or each.model not in names):
            yield each


def _calibration(values: dict[str, Any]) -> Calibration:
    threshold = Threshold(**values["threshold"])
    numbers = (threshold.least_gain, threshold.shift, threshold.slope)
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
        raise ValueError("a threshold that is no number")
    if threshold.slope < 0 or threshold.least_gain <= 0:
        raise ValueError("a threshold that takes the unlikely for likely, or shows what promises nothing")
    before, after = (tuple(Shown(**each) for each in values[name]) for name in ("fitted", "held_out"))
    if len(before) != 2 or len(after) != 2:
        raise ValueError("figures that are no pairs")
    names = {name: str(values.get(name, "")) for name in ("model", "key", "language", "source", "day")}
    return Calibration(threshold=threshold, fitted=(before[0], before[1]), held_out=(after[0], after[1]), **names)


def _outdated(values: dict[str, Any]) -> str:
    return str(values.get("key") or values["model"])


def _prompt_choice(values: dict[str, Any]) -> PromptChoice:
    layout, tokens = values["layout"], values["context_tokens"]
    if layout not in get_args(Layout) or not (tokens is None or (isinstance(tokens, int) and tokens >= 0)):
        raise ValueError(f"a prompt of layout {layout} and {tokens} tokens")
    trials = tuple(PromptTrial(**{**each, "gain": tuple(each["gain"])}) for each in values["trials"])
    names = {name: str(values[name]) for name in ("model", "key", "source", "day")}
    return PromptChoice(layout=layout, context_tokens=tokens, trials=trials, **names)
