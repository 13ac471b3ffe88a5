"""The command line in its documented forms, with the real engine and the starter model."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dovetail.cli.commands.doctor import prompt_format_check
from dovetail.cli.main import main
from dovetail_models.engine.status import EngineStatus
from dovetail_models.files import resolve_model
from tests.game import CALL_COLUMN, CALL_LINE, GAME

PLACE = f"game.py:{CALL_LINE}:{CALL_COLUMN}"


def dovetail(*arguments: str, cwd: Path, stdin: str | None = None, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the real program; a traceback is never right."""
    command = [sys.executable, "-E", "-P", "-m", "dovetail", *arguments]
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_complete_answers_in_the_documented_shape(project: Path) -> None:
    answer = json.loads(dovetail("complete", PLACE, "--json", "--max-tokens", "12", cwd=project).stdout)
    assert set(answer) == {"text", "path", "line", "column", "model", "stop", "logprob", "tokens", "ms", "context"}
    assert (answer["path"], answer["line"], answer["column"]) == ("game.py", 5, 19)
    assert set(answer["tokens"]) == {"prompt", "reused", "generated", "drafted", "accepted"}
    assert set(answer["ms"]) == {"index", "context", "prompt", "prefill", "decode", "total"}
    assert answer["tokens"]["prompt"] > 0
    item = answer["context"][0]
    assert set(item) == {"path", "start_line", "end_line", "kind", "reason", "score", "tokens"}
    assert item["path"] == "board.py"


def test_complete_without_context_takes_none(project: Path) -> None:
    answer = json.loads(dovetail("complete", PLACE, "--json", "--no-context", "--max-tokens", "4", cwd=project).stdout)
    assert answer["context"] == []


def test_complete_explains_itself(project: Path) -> None:
    output = dovetail("complete", PLACE, "--explain", "--max-tokens", "4", cwd=project).stdout
    assert "#board.py\nclass Board" in output
    assert "<｜fim▁begin｜>from board import Board" in output
    assert "milliseconds" in output


def test_context_answers_in_the_documented_shape(project: Path) -> None:
    answer = json.loads(dovetail("context", PLACE, "--json", "--budget", "200", cwd=project).stdout)
    assert set(answer) == {"budget", "tokens", "ms", "items"}
    assert answer["budget"] == 200 and 0 < answer["tokens"] <= 200
    item = answer["items"][0]
    assert set(item) == {"path", "start_line", "end_line", "kind", "reason", "score", "tokens", "text"}
    assert "width: int, height: int" in item["text"]


def test_an_unsaved_buffer_comes_on_standard_input(project: Path) -> None:
    text = "from board import Board\nboard = Board("
    answer = json.loads(dovetail("context", "new.py:2:15", "--stdin", "--json", cwd=project, stdin=text).stdout)
    assert "board.py" in {item["path"] for item in answer["items"]}


def test_the_context_of_a_script_without_a_suffix(project: Path) -> None:
    text = "#!/usr/bin/env python3\nfrom board import Board\nboard = Board("
    answer = json.loads(dovetail("context", "tool:3:15", "--stdin", "--json", cwd=project, stdin=text).stdout)
    assert "board.py" in {item["path"] for item in answer["items"]}


def test_index_counts_and_says_what_it_skipped(project: Path) -> None:
    (project / "huge.py").write_text("x = 1\n" * 400_000)
    answer = json.loads(dovetail("index", "--json", cwd=project).stdout)
    assert answer["languages"] == {"python": 2}
    assert [skipped["path"] for skipped in answer["skipped"]] == ["huge.py"]
    assert "2 files" in dovetail("index", str(project), cwd=project).stdout


