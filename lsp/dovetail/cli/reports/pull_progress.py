"""How far a pull or a check has come: a bar on a terminal, lines elsewhere, JSON for other programs."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from dovetail_models.api import CatalogEntry, PullProgress

JSON_EVERY_S = 0.25
"""Between two lines of progress; a change of stage, and a note, come at once."""


class PullBar:
    """A bar with rate and time left on a terminal; elsewhere one line for each stage. Notes are lines above it."""

    def __init__(self, entry: CatalogEntry) -> None:
        self.percent = 0
        self._name = entry.name
        self._stage = ""
        self._console = Console(file=sys.stderr)
        self._bar = _bar(self._console, is_off=not self._console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> PullBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def report(self, progress: PullProgress) -> None:
        if progress.note:
            self._console.print(progress.note, highlight=False, markup=False, soft_wrap=True)
        if progress.total and progress.stage == "downloading":
            self.percent = 100 * progress.done // progress.total
        if progress.stage != self._stage:
            self._begin(progress)
        if self._task is not None:
            self._bar.update(self._task, completed=progress.done, total=progress.total)

    def finished(self, path: Path) -> None:
        return

    def _begin(self, progress: PullProgress) -> None:
        self._stage = progress.stage
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        if progress.stage not in ("downloading", "verifying"):
            return
        if self._console.is_terminal:
            # The bytes that are there already count for the bar, not for the rate.
            self._task = self._bar.add_task(
                f"{progress.stage} {self._name}", total=progress.total, completed=progress.done
            )
        else:
            self._console.print(f"{progress.stage} {self._name}", highlight=False, soft_wrap=True)


class PullLines:
    """A JSON object a line on standard output: {"stage", "done", "total", "note"}, last {"stage", "name", "file"}."""

    def __init__(self, entry: CatalogEntry) -> None:
        self.percent = 0
        self._name = entry.name
        self._stage = ""
        self._printed = 0.0

    def __enter__(self) -> PullLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return

    def report(self, progress: PullProgress) -> None:
        if progress.total and progress.stage == "downloading":
            self.percent = 100 * progress.done // progress.total
        now = time.monotonic()
        is_due = progress.stage != self._stage or progress.note or now - self._printed >= JSON_EVERY_S
        if is_due and progress.stage != "done":
            self._stage, self._printed = progress.stage, now
            _print_line(
                {"stage": progress.stage, "done": progress.done, "total": progress.total, "note": progress.note}
            )

    def finished(self, path: Path) -> None:
        _print_line({"stage": "done", "name": self._name, "file": str(path)})


class HashBar:
    """A bar for reading a file; nothing where there is no terminal."""

    def __init__(self, name: str, total: int, is_quiet: bool) -> None:
        console = Console(file=sys.stderr)
        self._bar = _bar(console, is_off=is_quiet or not console.is_terminal)
        self._task = self._bar.add_task(f"reading {name}", total=total)

    def __enter__(self) -> HashBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def report(self, done: int) -> None:
        self._bar.update(self._task, completed=done)


def _bar(console: Console, is_off: bool = False) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=is_off)


def _print_line(value: dict[str, object]) -> None:
    print(json.dumps(value), flush=True)
