"""Run files: what is written, taken up again, and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dovetail.command_errors import CommandError
from dovetail.evaluation.run_file import RunFile, read_run

SETTINGS = {"model": "m", "budget": 300, "started": "now"}


def written(path: Path, count: int, *, beside: bool) -> None:
    with RunFile(path, SETTINGS, settings_beside=beside, resume=False) as file:
        for number in range(count):
            file.add({"id": f"{number}", "text": "é\u2028"})


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("lost", [0, 1, 5, 30])
def test_a_run_goes_on_after_the_last_whole_line(tmp_path: Path, beside: bool, lost: int) -> None:
    path = tmp_path / "results.jsonl"
    written(path, 3, beside=beside)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - lost])
    with RunFile(path, SETTINGS | {"started": "later"}, settings_beside=beside, resume=True) as file:
        known = len(file.rows)
        assert known == (3 if not lost else 2 if lost < 29 else 1 if beside or lost < 60 else 0)
        for number in range(known, 3):
            file.add({"id": f"{number}", "text": "é\u2028"})
    assert path.read_bytes() == whole
    settings, rows = read_run(path)
    assert settings == SETTINGS and [row["id"] for row in rows] == ["0", "1", "2"]


def test_cut_anywhere_a_file_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    written(path, 3, beside=False)
    whole = path.read_bytes()
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        with RunFile(path, SETTINGS, settings_beside=False, resume=True) as file:
            for number in range(len(file.rows), 3):
                file.add({"id": f"{number}", "text": "é\u2028"})
        assert path.read_bytes() == whole


def test_other_settings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    written(path, 1, beside=False)
    before = path.read_bytes()
    with pytest.raises(CommandError, match=r"another budget \(300, now 500\): repeat the command"):
        RunFile(path, SETTINGS | {"budget": 500}, settings_beside=False, resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{}\n", "no JSON\n", '{"id": 1}\n', '{"run": 1}\n'])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(text)
    with pytest.raises(CommandError, match="name another file with --out"):
        RunFile(path, SETTINGS, settings_beside=False, resume=True)
    assert path.read_text() == text


def test_results_in_the_documented_form_are_results_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    written(path, 2, beside=True)
    assert [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").split("\n")[:-1]] == ["0", "1"]
    assert json.loads((tmp_path / "results.jsonl.run.json").read_text(encoding="utf-8")) == {"run": SETTINGS}


def test_a_file_without_settings_is_no_run(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"id": "0"}\n')
    with pytest.raises(CommandError, match="has no settings of a run"):
        read_run(path)
