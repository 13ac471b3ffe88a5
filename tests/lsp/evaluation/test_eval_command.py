"""`dovetail eval` on suites: bad usage in one line, and small runs with the starter model from file to figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dovetail.cli.commands import eval as command
from dovetail.cli.main import main
from dovetail.evaluation.presets.registry import PRESETS
from dovetail.evaluation.run_file import Row, read_run
from dovetail.evaluation.suites.registry import SUITES
from dovetail_models.engine.job import CompletionJob
from tests.lsp.evaluation.test_suites import ROWS
from tests.lsp.scripted import ScriptedEngine


@pytest.fixture
def lines_file(tmp_path: Path) -> Path:
    """Return a file of two tasks of the single-line set, in Python and JavaScript."""
    file = tmp_path / "fim_singleline.jsonl"
    rows = [row for row in ROWS["santacoder-fim"][1] if row["language"] != "java"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no tasks are named: give a file of tasks"),
        (["FILE", "--suite", "bogus"], "there is no suite 'bogus': choose one of holes, santacoder-fim"),
        (["FILE", "--preset", "bogus"], "there is no preset 'bogus': choose one of deepseek-table6"),
        (["FILE", "--preset", "safim", "--suite", "mbpp"], "--preset safim asks safim, not mbpp: leave --suite out"),
        (["FILE", "--preset", "safim", "--context-only"], "--context-only asks no model"),
        (["FILE", "--suite", "santacoder-fim", "--resume"], "--resume needs the results of the interrupted run"),
        (["FILE", "--suite", "santacoder-fim", "--language", "go"], "has no task in go: choose of python, javascript"),
        (["FILE", "--suite", "santacoder-fim", "--out", "FILE"], "--out names the tasks file itself"),
        (["none.jsonl", "--suite", "mbpp"], "none.jsonl cannot be read"),
        (["FILE", "--sample", "0"], "--sample"),
        (["FILE", "--plain-layout", "--context-only"], "--plain-layout is about the pipeline's answers"),
        (["FILE", "--written", "--preset", "deepseek-table6"], "--written is about the pipeline's answers"),
        (["FILE", "--beside", "FILE"], "--beside draws other runs in a page: name the page with --html"),
        (["FILE", "--answers", "none.jsonl", "--no-names"], "--answers asks no model: leave --prompts"),
    ],
)
def test_bad_usage(arguments: list[str], message: str, lines_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = lines_file.read_bytes()
    status = main(["eval", *(str(lines_file) if each == "FILE" else each for each in arguments)])
    said = capsys.readouterr().err
    assert status == 2 and message in said and said.count("\n") == 1
    assert lines_file.read_bytes() == before


def test_all_suites_and_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--list"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in printed] == [each.name for each in (*SUITES, *PRESETS)]


def test_a_preset_runs_from_file_to_figures(
    lines_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.jsonl"
    command = ["eval", str(lines_file), "--preset", "deepseek-table6", "--out", str(out)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "2 tasks" in printed and "exact match first line" in printed and "1.3B" in printed and "note: " in printed
    settings, rows = read_run(out)
    assert (settings["preset"], settings["tasks"], settings["choice"]["limit"]) == ("deepseek-table6", 2, None)
    assert settings["settings"]["context_tokens"] == 1024 and settings["model"].startswith("dovetail-starter, ")
    assert [row["language"] for row in rows] == ["python", "javascript"]
    assert all({"exact_match_first_line", "exact_match_whole"} <= set(row["scores"]) for row in rows)
    if sys.platform != "win32":
        assert rows[0]["scores"]["passes"] in (0.0, 1.0)

    assert main(command) == 2 and "add --resume to go on" in capsys.readouterr().err
    whole = out.read_bytes()
    out.write_bytes(whole[: whole.rfind(b"\n", 0, len(whole) - 1) + 20])
    assert main([*command, "--resume"]) == 0
    assert read_run(out)[1][0] == rows[0] and read_run(out)[1][1]["completion"] == rows[1]["completion"]
    assert main([*command, "--resume", "--no-tests"]) == 1
    assert "was made with another run_tests (true, now false)" in capsys.readouterr().err


def test_a_suite_is_answered_as_in_the_editor(lines_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", str(lines_file), "--suite", "santacoder-fim", "--no-tests", "--language", "python"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "1 tasks" in printed and "edit similarity" in printed and "passes" not in printed


def test_a_sample_is_always_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tasks.jsonl"
    (tmp_path / "a.py").write_text("".join(f"x = {number}\n" for number in range(10)))
    row = {"root": ".", "path": "a.py", "groundtruth": "x"}
    file.write_text("".join(json.dumps({"id": n, "start": 6 * n, "end": 6 * n + 1, **row}) + "\n" for n in range(10)))
    asked = []
    for number in range(2):
        out = tmp_path / f"{number}.jsonl"
        assert main(["eval", str(file), "--context-only", "--sample", "4", "--out", str(out)]) == 0
        asked.append([json.loads(line)["id"] for line in out.read_text().splitlines()])
    assert asked[0] == asked[1] and len(asked[0]) == 4 and asked[0] == sorted(asked[0])
    assert "4 tasks" in capsys.readouterr().out


SHOP = {
    "shop.py": "class Cart:\n    def add(self, price): ...\n    def total(self): ...\n",
    "main.py": "from shop import Cart\n\ncart = Cart()\ncart.add(3)\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a tasks file with one hole, behind a dot whose names the project knows."""
    for name, text in SHOP.items():
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / name).write_text(text, encoding="utf-8")
    start = SHOP["main.py"].index("add(3)")
    row = {"id": "1", "root": "shop", "path": "main.py", "start": start, "end": start + 6, "groundtruth": "add(3)"}
    file = tmp_path / "tasks.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return file


