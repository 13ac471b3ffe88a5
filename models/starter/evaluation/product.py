"""The product through its command line: `dovetail eval` in a process of its own. Nothing of it is imported here."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.starter.evaluation.tasks import Task

LINE_TOKENS = 64
BLOCK_TOKENS = 160  # for holes of several lines


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion of the product: the model's text, what a user would see of it, and what the model was shown."""

    written: str
    shown: str
    prompt: str
    names: tuple[str, ...]


class Product:
    """Runs `dovetail eval` on tasks."""

    def __init__(
        self, tasks: Sequence[Task], program: Sequence[str] = (sys.executable, "-E", "-m", "dovetail")
    ) -> None:
        self._tasks = tasks
        self._program = program

    def ask(self, model: Path, *, budget: int, is_anchored: bool) -> dict[str, Answer]:
        """Task id to the answer with at most `budget` tokens of other files. `is_anchored`: the prefix ends where the
        line begins, and the line so far is forced after the end marker. Raises subprocess.CalledProcessError."""
        several_lines = any("\n" in task.truth for task in self._tasks)
        options = ["--model", str(model), "--budget", str(budget), "--written", "--prompts", "--names"]
        options += ["--max-tokens", str(BLOCK_TOKENS if several_lines else LINE_TOKENS)]
        rows = self._rows([*options, *([] if is_anchored else ["--plain-layout"])])
        return {
            id: Answer(row["written"], row["completion"], row["prompt"], tuple(row["names"]))
            for id, row in rows.items()
        }

    def show(self, completions: Mapping[str, str]) -> dict[str, str]:
        """Task id to what a user would see of a completion that somebody else wrote."""
        with tempfile.TemporaryDirectory(prefix="starter-answers-") as folder:
            answers = Path(folder) / "answers.jsonl"
            lines = (json.dumps({"id": id, "completion": text}) + "\n" for id, text in completions.items())
            answers.write_text("".join(lines), encoding="utf-8")
            rows = self._rows(["--answers", str(answers)], set(completions))
        return {id: row["completion"] for id, row in rows.items()}

    def _rows(self, options: Sequence[str], only: set[str] | None = None) -> dict[str, dict[str, object]]:
        with tempfile.TemporaryDirectory(prefix="starter-eval-") as folder:
            tasks, out = Path(folder) / "tasks.jsonl", Path(folder) / "results.jsonl"
            chosen = [task for task in self._tasks if only is None or task.id in only]
            tasks.write_text("".join(json.dumps(_row(task)) + "\n" for task in chosen), encoding="utf-8")
            command = [*self._program, "eval", str(tasks), "--out", str(out), *options]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            return {row["id"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}


def _row(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "root": str(task.root.resolve()),
        "path": task.path,
        "start": len(task.prefix),
        "end": len(task.prefix) + len(task.truth),
        "groundtruth": task.truth,
        "language": task.language,
    }
