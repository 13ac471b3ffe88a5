"""Calibration: what could be shown and whether it was right, the fit, the file, the server, the command."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from dovetail.cli.commands import calibrate as command
from dovetail.cli.main import main
from dovetail.cli.reports.threshold_report import calibration_checks
from dovetail.completion.postprocessing.confidence import SHIPPED, Thresholds, confident_part
from dovetail.completion.tuning import Layout, ModelTunings, Tuning
from dovetail.evaluation.answer import NOT_ASKED, Answer, Outcome
from dovetail.evaluation.calibration.calibrate import propose, split
from dovetail.evaluation.calibration.compare import compare
from dovetail.evaluation.calibration.fit import fit, shown_by, shown_part
from dovetail.evaluation.calibration.prompts import Way, best, try_ways, ways
from dovetail.evaluation.calibration.samples import Part, Sample, sample_of
from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import Task, TextHole
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibration,
    Calibrations,
    CalibrationsError,
    PromptChoice,
    PromptTrial,
    Shown,
    forget_calibrations,
    read_calibrations,
    write_calibrations,
)
from dovetail.session.current_calibrations import CurrentCalibrations
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


def test_what_is_shown_where_silence_is_right_counts() -> None:
    quiet = "deleted"
    hole = TextHole("game.py", "def area(width, height):\n    tot", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="", quiet=quiet)
    found = sample_of(task, Answer("al = 1", stop="eos", logprob=-0.1))
    assert found.quiet == quiet and found.whole.text and not found.whole.is_right
    assert shown_by([found, sample(-0.1)], SHIPPED).disturbing == 1
    calm = Thresholds(-0.05, -0.05, -0.05)
    ratio = compare([found, *noisy(40, 8)], lambda one: SHIPPED, lambda one: calm).disturbing
    assert ratio is not None and ratio.value == 0.0


def test_equal_thresholds_change_nothing() -> None:
    found = compare(noisy(80, 4), lambda one: SHIPPED, lambda one: SHIPPED)
    for ratio in (found.shown, found.right, found.saved):
        assert ratio is not None and (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    assert compare([], lambda one: SHIPPED, lambda one: SHIPPED).shown is None


def test_a_proposal_is_measured_on_what_it_was_not_fitted_to() -> None:
    samples = noisy(500, 5)
    early, late = split(samples)
    assert len(early) == 300 and early + late == samples
    proposal = propose(samples, "some-model", "ab12", "game", "2026-01-31")
    (calibration,) = proposal.calibrations
    assert proposal.is_better
    assert calibration.held_out[1] == shown_by(late, calibration.thresholds)
    assert calibration.fitted[0] == shown_by(early, SHIPPED)
    hopeless = [dataclasses.replace(one, word=Part("x"), line=Part("x"), whole=Part("x")) for one in samples]
    assert not propose(hopeless, "some-model", "ab12", "game", "2026-01-31").is_better


def test_samples_of_one_group_are_never_split() -> None:
    samples = [sample(-0.1 * number, group=f"{number // 4}") for number in range(10)]
    early, late = split(samples)
    assert len(early) == 8 and not {one.group for one in early} & {one.group for one in late}


def test_a_language_with_enough_samples_has_thresholds_of_its_own() -> None:
    other = [dataclasses.replace(one, language="go") for one in noisy(40, 7)]
    proposal = propose([*other, *noisy(300, 6)], "some-model", "ab12", "game", "2026-01-31")
    assert [each.language for each in proposal.calibrations] == [ALL_LANGUAGES, "python"]


def calibration(
    model: str, language: str = ALL_LANGUAGES, thresholds: Thresholds = QUIETER, key: str | None = None
) -> Calibration:
    counts = (Shown(9, 8, 2, 30), Shown(9, 4, 3, 31))
    return Calibration(
        model, f"key of {model}" if key is None else key, language, thresholds, counts, counts, "game", "2026-01-31"
    )


def choice(model: str, layout: Layout = "plain", tokens: int | None = 120) -> PromptChoice:
    trials = (
        PromptTrial("frozen", 240, 64, 0.4, (0.0, 0.0, 0.0), 40.0),
        PromptTrial(layout, 120, 64, 0.5, (0.1, 0.02, 0.18), 90.0),
    )
    return PromptChoice(model, f"key of {model}", layout, tokens, trials, "game", "2026-01-31")


def thresholds_found(path: Path, model: str = "m") -> str:
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
    assert current.tunings("game.py").of("renamed", "q4").thresholds == QUIETER
    assert current.tunings("game.py").of("m", "q8").thresholds == SHIPPED
    write_calibrations(path, Calibrations((calibration("m", key="q8"),)))
    assert [each.key for each in read_calibrations(path).thresholds] == ["q4", "q8"]


def test_a_file_of_the_first_form_holds_for_the_name_until_its_model_is_calibrated(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    old = dataclasses.asdict(calibration("m"))
    del old["key"]
    path.write_text(json.dumps({"form": 1, "calibrations": [old]}), encoding="utf-8")
    assert CurrentCalibrations(lambda: None, path).tunings("game.py").of("m", "q4").thresholds == QUIETER
    assert "for any file of that name" in thresholds_found(path)
    write_calibrations(path, Calibrations((calibration("m", key="q4"),)))
    assert [each.key for each in read_calibrations(path).thresholds] == ["q4"]
    assert json.loads(path.read_text(encoding="utf-8"))["form"] == 2


def damaged(**changes: object) -> str:
    return json.dumps({"form": 2, "calibrations": [], "prompts": [dataclasses.asdict(choice("m")) | changes]})


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
        damaged(layout="sideways"),
        damaged(context_tokens=-1),
        damaged(trials=[{}]),
        '{"form": 2, "calibrations": [], "prompts": [1]}',
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
    own = Thresholds(-0.9, -0.8, -0.7)
    write_calibrations(path, Calibrations((calibration("m"), calibration("m", "python", own)), (choice("m"),)))
    assert holds("game.py") == Tuning(own, "plain", 120) and len(changes) == 1
    assert holds("game.go") == Tuning(QUIETER, "plain", 120)
    assert holds("notes", language="python").thresholds == own
    assert holds("game.py", "another") == Tuning()
    write_calibrations(path, Calibrations((), (choice("another"),)))
    assert holds("game.py", "another") == Tuning(SHIPPED, "plain", 120)
    forget_calibrations(path)
    assert holds("game.py") == Tuning() and len(changes) == 3


def test_doctor_shows_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    assert "not calibrated" in thresholds_found(path)
    write_calibrations(path, Calibrations((calibration("m", "python"),), (choice("m"),)))
    found = thresholds_found(path)
    assert "-0.50/-0.40/-0.30" in found and "4 shown and 31 characters saved" in found and "8 and 30" in found
    _, prompt = calibration_checks("m", "key of m", path)
    assert "plain layout, at most 120 tokens of other files" in prompt.found
    assert "plain with 120 +10.0 points (+2.0 to +18.0) at 64 places" in prompt.found


TRIED = ways(240, has_frozen=True)


def test_all_ways_are_tried_that_differ() -> None:
    assert [way.name for way in TRIED] == [
        f"{layout}/{tokens}" for layout in ("frozen", "plain") for tokens in (240, 120, 60)
    ]
    assert [way.name for way in ways(100, has_frozen=False)] == ["frozen/100", "frozen/50"]
    assert [way.name for way in ways(0, has_frozen=False)] == ["frozen/0"]


def places(count: int) -> list[Task]:
    return [Task(f"{n}", f"g{n // 2}", "python", TextHole("a.py", "x = "), truth="abcdefghij") for n in range(count)]


async def tried(good: dict[str, int], count: int = 80, minutes: float = 9.0, ms: float = 1.0) -> list[PromptTrial]:
    """Return the trials of ways with their number of right letters of ten, 5 by default."""

    async def ask(pairs: Sequence[tuple[Way, Task]]) -> list[Outcome]:
        assert len({(way.name, task.id) for way, task in pairs}) == len(pairs)
        found = []
        for way, task in pairs:
            right = good.get(way.name, 5) + random.Random(task.id + way.name).choice((-1, 0, 1))
            answer = Answer("abcdefghij"[:right] + "?" * (10 - right), ms={"total": ms}, tokens={"prompt": 9})
            found.append(Outcome(task, answer, {}))
        return found

    return list(await try_ways(TRIED, places(count), ask, minutes))


async def test_the_better_half_goes_on_and_the_best_wins() -> None:
    trials = await tried({"plain/120": 9, "frozen/60": 1})
    assert trials[0].places == trials[4].places == 64 and trials[2].places == 16, "the usual way stays, the worst goes"
    assert sum(each.places for each in trials) == 64 + 64 + 32 + 3 * 16
    chosen = best(trials)
    assert chosen is not None and (chosen.layout, chosen.context_tokens) == ("plain", 120)
    assert chosen.gain[1] > 0.2 and trials[0].gain == (0.0, 0.0, 0.0)


async def test_chance_moves_nobody_to_another_prompt() -> None:
    trials = await tried({})
    assert best(trials) == trials[0] and best([]) is None


async def test_the_time_of_the_answers_ends_the_trials() -> None:
    trials = await tried({"plain/120": 9}, minutes=0.5, ms=60_000.0)
    assert {each.places for each in trials} == {16}
    assert not await tried({}, minutes=0.0)


@pytest.mark.parametrize(("logprob", "shown"), [(-0.45, "size"), (-0.6, ""), (-0.1, "size, size)")])
async def test_the_server_shows_what_the_calibration_allows(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logprob: float, shown: str
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    write_calibrations(tmp_path / "state" / "calibrations.json", Calibrations((calibration("scripted", key=""),), ()))
    engine = ScriptedEngine("size, size)")
    engine.logprob = logprob
    async with server_in_process(engine) as client:
        await client.initialize(project)
        uri = (project / "game.py").as_uri()
        client.open(uri, (project / "game.py").read_text(encoding="utf-8"))
        answer = await client.answer(client.ghost_text(uri, 4, 18, kind=2))
        items = answer["result"]["items"] if answer["result"] else []
        assert [item["insertText"] for item in items] == ([shown] if shown else [])


@pytest.mark.parametrize("layout", ["frozen", "plain"])
async def test_the_server_asks_as_the_calibration_says(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    chosen = dataclasses.replace(choice("scripted", layout, 0), key="")
    write_calibrations(tmp_path / "state" / "calibrations.json", Calibrations((), (chosen,)))
    engine = ScriptedEngine("size")
    async with server_in_process(engine) as client:
        await client.initialize(project)
        uri = (project / "game.py").as_uri()
        client.open(uri, (project / "game.py").read_text(encoding="utf-8"))
        await client.answer(client.ghost_text(uri, 4, 18, kind=2))
    parts = engine.jobs[0].parts
    assert bool(parts.forced) is (layout == "frozen") and not parts.context
    assert (parts.prefix + parts.forced).endswith((project / "game.py").read_text(encoding="utf-8").split("\n")[4][:18])


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


@pytest.mark.long
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
    assert "held out" in printed and "kept no thresholds" in printed, "one that is always as sure cannot be sorted"
    assert "chosen: frozen layout, 1008 tokens (the usual way" in printed
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(header)["run"]["replay"] == "automatic" and len(rows) >= 60
    out.write_text("\n".join((header, *rows[:30])) + "\n" + rows[30][:20], encoding="utf-8")
    assert main([*arguments, "--resume"]) == 0
    assert len(engines[1].jobs) < len(engines[0].jobs)
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()[1:]] == [
        json.loads(row)["id"] for row in rows
    ]
    assert main(arguments) == 2 and "--resume" in capsys.readouterr().err
    assert main(["calibrate", "--forget"]) == 0 and "deleted" in capsys.readouterr().out
    assert main(["calibrate", "--forget"]) == 0 and "nothing to delete" in capsys.readouterr().out


@needs_git
def test_too_short_a_history_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shutil.which("git")
    folder = repository(tmp_path / "game")
    assert main(["calibrate", str(folder), "--commits", "2"]) == 1
    assert "--commits N" in capsys.readouterr().err
