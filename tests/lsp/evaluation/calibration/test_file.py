"""The file of calibrations: what it keeps, for which model it holds, and what `doctor` reports of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from dovetail.cli.reports.threshold_report import calibration_checks
from dovetail.completion.postprocessing.confidence import SHIPPED, Threshold
from dovetail.completion.tuning import ModelTunings, Tuning
from dovetail.session.calibrations import (
    Calibrations,
    CalibrationsError,
    forget_calibrations,
    read_calibrations,
    write_calibrations,
)
from dovetail.session.current_calibrations import CurrentCalibrations
from tests.lsp.evaluation.calibration.samples import QUIETER, calibration, choice


def threshold_found(path: Path, model: str = "m") -> str:
    return next(calibration_checks(model, f"key of {model}", path)).found


def test_the_file_keeps_other_models(tmp_path: Path) -> None:
    path = tmp_path / "state" / "calibrations.json"
    assert read_calibrations(path) == Calibrations()
    write_calibrations(path, Calibrations((calibration("first"), calibration("first", "go")), (choice("first"),)))
    write_calibrations(path, Calibrations((calibration("second"),), (choice("second"),)))
    write_calibrations(path, Calibrations((calibration("first", "python"),)))
    found = read_calibrations(path)
    assert [(each.model, each.language) for each in found.thresholds] == [("second", "*"), ("first", "python")]
    assert found.prompts == (choice("first"), choice("second")), "new thresholds leave the prompt as it was"
    write_calibrations(path, Calibrations((), (choice("first", "frozen", None),)))
    assert read_calibrations(path).prompts == (choice("second"), choice("first", "frozen", None))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert forget_calibrations(path) and not forget_calibrations(path)


def test_another_quantization_is_another_model(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    write_calibrations(path, Calibrations((calibration("m", key="q4"),)))
    current = CurrentCalibrations(lambda: None, path)
    assert current.tunings("game.py").of("renamed", "q4").threshold == QUIETER
    assert current.tunings("game.py").of("m", "q8").threshold == SHIPPED
    write_calibrations(path, Calibrations((calibration("m", key="q8"),)))
    assert [each.key for each in read_calibrations(path).thresholds] == ["q4", "q8"]


@pytest.mark.parametrize("form", [1, 2])
def test_thresholds_of_an_older_form_hold_no_more_and_doctor_says_so(tmp_path: Path, form: int) -> None:
    path = tmp_path / "calibrations.json"
    old: dict[str, object] = {
        "model": "m",
        "language": "*",
        "thresholds": {"nothing_below": -1.3, "word_below": -0.7, "line_below": -0.4},
    }
    prompts = []
    if form == 2:
        old["key"] = "key of m"
        prompts = [dataclasses.asdict(choice("m"))]
    path.write_text(json.dumps({"form": form, "calibrations": [old], "prompts": prompts}), encoding="utf-8")
    holds = CurrentCalibrations(lambda: None, path).tunings("game.py").of("m", "key of m")
    assert holds == (Tuning(SHIPPED, "plain", 120) if form == 2 else Tuning())
    assert "holds no more: `dovetail calibrate`" in threshold_found(path)
    assert "not calibrated for another" in threshold_found(path, "another")
    write_calibrations(path, Calibrations((calibration("m"),)))
    assert read_calibrations(path) == Calibrations((calibration("m"),), tuple(choice("m") for _ in prompts))
    assert json.loads(path.read_text(encoding="utf-8"))["form"] == 3


def damaged(**changes: object) -> str:
    return json.dumps({"form": 3, "calibrations": [], "prompts": [dataclasses.asdict(choice("m")) | changes]})


def with_threshold(threshold: Threshold) -> str:
    return json.dumps({"form": 3, "calibrations": [dataclasses.asdict(calibration("m", threshold=threshold))]})


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        '{"form": 99, "calibrations": []}',
        '{"form": 1, "calibrations": [{}]}',
        '{"form": 3, "calibrations": [{}]}',
        with_threshold(Threshold(slope=-1.0)),
        with_threshold(Threshold(least_gain=0.0)),
        with_threshold(Threshold(least_gain=float("nan"))),
        damaged(layout="sideways"),
        damaged(context_tokens=-1),
        damaged(trials=[{}]),
        '{"form": 3, "calibrations": [], "prompts": [1]}',
    ],
)
def test_a_damaged_file_is_reported_and_not_used(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "calibrations.json"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(CalibrationsError, match="dovetail calibrate"):
        read_calibrations(path)
    assert CurrentCalibrations(lambda: None, path).tunings("game.py") == ModelTunings()
    assert [each.verdict for each in calibration_checks("m", "", path)] == ["fail"]


def test_a_language_of_its_own_wins_and_a_new_file_is_seen(tmp_path: Path) -> None:
    path, changes = tmp_path / "calibrations.json", []
    current = CurrentCalibrations(lambda: changes.append(1), path, look_again_s=0.0)

    def holds(file: str, model: str = "m", language: str = "") -> Tuning:
        return current.tunings(file, language).of(model, f"key of {model}")

    assert holds("game.py") == Tuning() and not changes
    own = Threshold(3.0, -0.5, 0.8)
    write_calibrations(path, Calibrations((calibration("m"), calibration("m", "python", own)), (choice("m"),)))
    assert holds("game.py") == Tuning(own, "plain", 120) and len(changes) == 1
    assert holds("game.go") == Tuning(QUIETER, "plain", 120)
    assert holds("notes", language="python").threshold == own
    assert holds("game.py", "another") == Tuning()
    write_calibrations(path, Calibrations((), (choice("another"),)))
    assert holds("game.py", "another") == Tuning(SHIPPED, "plain", 120)
    forget_calibrations(path)
    assert holds("game.py") == Tuning() and len(changes) == 3


def test_doctor_shows_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    assert "not calibrated" in threshold_found(path)
    write_calibrations(path, Calibrations((calibration("m", "python"),), (choice("m"),)))
    found = threshold_found(path)
    assert (
        "nothing below an expected 7.0 characters, log-odds times 1.00 +0.00" in found
        and "4 shown and 31 characters saved" in found
        and "8 and 30" in found
    )
    _, prompt = calibration_checks("m", "key of m", path)
    assert "plain layout, at most 120 tokens of other files" in prompt.found
    assert "plain with 120 +10.0 points (+2.0 to +18.0) at 64 places" in prompt.found
