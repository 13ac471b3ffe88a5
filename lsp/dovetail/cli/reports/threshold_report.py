"""What `dovetail doctor` reports of the thresholds that decide how much of a suggestion is shown."""

from __future__ import annotations

from pathlib import Path

from dovetail.cli.reports.check import Check
from dovetail.session.calibrations import ALL_LANGUAGES, Calibration, CalibrationsError, read_calibrations

NAME = "thresholds"


def thresholds_check(model: str, path: Path) -> Check:
    """Return which thresholds hold for a model, and the figures that justify them."""
    try:
        found = [each for each in read_calibrations(path) if each.model == model]
    except CalibrationsError as error:
        return Check(NAME, "fail", str(error), "run `dovetail calibrate --forget`, then `dovetail calibrate`")
    if not found:
        return Check(
            NAME,
            "ok",
            f"those shipped, not calibrated for {model}: `dovetail calibrate` measures them on your own code",
        )
    first = found[0]
    listed = "; ".join(_described(each) for each in found)
    return Check(NAME, "ok", f"calibrated on {first.source}, {first.day}: {listed}")


def _described(calibration: Calibration) -> str:
    edges = calibration.thresholds
    shipped, now = calibration.held_out
    language = "all languages" if calibration.language == ALL_LANGUAGES else calibration.language
    return (
        f"{language} nothing/word/line below {edges.nothing_below:.2f}/{edges.word_below:.2f}/{edges.line_below:.2f} "
        f"({now.shown} shown and {now.saved} characters saved on {now.tasks} later places, "
        f"{shipped.shown} and {shipped.saved} as shipped)"
    )