def asked(shop: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[CompletionJob, Row]:
    """Return the job that a model gets, and the line of the result."""
    engine = ScriptedEngine("add(3))\nprint(cart)")
    engine.prompt = "the prompt"
    monkeypatch.setattr(command, "make_engine", lambda *_, **__: engine)
    out = shop.with_name("out.jsonl")
    assert main(["eval", str(shop), "--out", str(out), *options]) == 0
    return engine.jobs[0], json.loads(out.read_text(encoding="utf-8"))


def test_the_model_is_asked_as_the_options_say(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job, row = asked(shop, monkeypatch)
    assert job.parts.forced == "cart." and job.parts.prefix.endswith("Cart()\n") and "add" in job.names
    assert not {"written", "prompt"} & set(row) and not job.explain
    job, row = asked(shop, monkeypatch, "--plain-layout", "--no-names", "--written", "--max-tokens", "7")
    assert job.parts.forced == "" and job.parts.prefix.endswith("cart.") and not job.names and job.max_tokens == 7
    assert row["written"].startswith("add(3))") and row["completion"] == "add(3)"
    job, row = asked(shop, monkeypatch, "--prompts")
    assert job.explain and row["prompt"] == "the prompt"


def test_other_answers_are_shown_and_scored_as_a_models(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(command, "make_engine")
    answers, out = shop.with_name("answers.jsonl"), shop.with_name("out.jsonl")
    answers.write_text('{"run": {}}\n{"id": "1", "completion": "add(3))"}\n', encoding="utf-8")
    arguments = ["eval", str(shop), "--answers", str(answers), "--out", str(out), "--written"]
    assert main(arguments) == 0
    row = json.loads(out.read_text(encoding="utf-8"))
    assert (row["completion"], row["written"]) == ("add(3)", "add(3))")
    assert "exact match     1.000" in capsys.readouterr().out
    answers.write_text('{"id": "2", "completion": "x"}\n', encoding="utf-8")
    assert main(arguments) == 1 and "has no answer to 1" in capsys.readouterr().err
    answers.write_text("add(3)\n", encoding="utf-8")
    assert main(arguments) == 1 and "line 1: no JSON" in capsys.readouterr().err
    answers.unlink()
    assert main(arguments) == 1 and "cannot be read" in capsys.readouterr().err


def test_other_runs_of_the_same_tasks_are_drawn_beside(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(shop, monkeypatch, "--budget", "40")
    other, page = shop.with_name("other.jsonl"), shop.with_name("page.html")
    for name in ("out.jsonl", "out.jsonl.run.json"):
        shop.with_name(name).rename(shop.with_name(name.replace("out", "other")))
    arguments = ["eval", str(shop), "--html", str(page), "--beside", str(other)]
    assert main(arguments) == 0
    assert "Quality against budget" in page.read_text(encoding="utf-8")
    other.write_text(other.read_text(encoding="utf-8").replace('"id": "1"', '"id": "2"'), encoding="utf-8")
    assert main(arguments) == 2 and "has other tasks than this run" in capsys.readouterr().err
    other.unlink()
    assert main(arguments) == 1 and "cannot be read" in capsys.readouterr().err
