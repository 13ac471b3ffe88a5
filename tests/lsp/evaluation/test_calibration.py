"""Calibration: what could be shown and whether it was right, the fit, the file, the server, the command."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from dovetail.cli import calibrate as command
from dovetail.cli.main import main
from dovetail.cli.reports.threshold_report import thresholds_check
from dovetail.completion.postprocessing.confidence import SHIPPED, ModelThresholds, Thresholds, confident_part
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.calibration.calibrate import propose, split
from dovetail.evaluation.calibration.compare import compare
from dovetail.evaluation.calibration.fit import fit, shown_by, shown_part
from dovetail.evaluation.calibration.replay import NOT_ASKED
from dovetail.evaluation.calibration.samples import Part, Sample, is_right, sample_of
from dovetail.evaluation.task import Task, TextHole
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibration,
    CalibrationsError,
    CurrentCalibrations,
    Shown,
    forget_calibrations,
    read_calibrations,
    write_calibrations,
)
from dovetail.stats.store import STATE_VARIABLE
from tests.lsp.conftest import server_in_process
from tests.lsp.evaluation.test_history import commit, needs_git
from tests.lsp.scripted import ScriptedEngine

QUIETER = Thresholds(-0.5, -0.4, -0.3)


def sample(logprob: float | None, right: str = "", language: str = "python", group: str = "") -> Sample:
    """Return a sample whose parts named in `right` (w, l, a) are right."""
    texts = ("word", "word + line", "word + line\nmore")
    parts = [Part(text, letter in right) for text, letter in zip(texts, "wla", strict=True)]
    return Sample(group or f"{logprob}", language, logprob, *parts)


def noisy(count: int, seed: int) -> list[Sample]:
    """Return samples that are right the more often, the surer the model is; a line as often as its word."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        logprob = -1.6 * source.random()
        found.append(sample(logprob, "wl" if source.random() < 1 + logprob else "", group=f"{seed}/{number}"))
    return found


@pytest.mark.parametrize(
    ("shown", "wanted", "right"),
    [
        ("width", "width * height\n", True),
        ("wid", "width * height\n", False),
        ("width * height", "width * height\n    return total\n", True),
        ("width * height\n    return total", "width * height   \n\n    return total\n", True),
        ("width * height\n    return 0", "width * height\n    return total\n", False),
        ("(width)", "(width)", True),
    ],
)
def test_a_suggestion_is_right_if_the_author_wrote_it(shown: str, wanted: str, right: bool) -> None:
    assert is_right(shown, wanted) is right


def test_a_sample_has_what_each_threshold_would_show() -> None:
    hole = TextHole("game.py", "def area(width, height):\n    total = ", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="width * height")
    found = sample_of(task, Answer("width * height\n    return total\n", stop="eos", logprob=-0.1))
    assert (found.word.text, found.line.text) == ("width", "width * height")
    assert found.word.is_right and found.line.is_right and found.line.saved == len("width*height")
    silent = sample_of(task, Answer("", stop=NOT_ASKED))
    assert not silent.whole.text


@pytest.mark.parametrize("logprob", [None, -2.0, -1.3, -1.0, -0.7, -0.5, -0.4, -0.1])
def test_the_fit_decides_as_the_pipeline_does(logprob: float | None) -> None:
    one = sample(logprob)
    shown = shown_part(one, SHIPPED).text
    assert confident_part("word + line\nmore", logprob) == shown


def test_the_fit_shows_less_and_saves_as_much_on_other_samples() -> None:
    early, late = noisy(400, 1), noisy(400, 2)
    fitted = fit(early)
    before, after = shown_by(late, SHIPPED), shown_by(late, fitted)
    assert fitted.nothing_below <= fitted.word_below <= fitted.line_below
    assert after.shown < 0.8 * before.shown and after.saved >= before.saved


def test_the_counts_of_the_fit_are_those_of_its_thresholds() -> None:
    samples = [*noisy(150, 3), *(sample(None, "a") for _ in range(3))]
    fitted = fit(samples)
    assert shown_by(samples, fitted).saved >= shown_by(samples, SHIPPED).saved
    assert fit([]) == SHIPPED and fit([sample(-0.1)]) == SHIPPED, "what was never right gives no thresholds"


