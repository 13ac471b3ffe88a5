"""What a run is going to do: which tasks, asked how, scored how. Everything that the run file records."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from dovetail.command_errors import UsageError
from dovetail.evaluation.answering.product import EDITORS_WAY, Asking
from dovetail.evaluation.presets.preset import Preset
from dovetail.evaluation.suites.suite import Suite, read_tasks
from dovetail.evaluation.task import Task
from dovetail.settings import Settings

FORM = 1
"""The version of the run file's form."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that has not begun."""

    suite: Suite
    """Where the tasks come from."""
    path: Path
    """The file or folder that the user named."""
    preset: Preset | None
    """Who asks: a preset, or None for the pipeline that serves editors."""
    settings: Settings
    """All options."""
    tasks: tuple[Task, ...]
    """The tasks, in the order in which they are asked."""
    choice: Choice
    """How they were chosen from the suite."""
    context_only: bool = False
    """Whether context is gathered and no model asked."""
    with_names: bool = False
    """Whether the names known behind a dot are written, too."""
    run_tests: bool = True
    """Whether generated programs are run."""
    asking: Asking = EDITORS_WAY
    """How the pipeline is asked."""
    with_written: bool = False
    """Whether the model's text before it was shaped is written, too."""
    answers: Path | None = None
    """The file whose answers are scored in place of a model's."""

    @property
    def is_documented_form(self) -> bool:
        """Return whether the results have the documented form of `dovetail eval TASKS.jsonl`."""
        return self.preset is None and self.suite.name == "holes"

    @property
    def scorers(self) -> tuple[str, ...]:
        """Return the names of the scores."""
        return self.preset.scorers if self.preset else self.suite.scorers

    @property
    def cut(self) -> Callable[[str, Task], str]:
        """Return what cuts an answer before it is scored."""
        return self.preset.cut if self.preset else self.suite.cut

    def recorded(self, model: str) -> dict[str, Any]:
        """Return all that the results depend on, as JSON can hold it. `model` identifies the model."""
        return {
            "form": FORM,
            "dovetail": version("dovetail"),
            "suite": self.suite.name,
            "preset": self.preset.name if self.preset else None,
            "source": self.path.name,
            "tasks": len(self.tasks),
            "tasks_sha256": _digest(self.tasks),
            "choice": dataclasses.asdict(self.choice),
            "model": model,
            "context_only": self.context_only,
            "names": self.with_names,
            "run_tests": self.run_tests,
            "asking": dataclasses.asdict(self.asking),
            "written": self.with_written,
            "answers": self.answers.name if self.answers else None,
            "scorers": list(self.scorers),
            "settings": dataclasses.asdict(self.settings),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tasks of a suite to ask."""

    limit: int | None = None
    """Only this many, the first; None for all."""
    sample: int | None = None
    """Only this many, drawn at random; None for all."""
    seed: int = 0
    """Of the draw."""
    languages: tuple[str, ...] = ()
    """Only these languages; none named means all."""


def choose(suite: Suite, path: Path, choice: Choice) -> tuple[Task, ...]:
    """Return the chosen tasks in the order of the suite. Raises UsageError, CommandError."""
    return chosen(lambda: read_tasks(suite, path), choice, path)


def chosen(all_tasks: Callable[[], Iterator[Task]], choice: Choice, path: Path) -> tuple[Task, ...]:
    """Return those of the tasks of `path` that a choice takes, in their order. Raises UsageError."""
    tasks = all_tasks()
    if choice.languages:
        tasks = (task for task in tasks if task.language in choice.languages)
    if choice.sample is None:
        found = list(islice(tasks, choice.limit))
    else:
        everything = list(tasks)
        drawn = random.Random(choice.seed).sample(range(len(everything)), min(choice.sample, len(everything)))
        found = [everything[number] for number in sorted(drawn)][: choice.limit]
    if choice.languages and not found:
        have = dict.fromkeys(task.language for task in all_tasks())
        raise UsageError(f"{path} has no task in {', '.join(choice.languages)}: choose of {', '.join(have)}")
    return tuple(found)


def _digest(tasks: tuple[Task, ...]) -> str:
    """Return a hash of what is asked and what is right, whatever the folder of the tasks."""
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(repr((task.id, task.truth, task.check, sorted(task.official.items()))).encode("utf-8", "replace"))
    return digest.hexdigest()
