"""A project's history as tasks: which lines, in which state of the project, and the figures that they give."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dovetail.cli.main import main
from dovetail.command_errors import CommandError, UsageError
from dovetail.evaluation.history.added import DIFF, Hunk, added_hunks
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.git import Repository, recent_commits, repository_at
from dovetail.evaluation.history.quiet import KINDS, quiet_rows
from dovetail.evaluation.history.suite import HISTORY, HistoryChoice, history_tasks
from dovetail.evaluation.scorers.registry import score_text
from dovetail.evaluation.scorers.text_match import characters_saved
from dovetail.evaluation.suites.suite import Row
from dovetail.evaluation.task import ProjectHole

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, which reads a history")
AUTHOR = {f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
DATES = {f"GIT_{who}_DATE": "2026-01-31T12:00:00+0000" for who in ("AUTHOR", "COMMITTER")}
"""The hash of a commit decides which places are drawn, so a test's commits are always the same."""

BOARD = "class Board:\n    def __init__(self, width: int) -> None:\n        self.width = width\n"
MORE = "\n    def square_count(self, height: int) -> int:\n        total = self.width * height\n        return total\n"
GAME = "from board import Board\n\n# begin a game of the given size\nboard = Board(width=3)\nprint(board.width)\n"


def commit(folder: Path, files: dict[str, str | None]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8", newline="")
    for arguments in (("add", "-A"), ("commit", "-q", "-m", "change")):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | AUTHOR | DATES, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository of three commits: a file, more of it and a second one, a replaced line and a removed file."""
    folder = tmp_path / "game"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, timeout=60)
    commit(folder, {"board.py": BOARD, "old.py": "unused_name = 1\n"})
    commit(folder, {"board.py": BOARD + MORE, "game.py": GAME})
    commit(folder, {"game.py": GAME.replace("width=3", "width=max_width"), "old.py": None})
    return repository_at(folder)


def tasks_of(repository: Repository, commits: int = 10) -> dict[str, ProjectHole]:
    tasks = history_tasks(repository, HistoryChoice(commits), Path("checkout"))
    holes = [task for task in tasks if not task.quiet]
    return {task.truth: task.question for task in holes if isinstance(task.question, ProjectHole)}


def test_hunks_are_those_that_add_lines() -> None:
    diff = (
        b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -2 +2,2 @@ def f():\n-old\n+++ b/not_a_header\n+new\n"
        b"@@ -9,0 +11 @@\n+more\n\\ No newline at end of file\n@@ -12,3 +13,0 @@\n-x\n-y\n-z\n"
        b"diff --git a/b.py b/b.py\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+first\n"
    )
    assert list(added_hunks(diff)) == [
        Hunk("a.py", 1, 1, 1, 2),
        Hunk("a.py", 9, 0, 10, 1),
        Hunk("b.py", 0, 0, 0, 1, is_new_file=True),
    ]


@needs_git
def test_a_hole_is_an_added_line_in_the_state_before_its_commit(repository: Repository) -> None:
    tasks = history_tasks(repository, HistoryChoice(10), Path("checkout"))
    assert tasks, "the history has lines to complete"
    for task in tasks:
        hole = task.question
        assert isinstance(hole, ProjectHole) and hole.text is not None
        assert hole.text[hole.start : hole.end] == task.truth
    total = next(task for task in tasks if task.truth and "total = self.width * height".endswith(task.truth))
    assert isinstance(total.question, ProjectHole) and total.question.text is not None
    before = total.question.text[: total.question.start]
    assert before.startswith(BOARD) and "square_count" in before, "the lines of the hunk above are typed"
    assert "return total" not in total.question.text, "those below are not"
    assert total.official["following"] == "        return total\n"


@needs_git
def test_a_replaced_line_is_gone(repository: Repository) -> None:
    (hole,) = tasks_of(repository, commits=1).values()
    assert hole.path == "game.py" and hole.text is not None
    assert "width=3" not in hole.text and "print(board.width)" in hole.text[hole.end :]


@needs_git
def test_comments_are_no_holes_and_the_first_commit_has_no_parent(repository: Repository) -> None:
    truths = tasks_of(repository)
    assert any("from board import Board".endswith(truth) for truth in truths)
    assert not any("# begin a game of the given size".endswith(truth) for truth in truths)
    assert not any("unused_name = 1".endswith(truth) for truth in truths)


@needs_git
def test_the_checkout_has_the_files_of_a_commit(repository: Repository) -> None:
    ids = repository.read("log", "--format=%H", "--reverse").decode().split()
    (repository.top / ".dovetail.toml").write_text("[context]\n", encoding="utf-8")
    with Checkout(repository) as checkout:
        held = []
        for commit_id in (ids[0], ids[2], ids[1]):
            checkout.move_to(commit_id)
            held.append(sorted(path.name for path in checkout.folder.iterdir()))
        assert held == [
            [".dovetail.toml", "board.py", "old.py"],
            [".dovetail.toml", "board.py", "game.py"],
            [".dovetail.toml", "board.py", "game.py", "old.py"],
        ]
        assert (checkout.folder / "board.py").read_text(encoding="utf-8") == BOARD + MORE
        assert checkout.folder.name == "game", "some prompts hold the project's name"
    assert not checkout.folder.exists()


@needs_git
def test_tasks_are_the_same_each_time(repository: Repository) -> None:
    first, second = (history_tasks(repository, HistoryChoice(10), Path("checkout")) for _ in range(2))
    assert first == second and len({task.id for task in first}) == len(first)


@needs_git
def test_a_history_without_code_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    commit(repository.top, {"notes.txt": "a note about nothing\n"})
    with pytest.raises(CommandError, match="--commits N"):
        history_tasks(repository, HistoryChoice(1), Path("checkout"))
    with pytest.raises(UsageError, match="no folder"):
        repository_at(tmp_path / "missing")


def test_a_row_becomes_a_task() -> None:
    row = {"id": "1", "commit": "c", "parent": "p", "path": "a.py", "text": "x = 1\n", "start": 4, "end": 5}
    task = HISTORY.to_task(row | {"groundtruth": "1", "following": ""}, Path("checkout"), 0)
    assert (task.group, task.language, task.truth) == ("c:a.py", "python", "1")


@pytest.mark.parametrize(
    ("written", "truth", "share"),
    [
        ("width * height", "width * height", 1.0),
        ("width * depth", "width * height", 6 / 12),
        ("widths", "width", 0.0),
        ("width)", "width", 1.0),
        ("", "width", 0.0),
        ("a", "  ", None),
    ],
)
def test_characters_are_saved_up_to_the_last_right_word(written: str, truth: str, share: float | None) -> None:
    assert characters_saved(written, truth) == share


@needs_git
def test_the_command_answers_a_history(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.jsonl"
    assert main(["eval", str(repository.top), "--history", "--context-only", "--out", str(out)]) == 0
    header, *rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert header["run"]["suite"] == "history" and len(rows) == header["run"]["tasks"]
    game = next(row for row in rows if ":game.py:" in row["id"])
    assert {piece["path"] for piece in game["context"]} <= {"board.py", "old.py"}
    assert "tasks" in capsys.readouterr().out
    assert main(["eval", str(tmp_path), "--history"]) == 2
    assert "has no history" in capsys.readouterr().err


SHOP = (
    "# prices are in cents and never below zero\ndef total(prices):\n    return sum(prices)\n\n\n"
    "def unused_helper(value):\n    return value + 1\n"
)
CHANGED = (
    "# prices are in cents, discounts are in percent\ndef total(prices, discount):\n    whole = sum(prices)\n"
    "    return whole - whole * discount // 100\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """Return a repository whose second commit writes a comment, changes a function and deletes another one."""
    folder = tmp_path / "shop"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, timeout=60)
    commit(folder, {"shop.py": SHOP})
    commit(folder, {"shop.py": CHANGED})
    return repository_at(folder)


def quiet_places(shop: Repository) -> dict[str, list[Row]]:
    commits = recent_commits(shop, 1)
    (hunks,) = [list(added_hunks(shop.read(*DIFF, each.parent, each.id))) for each in commits]
    found: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for hunk in hunks:
        for row in quiet_rows("parent", "commit", hunk, SHOP.splitlines(True), CHANGED.splitlines(True)):
            found[row["quiet"]].append(row)
    return found


@needs_git
def test_silence_is_right_after_a_line_in_prose_and_while_deleting(shop: Repository) -> None:
    found = quiet_places(shop)
    finished = [row["text"][: row["start"]].rpartition("\n")[2] for row in found["finished"]]
    assert "    whole = sum(prices)" in finished and not any(line.startswith("#") for line in finished)
    assert all(row["text"][row["start"]] == "\n" for row in found["finished"])
    (prose,) = found["prose"]
    assert prose["text"][: prose["start"]].startswith("# prices are in cents") and prose["text"][prose["start"]] == "\n"
    halves = {row["text"][: row["start"]].rpartition("\n")[2] for row in found["deleted"]}
    assert halves == {"def total", "    return su", "def unused_h"}, "half of each line; prose is not among them"
    assert all(row["text"].count("\n") == SHOP.count("\n") for row in found["deleted"]), "the rest is still there"
    silent = [row for kind in ("finished", "prose", "deleted") for row in found[kind]]
    assert all(row["start"] == row["end"] and not row["groundtruth"] for row in silent)
    assert found["rejected"], "a place at which something is wanted, but not what was just typed against"
    assert all(row["text"][row["start"] : row["end"]] == row["groundtruth"] != "" for row in found["rejected"])


@needs_git
def test_a_history_has_a_quiet_place_for_four_holes(shop: Repository) -> None:
    lines = "".join(f"    step_{number} = total(prices) + {number}\n" for number in range(12))
    commit(shop.top, {"shop.py": CHANGED + f"\n\ndef report(prices):\n{lines}"})
    tasks = history_tasks(shop, HistoryChoice(1), Path("checkout"))
    assert len(tasks) in (10, 11) and sum(1 for task in tasks if task.quiet) == len(tasks) - 8
    assert len(history_tasks(shop, HistoryChoice(1, with_quiet=False), Path("checkout"))) == 8
    for task in tasks:
        assert bool(task.truth) is (task.quiet in ("", "rejected"))
        scores = score_text(HISTORY.scorers, task.truth, task)
        assert (scores["silence"] is None) is not bool(task.quiet)
        assert (scores["exact_match"] is None) is bool(task.quiet)


@needs_git
def test_a_resumed_history_finds_the_same_context(tmp_path: Path) -> None:
    """What an index knows of former states must not count: a resumed run has not seen them."""
    folder, whole = tmp_path / "shop", tmp_path / "whole.jsonl"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, timeout=60)
    commit(folder, {"pyproject.toml": "[project]\nname = 'shop'\n"})
    texts = {f"part_{part}.py": "" for part in range(4)}
    for number in range(6):
        for part, name in enumerate(texts):
            texts[name] += (
                f"def price_of_order_{number}_{part}(order, discount):\n    amount = order.amount * discount_{number}\n"
                f"    return round_to_cents(amount, order.currency)\n\n\n"
            )
        commit(folder, dict(texts))
    arguments = ["eval", "--history", str(folder), "--context-only", "--per-commit", "4", "--out"]
    assert main([*arguments, str(whole)]) == 0
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    for kept in (3, len(lines) // 2, len(lines) - 2):
        parts = tmp_path / f"parts_{kept}.jsonl"
        parts.write_text("".join(lines[:kept]), encoding="utf-8")
        assert main([*arguments, str(parts), "--resume"]) == 0
        again = [json.loads(line)["context"] for line in parts.read_text(encoding="utf-8").splitlines()[1:]]
        assert again == [json.loads(line)["context"] for line in lines[1:]] and any(again)
