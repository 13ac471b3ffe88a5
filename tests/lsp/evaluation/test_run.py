"""The loop: interrupted at any moment and resumed, the file and the outcomes are those of one run."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from dovetail.command_errors import CommandError
from dovetail.evaluation.answer import Answer, Outcome, Score
from dovetail.evaluation.run import evaluate, result_row
from dovetail.evaluation.run_file import RunFile
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.scoring import RunScoring
from dovetail.evaluation.summary import means, summary
from dovetail.evaluation.task import Check, Task, TextHole

TASKS = tuple(
    Task(f"{number}", f"{number // 3}", "python" if number % 2 else "go", TextHole("a.py", "x = "), f"f({number})")
    for number in range(20)
)


class Echo:
    """Answers with the truth, or half of it, after a moment. `asked` counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, task: Task) -> Answer:
        self.asked.append(task.id)
        await asyncio.sleep(0.001)
        written = task.truth if int(task.id) % 4 else task.truth[:2]
        return Answer(written, tokens={"context": 3, "prompt": 9}, ms={"total": 5.0}, stop="eos", logprob=-1 / 3)


def scoring() -> RunScoring:
    return RunScoring(("exact_match", "edit_similarity", "identifier_f1"), lambda written, task: written)


def opened(path: Path) -> RunFile:
    return RunFile(path, {"model": "echo"}, settings_beside=False, resume=True)


async def run(path: Path, echo: Echo, seen: list[Outcome]) -> list[Outcome]:
    with opened(path) as file:
        return await evaluate(TASKS, echo, scoring(), result_row, file, seen.append)


async def test_cancelled_anywhere_and_resumed_it_is_one_run(tmp_path: Path) -> None:
    whole = await run(tmp_path / "whole.jsonl", Echo(), [])
    expected = (tmp_path / "whole.jsonl").read_bytes()
    rng = random.Random(3)
    for attempt in range(20):
        path, asked = tmp_path / f"{attempt}.jsonl", 0
        while True:
            echo, seen = Echo(), list[Outcome]()
            running = asyncio.create_task(run(path, echo, seen))
            await asyncio.sleep(rng.random() / 40)
            running.cancel()
            try:
                outcomes = await running
                break
            except asyncio.CancelledError:
                asked += len(echo.asked)
        assert path.read_bytes() == expected
        assert [outcome.scores for outcome in outcomes] == [outcome.scores for outcome in whole]
        assert list(summary(outcomes)) == list(summary(whole)) and seen == outcomes


async def test_what_a_file_has_is_not_asked_again(tmp_path: Path) -> None:
    await run(tmp_path / "a.jsonl", Echo(), [])
    echo = Echo()
    assert len(await run(tmp_path / "a.jsonl", echo, [])) == 20 and echo.asked == []


async def test_results_of_other_tasks_are_refused(tmp_path: Path) -> None:
    await run(tmp_path / "a.jsonl", Echo(), [])
    with opened(tmp_path / "a.jsonl") as file, pytest.raises(CommandError, match="name another --out"):
        await evaluate(TASKS[::-1], Echo(), scoring(), result_row, file, lambda outcome: None)


def outcome(task: Task, scores: Score, note: str = "") -> Outcome:
    return Outcome(task, Answer("x", ms={"total": 10.0}, tokens={"context": 4, "cut": 1}), scores, note)


def test_the_summary_counts_what_was_scored() -> None:
    outcomes = [outcome(TASKS[0], {"passes": 1.0}), outcome(TASKS[4], {"passes": None}, "go not found: install it")]
    lines = list(summary(outcomes))
    assert lines[0] == "2 tasks, 4 tokens of context on average"
    assert lines[1] == "latency p50 10 ms, p95 10 ms"
    assert lines[2].startswith("passes          1.000  (") and lines[2].endswith(", 1 tasks)")
    assert "note: 2 prompts were cut as the preset says, or to the model's window" in lines
    assert lines[-1] == "note: 1 tasks without tests run: go not found: install it"
    assert means(outcomes)["passes"].count == 1 and list(summary([])) == ["no tasks"]


def test_languages_have_lines_of_their_own() -> None:
    lines = list(summary([outcome(task, {"exact_match": 1.0}) for task in TASKS[:4]]))
    assert [line.split(":")[0] for line in lines if " tasks): " in line] == ["go (2 tasks)", "python (2 tasks)"]


def test_tests_are_run_where_there_are_some() -> None:
    checked = Task("t", "g", "python", TextHole("a.py", ""), "1", Check("python", "", ""))
    with_tests = RunScoring(
        (PASSES, "exact_match"), lambda written, task: written.strip(), lambda text, task: (0.0, "")
    )
    assert with_tests(checked, Answer(" 1 ")) == ({"exact_match": 1.0, "passes": 0.0}, "")
    assert with_tests(TASKS[0], Answer("1"))[0] == {"exact_match": 0.0}
    assert RunScoring((PASSES,), lambda written, task: written)(checked, Answer("1")) == ({}, "")
    assert with_tests(checked, Answer(None)) == ({}, "")