def test_doctor_finds_a_sound_installation(project: Path) -> None:
    checks = json.loads(dovetail("doctor", "--json", cwd=project).stdout)["checks"]
    verdicts = {check["name"]: check["verdict"] for check in checks}
    ours = {
        "Python",
        "settings",
        "engine hosts",
        "machine",
        "model file",
        "prompt format",
        "llama.cpp",
        "memory",
        "speed",
        "thresholds",
        "project",
    }
    chosen = {"window", "KV cache", "flash attention", "micro-batch", "threads", "GPU layers"}
    assert set(verdicts) == ours | chosen | {"KV states", "sandbox", "recommended model"}
    assert "fail" not in verdicts.values()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (EngineStatus("ready", format="qwen-coder"), ("ok", "qwen-coder; the suffix follows the prefix", "")),
        (EngineStatus("ready", format="mellum", frozen_anchor=False), ("ok", "mellum; the suffix comes first", "")),
        (
            EngineStatus("ready", format="qwen-coder", advice="m.gguf is a model for chat: choose another"),
            ("warn", "qwen-coder; m.gguf is a model for chat", "choose another"),
        ),
    ],
)
def test_doctor_names_the_prompt_format(status: EngineStatus, expected: tuple[str, str, str]) -> None:
    check = prompt_format_check(status)
    assert (check.verdict, check.found, check.fix) == expected


def test_doctor_names_a_fix_for_a_missing_model(project: Path) -> None:
    done = dovetail("doctor", "--model", "no/such/file.gguf", cwd=project, status=1)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("fail")]
    assert "no/such/file.gguf" in line.replace("\\", "/")


@pytest.mark.long(keep=4)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["complete", "game.py"], "PATH:LINE:COL"),
        (["complete", "game.py:0:1"], "PATH:LINE:COL"),
        (["complete", "game.py:99:1"], "game.py has 7 lines; there is no line 99"),
        (["complete", "game.py:1:99"], "line 1 of game.py has 23 characters; the last column is 24"),
        (["index", "no-such-folder"], "is not a folder"),
        (["complete", PLACE, "--max-tokens", "0"], "max_tokens must be at least 1"),
        ([], "required: COMMAND"),
        (["bogus"], "bogus"),
        (["complete"], "required: PATH:LINE:COL"),
        (["eval", "x.jsonl", "--limit", "none"], "--limit"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(project: Path, arguments: list[str], message: str) -> None:
    done = dovetail(*arguments, cwd=project, status=2)
    assert message in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["complete", "none.py:1:1"], "none.py"),
        (["complete", PLACE, "--model", "none.gguf"], "none.gguf"),
    ],
)
def test_failure_is_one_line_and_status_1(project: Path, arguments: list[str], message: str) -> None:
    done = dovetail(*arguments, cwd=project, status=1)
    assert message in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("dovetail: ")]) == 1


