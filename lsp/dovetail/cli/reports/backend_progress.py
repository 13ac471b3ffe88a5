"""The progress of `dovetail backend`: a bar on a terminal; elsewhere a line for each step and each quarter of it."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """What is being done. Standard output stays free for the result."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=self._console, transient=True
        )
        self._task: TaskID | None = None
        self._title, self._quarters = "", 0

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def begin(self, title: str) -> None:
        """Begin a step; the previous one has ended."""
        self._title, self._quarters = title, 0
        if not self._console.is_terminal:
            print(title, file=sys.stderr, flush=True)
            return
        self.pause()
        self._task = self._progress.add_task(title, total=None)
        self._progress.start()

    def advance(self, done: int, total: int) -> None:
        """Report how far the step is, in any unit; `total` is 0 if nobody knows."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None)
        elif total and done * 4 // total > self._quarters:
            self._quarters = done * 4 // total
            print(f"{self._title}: {self._quarters * 25} %", file=sys.stderr, flush=True)

    def pause(self) -> None:
        """Leave the terminal to others."""
        if self._task is not None:
            self._progress.stop()
            self._progress.remove_task(self._task)
            self._task = None
