"""What `dovetail doctor` reports of what was calibrated: the thresholds that decide how much of a suggestion is shown,
and how the model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dovetail.cli.reports.check import Check
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibration,
    CalibrationsError,
    PromptChoice,
    read_calibrations,
)

NAME, PROMPT_NAME = "thresholds", "prompt"


def calibration_checks(model: str, key: str, path: Path) -> Iterator[Check]:
    """Yield which thresholds hold for a model and how it is asked, and the figures that justify both."""
    try:
        found = read_calibrations(path).of(model, key)
    except CalibrationsError as error:
        yield Check(NAME, "fail", str(error), "run `dovetail calibrate --forget`, then `dovetail calibrate`")
        return
    yield _thresholds_check(model, found.thresholds)
    for choice in found.prompts:
        yield Check(PROMPT_NAME, "ok", _chosen(choice))


def _thresholds_check(model: str, found: tuple[Calibration, ...]) -> Check:
    if not found:
        return Check(
            NAME,
            "ok",
            f"those shipped, not calibrated for {model}: `dovetail calibrate` measures them on your own code",
        )
    first = found[0]
    listed = "; ".join(_described(each) for each in found)
    by_name = "" if first.key else ", for any file of that name: `dovetail calibrate` again ties them to this one"
    return Check(NAME, "ok", f"calibrated on {first.source}, {first.day}{by_name}: {listed}")


def _described(calibration: Calibration) -> str:
    edges = calibration.thresholds
    shipped, now = calibration.held_out
    language = "all languages" if calibration.language == ALL_LANGUAGES else calibration.language
    return (
        f"{language} nothing/word/line below {edges.nothing_below:.2f}/{edges.word_below:.2f}/{edges.line_below:.2f} "
        f"({now.shown} shown and {now.saved} characters saved on {now.tasks} later places, "
        f"{shipped.shown} and {shipped.saved} as shipped)"
    )


def _chosen(choice: PromptChoice) -> str:
    usual = choice.trials[0]
    tokens = usual.context_tokens if choice.context_tokens is None else choice.context_tokens
    others = "; ".join(
        f"{each.layout} with {each.context_tokens} {100 * each.gain[0]:+.1f} points "
        f"({100 * each.gain[1]:+.1f} to {100 * each.gain[2]:+.1f}) at {each.places} places"
        for each in choice.trials[1:]
    )
    return (
        f"{choice.layout} layout, at most {tokens} tokens of other files, calibrated on {choice.source}, {choice.day}: "
        f"edit similarity {usual.similarity:.2f} as usual at {usual.places} places; {others or 'nothing else tried'}"
    )