def test_a_truncated_model_is_one_line(project: Path) -> None:
    whole = resolve_model(None).path.read_bytes()
    (project / "half.gguf").write_bytes(whole[: len(whole) // 2])
    done = dovetail("complete", PLACE, "--model", "half.gguf", cwd=project, status=1)
    assert "half.gguf" in done.stderr and "truncated" in done.stderr and done.stderr.count("\n") == 1


def test_help_shows_the_commands(project: Path) -> None:
    assert "complete a file" in dovetail("--help", cwd=project).stdout


def test_the_demo_shows_suggestions_and_counts_all_answers(project: Path) -> None:
    (project / "game.py").write_text(GAME.replace("Board(\n", "Board(width=size, height=size)\n"))
    printed = dovetail("demo", "--places", "30", cwd=project).stdout
    counts = re.search(r"Asked (\d+): silent (\d+), shown (\d+)\.", printed)
    assert counts is not None
    asked, silent, shown = map(int, counts.groups())
    assert asked == silent + shown and asked > 4
    assert printed.count("  suggested  ") == min(shown, 3)


def test_eval_fills_holes_and_scores_them(project: Path) -> None:
    text = (project / "game.py").read_text()
    start = text.index("return board")
    task = {"id": "a", "root": ".", "path": "game.py", "start": start, "end": start + 12, "groundtruth": "return board"}
    (project / "tasks.jsonl").write_text(json.dumps(task) + "\n")
    output = dovetail("eval", "tasks.jsonl", "--out", "results.jsonl", "--budget", "300", cwd=project).stdout
    assert "exact match" in output and "1 tasks" in output
    (result,) = map(json.loads, (project / "results.jsonl").read_text(encoding="utf-8").splitlines())
    assert set(result) == {"id", "budget", "completion", "context", "tokens", "ms"}
    assert (result["id"], result["budget"]) == ("a", 300)
    assert "return board" not in json.dumps(result["context"])

    dovetail("eval", "tasks.jsonl", "--out", "results.jsonl", "--context-only", cwd=project)
    (result,) = map(json.loads, (project / "results.jsonl").read_text(encoding="utf-8").splitlines())
    assert result["completion"] is None and result["context"][0]["path"] == "board.py"


def test_eval_names_the_line_of_a_bad_task(project: Path) -> None:
    (project / "tasks.jsonl").write_text('{"id": 1}\n')
    assert "tasks.jsonl:1" in dovetail("eval", "tasks.jsonl", cwd=project, status=1).stderr


@pytest.mark.long
@pytest.mark.parametrize("project_name", ["mcp", "smolagents", "harlequin"])
def test_real_projects_get_definitions_from_other_files(shared: Path, project_name: str) -> None:
    """At a line of a real project that uses another file's symbol, the rest of the line cut away."""
    rows = map(json.loads, (shared / "eval" / "tasks" / "python.jsonl").read_text(encoding="utf-8").splitlines())
    task = next(row for row in rows if row["repo"] == project_name and row["kind"] == "line_rest")
    root = shared / "eval" / "repos" / project_name
    text = (root / task["path"]).read_text(encoding="utf-8")
    before = text[: task["start"]]
    place = f"{task['path']}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    cut = before + text[task["end"] :]

    context = json.loads(dovetail("context", place, "--stdin", "--json", cwd=root, stdin=cut).stdout)
    completion = json.loads(dovetail("complete", place, "--stdin", "--json", cwd=root, stdin=cut).stdout)

    assert completion["path"].endswith(task["path"]) and completion["tokens"]["generated"] > 0
    found = [item for item in context["items"] if defines_something(find(root, item["path"]), item)]
    assert found and all(not task["path"].endswith(item["path"]) for item in found)


def find(root: Path, path: str) -> Path:
    """Return the file of a path that is relative to the project's root, which may be any folder above."""
    return next(folder / path for folder in [root, *root.parents] if (folder / path).is_file())


def defines_something(file: Path, item: dict[str, Any]) -> bool:
    """Return whether a class or function that the item's text names is defined in its file, within its lines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    definitions = [
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return any(
        re.search(rf"\b{re.escape(node.name)}\b", item["text"])
        and item["start_line"] <= node.lineno <= item["end_line"]
        for node in definitions
    )


def test_a_binary_file_on_standard_input_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x = 1\0\xff\n")))
    assert main(["context", f"{project / 'game.py'}:1:1", "--stdin"]) == 1
    assert "cannot be completed: binary" in capsys.readouterr().err


HOMELESS = """
import os, pwd, sys
def getpwuid(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = getpwuid
for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "DOVETAIL_STATE_DIR", "DOVETAIL_CACHE_DIR"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("XDG_")]:
    del os.environ[name]
from dovetail.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.long(keep=2)
@pytest.mark.skipif(os.name == "nt", reason="a user without a name is a thing of containers")
@pytest.mark.parametrize(
    "arguments",
    [
        ["complete", PLACE, "--max-tokens", "4"],
        ["context", PLACE],
        ["index"],
        ["doctor"],
        ["stats"],
        ["rules", "check"],
    ],
)
def test_a_user_without_a_home_and_a_name_is_served(project: Path, runtime_folder: Path, arguments: list[str]) -> None:
    before = sorted(project.iterdir())
    command = [sys.executable, "-c", HOMELESS, *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert (done.returncode, "bug" in done.stderr) == (0, False), done.stderr
    assert sorted(project.iterdir()) == before, "a folder called ~"
    assert {path.name for path in runtime_folder.iterdir()} <= {"config", "state", "cache", "start.lock"}


def test_a_model_in_a_home_that_is_not_known_is_one_line(project: Path) -> None:
    arguments = ["complete", PLACE, "--model", "~nobody-at-all/m.gguf"]
    done = dovetail(*arguments, cwd=project, status=1)
    assert done.stderr.count("\n") == 1 and "give the whole path" in done.stderr
