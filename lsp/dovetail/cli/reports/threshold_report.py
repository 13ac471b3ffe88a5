"""What `dovetail doctor` reports of what was calibrated: the threshold that decides how much of a suggestion is shown,
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
    """Yield which threshold holds for a model and how it is asked, and the figures that justify both."""
    try:
        found = read_calibrations(path).of(model, key)
    except CalibrationsError as error:
        yield Check(NAME, "fail", str(error), "run `dovetail calibrate --forget`, then `dovetail calibrate`")
        return
    yield _threshold_check(model, found.thresholds, bool(found.outdated))
    for choice in found.prompts:
        yield Check(PROMPT_NAME, "ok", _chosen(choice))


def _threshold_check(model: str, found: tuple[Calibration, ...], is_outdated: bool) -> Check:
    if not found and is_outdated:
        return Check(
            NAME,
            "ok",
            f"the shipped one: what was calibrated for {model} before confidence was judged by parts holds no more: "
            "`dovetail calibrate` measures it again",
        )
    if not found:
        return Check(
            NAME,
            "ok",
            f"the shipped one, not calibrated for {model}: `dovetail calibrate` measures it on your own code",
        )
    first = found[0]
    listed = "; ".join(_described(each) for each in found)
    return Check(NAME, "ok", f"calibrated on {first.source}, {first.day}: {listed}")


def _described(calibration: Calibration) -> str:
    threshold = calibration.threshold
    shipped, now = calibration.held_out
    language = "all languages" if calibration.language == ALL_LANGUAGES else calibration.language
    return (
        f"{language} nothing below an expected {threshold.least_gain:.1f} characters, log-odds times "
        f"{threshold.slope:.2f} {threshold.shift:+.2f} "
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
