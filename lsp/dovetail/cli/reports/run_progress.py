"""The bar of a long run, with the time left: on a terminal only, on standard error, gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


@contextmanager
def run_progress(what: str, total: int, known: int = 0) -> Iterator[Callable[[], None]]:
    """Yield what to call after each of `total` steps.

    The first `known` of them were made by an earlier run: they take no time, and must not promise a fast end.
    """
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        shown = bar.add_task(what, total=total, completed=known)
        steps = count(1)
        yield lambda: bar.advance(shown) if next(steps) > known else None