def test_equal_thresholds_change_nothing() -> None:
    found = compare(noisy(80, 4), lambda one: SHIPPED, lambda one: SHIPPED)
    for ratio in (found.shown, found.right, found.saved):
        assert ratio is not None and (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    assert compare([], lambda one: SHIPPED, lambda one: SHIPPED).shown is None


def test_a_proposal_is_measured_on_what_it_was_not_fitted_to() -> None:
    samples = noisy(500, 5)
    early, late = split(samples)
    assert len(early) == 300 and early + late == samples
    proposal = propose(samples, "some-model", "game", "2026-01-31")
    (calibration,) = proposal.calibrations
    assert proposal.is_better
    assert calibration.held_out[1] == shown_by(late, calibration.thresholds)
    assert calibration.fitted[0] == shown_by(early, SHIPPED)
    hopeless = [dataclasses.replace(one, word=Part("x"), line=Part("x"), whole=Part("x")) for one in samples]
    assert not propose(hopeless, "some-model", "game", "2026-01-31").is_better


def test_samples_of_one_group_are_never_split() -> None:
    samples = [sample(-0.1 * number, group=f"{number // 4}") for number in range(10)]
    early, late = split(samples)
    assert len(early) == 8 and not {one.group for one in early} & {one.group for one in late}


def test_a_language_with_enough_samples_has_thresholds_of_its_own() -> None:
    other = [dataclasses.replace(one, language="go") for one in noisy(40, 7)]
    proposal = propose([*other, *noisy(300, 6)], "some-model", "game", "2026-01-31")
    assert [each.language for each in proposal.calibrations] == [ALL_LANGUAGES, "python"]


def calibration(model: str, language: str = ALL_LANGUAGES, thresholds: Thresholds = QUIETER) -> Calibration:
    counts = (Shown(9, 8, 2, 30), Shown(9, 4, 3, 31))
    return Calibration(model, language, thresholds, counts, counts, "game", "2026-01-31")


def test_the_file_keeps_other_models(tmp_path: Path) -> None:
    path = tmp_path / "state" / "calibrations.json"
    assert read_calibrations(path) == ()
    write_calibrations(path, [calibration("first"), calibration("first", "go")])
    write_calibrations(path, [calibration("second")])
    write_calibrations(path, [calibration("first", "python")])
    assert [(each.model, each.language) for each in read_calibrations(path)] == [("second", "*"), ("first", "python")]
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert forget_calibrations(path) and not forget_calibrations(path)


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        '{"form": 99, "calibrations": []}',
        '{"form": 1, "calibrations": [{}]}',
        json.dumps(
            {"form": 1, "calibrations": [dataclasses.asdict(calibration("m", thresholds=Thresholds(0, -1, -2)))]}
        ),
    ],
)
def test_a_damaged_file_is_reported_and_not_used(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "calibrations.json"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(CalibrationsError, match="dovetail calibrate"):
        read_calibrations(path)
    assert CurrentCalibrations(lambda: None, path).thresholds("game.py") == ModelThresholds()
    assert thresholds_check("m", path).verdict == "fail"


def test_a_language_of_its_own_wins_and_a_new_file_is_seen(tmp_path: Path) -> None:
    path, changes = tmp_path / "calibrations.json", []
    current = CurrentCalibrations(lambda: changes.append(1), path, look_again_s=0.0)
    assert current.thresholds("game.py").of("m") == SHIPPED and not changes
    own = Thresholds(-0.9, -0.8, -0.7)
    write_calibrations(path, [calibration("m"), calibration("m", "python", own)])
    assert current.thresholds("game.py").of("m") == own and len(changes) == 1
    assert current.thresholds("game.go").of("m") == QUIETER
    assert current.thresholds("notes", "python").of("m") == own
    assert current.thresholds("game.py").of("another") == SHIPPED
    forget_calibrations(path)
    assert current.thresholds("game.py").of("m") == SHIPPED and len(changes) == 2


def test_doctor_shows_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    assert "not calibrated" in thresholds_check("m", path).found
    write_calibrations(path, [calibration("m", "python")])
    found = thresholds_check("m", path).found
    assert "-0.50/-0.40/-0.30" in found and "4 shown and 31 characters saved" in found and "8 and 30" in found


@pytest.mark.parametrize(("logprob", "shown"), [(-0.45, "size"), (-0.6, ""), (-0.1, "size, size)")])
async def test_the_server_shows_what_the_calibration_allows(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logprob: float, shown: str
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    write_calibrations(tmp_path / "state" / "calibrations.json", [calibration("scripted")])
    engine = ScriptedEngine("size, size)")
    engine.logprob = logprob
    async with server_in_process(engine) as client:
        await client.initialize(project)
        uri = (project / "game.py").as_uri()
        client.open(uri, (project / "game.py").read_text(encoding="utf-8"))
        answer = await client.answer(client.ghost_text(uri, 4, 18, kind=2))
        items = answer["result"]["items"] if answer["result"] else []
        assert [item["insertText"] for item in items] == ([shown] if shown else [])


def repository(folder: Path) -> Path:
    """Return a repository with commits that add a function each."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, timeout=60)
    commit(folder, {"pyproject.toml": "[project]\nname = 'game'\n"})
    text = ""
    for number in range(9):
        lines = "".join(f"    total_{line} = first_{number} * second_{line}\n" for line in range(8))
        text += f"def function_{number}(first_{number}):\n{lines}    return first_{number}\n\n\n"
        commit(folder, {"game.py": text})
    return folder


@needs_git
def test_the_command_keeps_what_is_better_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    folder, out = repository(tmp_path / "game"), tmp_path / "replay.jsonl"
    engines: list[ScriptedEngine] = []

    def make(*_: object, **__: object) -> ScriptedEngine:
        engines.append(ScriptedEngine("first_"))
        return engines[-1]

    monkeypatch.setattr(command, "make_engine", make)
    arguments = ["calibrate", str(folder), "--per-commit", "8", "--out", str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "held out" in printed and "kept nothing" in printed, "a model that is always as sure cannot be sorted"
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(header)["run"]["replay"] == "automatic" and len(rows) >= 60
    out.write_text("\n".join((header, *rows[:30])) + "\n" + rows[30][:20], encoding="utf-8")
    assert main([*arguments, "--resume"]) == 0
    assert len(engines[1].jobs) < len(engines[0].jobs)
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()[1:]] == [
        json.loads(row)["id"] for row in rows
    ]
    assert main(arguments) == 2 and "--resume" in capsys.readouterr().err
    assert main(["calibrate", "--forget"]) == 0 and "nothing to delete" in capsys.readouterr().out


@needs_git
def test_too_short_a_history_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shutil.which("git")
    folder = repository(tmp_path / "game")
    assert main(["calibrate", str(folder), "--commits", "2"]) == 1
    assert "--commits N" in capsys.readouterr().err
