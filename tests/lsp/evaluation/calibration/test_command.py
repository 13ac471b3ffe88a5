"""`dovetail calibrate`: what it keeps, and how it resumes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dovetail.cli.commands import calibrate as command
from dovetail.cli.main import main
from dovetail.stats.store import STATE_VARIABLE
from tests.lsp.evaluation.test_history import commit, needs_git
from tests.lsp.scripted import ScriptedEngine


def repository(folder: Path, commits: int = 9) -> Path:
    """Return a repository with commits that add a function each."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, timeout=60)
    commit(folder, {"pyproject.toml": "[project]\nname = 'game'\n"})
    text = ""
    for number in range(commits):
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
    assert "held out" in printed and "kept no threshold" in printed, "one that is always as sure cannot be sorted"
    assert "chosen: frozen layout, 1008 tokens (the usual way" in printed
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(header)["run"]["replay"].startswith("automatic") and len(rows) >= 60
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
