"""`dovetail rules` and the other commands under a project's rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dovetail.cli.main import main
from dovetail.rules.json_schema import schema
from tests.planted import planted

pytestmark = pytest.mark.usefixtures("own_rules_file")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "money.py").write_text("class Money: ...\n\n\ndef convert(rate: float) -> Money: ...\n")
    (root / "src" / "app.py").write_text("from money import convert\n\nx = convert(\n")
    (root / "legacy.py").write_text("def old(): ...\n")
    (root / ".dovetail.toml").write_text('exclude = ["legacy.py"]\nnotes = ["Use tabs."]\n')
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(arguments)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return command


def test_check_of_sound_rules(root: Path, run: Run) -> None:
    assert run("rules", "check") == (0, f"{root / '.dovetail.toml'}: 0 errors, 0 warnings\n", "")
    status, out, _ = run("rules", "check", "--json")
    assert status == 0 and json.loads(out) == {"root": str(root), "errors": 0, "problems": []}


def test_check_reports_every_mistake_with_its_place_and_fails(root: Path, run: Run) -> None:
    (root / ".dovetail.toml").write_text('exlude = ["x"]\nexclude = ["none/"]\npins = ["gone.py"]\n')
    status, out, _ = run("rules", "check", str(root))
    assert status == 1
    assert out.splitlines() == [
        ".dovetail.toml:1:1: error: there is no key 'exlude'; did you mean 'exclude'?",
        ".dovetail.toml:2:12: warning: the pattern 'none/' matches no file; correct or remove it",
        ".dovetail.toml:3:9: error: the pinned file gone.py does not exist",
        f"{root / '.dovetail.toml'}: 2 errors, 1 warning",
    ]
    status, out, _ = run("rules", "check", "--json")
    found = json.loads(out)
    assert (status, found["errors"]) == (1, 2)
    assert found["problems"][0] == {
        "severity": "error",
        "message": "there is no key 'exlude'; did you mean 'exclude'?",
        "file": ".dovetail.toml",
        "line": 1,
        "column": 1,
        "end_line": 1,
        "end_column": 7,
    }


def test_a_warning_alone_does_not_fail(root: Path, run: Run) -> None:
    (root / ".dovetail.toml").write_text('exclude = ["none/"]\n')
    status, out, _ = run("rules", "check")
    assert status == 0 and out.endswith("0 errors, 1 warning\n")


def test_check_without_a_file(tmp_path: Path, run: Run) -> None:
    status, out, _ = run("rules", "check", str(tmp_path))
    assert status == 0 and "has no .dovetail.toml" in out


def test_check_reports_mistakes_in_the_users_own_rules(root: Path, own_rules_file: Path, run: Run) -> None:
    own_rules_file.write_text("zzz = 1\n")
    status, out, _ = run("rules", "check")
    assert status == 1 and out.startswith(f"{own_rules_file}:1:1: error: there is no key 'zzz'")


def decisions(out: str) -> dict[str, dict[str, Any]]:
    return {each["what"]: each for each in json.loads(out)["decisions"]}


def test_explain_knows_what_runs_a_script(root: Path, run: Run) -> None:
    (root / "tool").write_text("#!/usr/bin/env python3\nx = 1\n")
    _, out, _ = run("rules", "explain", "tool", "--json")
    assert decisions(out)["context"]["value"] == "yes"
    (root / ".dovetail.toml").write_text('languages_off = ["python"]\n')
    _, out, _ = run("rules", "explain", "tool", "--json")
    found = decisions(out)
    assert found["context"]["by"].startswith("python is switched off")
    assert (found["completion"]["value"], found["completion"]["by"][:6]) == ("off", "python")


def test_explain(root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run("rules", "explain", "legacy.py")
    assert status == 0
    assert out.splitlines() == [
        f"legacy.py in {root}",
        "  context     no  (excluded by .dovetail.toml:1)",
        "  completion  on",
        "  note        Use tabs.  (.dovetail.toml:2)",
    ]
    monkeypatch.chdir(root / "src")
    status, out, _ = run("rules", "explain", "money.py", "--json")
    assert json.loads(out)["path"] == "src/money.py" and decisions(out)["context"]["value"] == "yes"
    status, out, _ = run("rules", "explain", "legacy.py", str(root), "--json", "--untrusted")
    assert json.loads(out)["path"] == "legacy.py" and decisions(out)["context"]["value"] == "no"
    assert "note" not in decisions(out) and "trust" in decisions(out)


def test_explain_says_when_the_rules_are_broken(root: Path, run: Run) -> None:
    (root / ".dovetail.toml").write_text('exclude = ["legacy.py"]\nnotes = [\n')
    _, out, _ = run("rules", "explain", "legacy.py")
    assert "excluded by .dovetail.toml:1" in out and "has mistakes" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "no/such/folder"], "is not a folder"),
        (["explain", "/etc/hosts", "."], "does not lie in"),
        (["explain", "../x.py", "."], "does not lie in"),
    ],
)
def test_bad_usage_is_one_line(root: Path, run: Run, arguments: list[str], says: str) -> None:
    status, out, err = run("rules", *arguments)
    assert (status, out) == (2, "") and says in err and err.count("\n") == 1


def test_the_schema_is_printed(run: Run) -> None:
    status, out, _ = run("rules", "schema")
    assert status == 0 and json.loads(out) == schema()


def test_index_says_what_the_rules_leave_out(root: Path, run: Run) -> None:
    _, out, _ = run("index", "--json")
    assert {"path": "legacy.py", "reason": "excluded by .dovetail.toml:1"} in json.loads(out)["skipped"]


def test_context_obeys_the_rules(root: Path, run: Run) -> None:
    _, out, _ = run("context", "src/app.py:3:13", "--json")
    items = json.loads(out)["items"]
    assert items[0]["kind"] == "note" and items[0]["text"] == "Use tabs."
    assert any("rate: float" in item["text"] for item in items)
    (root / ".dovetail.toml").write_text('exclude = ["src/money.py"]\nnotes = ["Use tabs."]\n')
    _, out, _ = run("context", "src/app.py:3:13", "--json", "--untrusted")
    assert json.loads(out)["items"] == []


def test_nothing_is_suggested_in_a_file_of_secrets(root: Path, run: Run) -> None:
    (root / ".env").write_text("A=1\n")
    status, out, err = run("complete", ".env:1:1")
    assert (status, out) == (1, "") and "nothing is suggested in .env: may hold secrets" in err


def test_no_planted_secret_is_printed(root: Path, run: Run) -> None:
    for number, one in enumerate(planted()):
        (root / "src" / f"m{number}.py").write_text(f"def helper_{number}(amount: int): ...\n{one.code}\n")
    (root / ".dovetail.toml").write_text(f"pins = {[f'src/m{number}.py' for number in range(len(planted()))]}\n")
    _, out, err = run("context", "src/app.py:3:13", "--budget", "20000")
    assert f"helper_{len(planted()) - 1}" in out
    _, explained, _ = run("rules", "explain", "src/m0.py")
    assert "blanked out" in explained
    seen = out + err + explained
    assert [one.kind for one in planted() for secret in one.secrets if secret in seen] == []
