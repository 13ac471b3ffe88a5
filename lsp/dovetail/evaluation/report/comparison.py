"""Several runs of the same tasks in one page: quality against budget, latency and model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dovetail.evaluation.answer import Outcome
from dovetail.evaluation.interval import Mean
from dovetail.evaluation.report.parts import Point, Series, drawing, interval, table
from dovetail.evaluation.run_file import Row
from dovetail.evaluation.summary import latency, means, shown_name
from dovetail.pages.frame import milliseconds

LABELS = 6
"""The most labels of an axis: more would lie upon one another."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run, and its settings as the run file records them."""

    settings: Row
    """The settings."""
    outcomes: tuple[Outcome, ...]
    """Its outcomes."""

    @property
    def model(self) -> str:
        """Return the model's name, with how it was asked where that is not an editor's way."""
        asking = self.settings.get("asking") or {}
        more = [
            word
            for word, holds in (
                ("plain layout", asking.get("layout") == "plain"),
                ("no names", asking.get("use_names") is False),
                (str(self.settings.get("preset")), self.settings.get("preset")),
            )
            if holds
        ]
        return ", ".join([str(self.settings["model"]).partition(",")[0], *more])

    @property
    def budget(self) -> int:
        """Return the most tokens of other files."""
        return int(self.settings["settings"]["context_tokens"])

    def score(self, name: str) -> Mean | None:
        """Return the mean of a score; None where it has none."""
        return means(self.outcomes).get(name)


def comparison(runs: Sequence[Run], score: str) -> tuple[str, ...]:
    """Return the sections that compare runs by a score: a table, and three drawings. None for fewer than two runs."""
    known = [(run, mean) for run in runs if (mean := run.score(score)) is not None]
    if len(known) < 2:
        return ()
    name = shown_name(score)
    largest = max(max(run.budget for run, _ in known), 1)
    slowest = max(max(latency(run.outcomes, 0.5) for run, _ in known), 1.0)
    models = list(dict.fromkeys(run.model for run, _ in known))

    def of_budget(run: Run) -> float:
        return run.budget / largest

    def of_latency(run: Run) -> float:
        return latency(run.outcomes, 0.5) / slowest

    def of_model(run: Run) -> float:
        return (models.index(run.model) + 0.5) / len(models)

    lines = [
        (run.model, str(run.budget), interval(mean), milliseconds(latency(run.outcomes, 0.5)), str(mean.count))
        for run, mean in known
    ]
    lead = f"{name.capitalize()} of each run on the same tasks, with its interval."
    return (
        table("Runs beside one another", lead, ("model", "budget, tokens", name, "p50", "tasks"), lines),
        drawing("Quality against budget", lead, _series(known, of_budget), _numbers(largest, "{:.0f}")),
        drawing("Quality against latency, by run", lead, _series(known, of_latency), _numbers(slowest, "{:.0f} ms")),
        drawing(
            "Quality by model",
            lead,
            _series(known, of_model),
            [((n + 0.5) / len(models), m) for n, m in enumerate(models)],
        ),
    )


def _series(known: Sequence[tuple[Run, Mean]], at: Callable[[Run], float]) -> list[Series]:
    """Return the points of each model, from left to right."""
    found: dict[str, list[Point]] = {}
    for run, mean in known:
        title = f"{run.model}, {run.budget} tokens, {milliseconds(latency(run.outcomes, 0.5))}: {interval(mean)}"
        found.setdefault(run.model, []).append(Point(at(run), mean, title))
    return [Series(model, tuple(sorted(points, key=lambda point: point.x))) for model, points in found.items()]


def _numbers(largest: float, form: str) -> list[tuple[float, str]]:
    return [(step / (LABELS - 1), form.format(largest * step / (LABELS - 1))) for step in range(LABELS)]
