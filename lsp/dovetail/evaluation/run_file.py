"""Run files: a line of JSON for each task, in order, written as it goes, and the settings that they were made with.

A run that was interrupted, at whatever moment, is taken up again where it ended. A line that was not written whole is
dropped, for its task is answered again. The settings must be the same, else the file would mix two runs.

For suites the first line of the file holds the settings: {"run": {...}}. The results of a tasks file have a documented
form, in which each line is a result; their settings are in a file beside it, RESULTS.jsonl.run.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from dovetail.command_errors import CommandError

Row = dict[str, Any]

INFORMATIVE = frozenset({"started", "dovetail"})
"""Settings that may differ when a run is taken up again."""


class RunFile:
    """A run file that is being written. A context manager."""

    def __init__(self, path: Path, settings: Mapping[str, Any], *, settings_beside: bool, resume: bool) -> None:
        """`settings_beside` is whether the settings are in a file of their own; `resume` goes on with what is there.

        Raises CommandError where the file is of a run with other settings, or of no run at all.
        """
        self.path = path
        self._settings = json.loads(json.dumps(settings))
        self._beside = path.with_name(path.name + ".run.json") if settings_beside else None
        self.rows: list[Row] = []
        """The results that the file had already."""
        if resume and path.exists():
            self.rows = self._taken_up()
        else:
            self._begin()
        self._taken = 0
        self._out: TextIO = path.open("a", encoding="utf-8", newline="\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._out.close()

    def take(self, number: int) -> list[Row]:
        """Return the next results that the file had already, at most that number: a run of several parts takes each in
        turn."""
        found = self.rows[self._taken : self._taken + number]
        self._taken += len(found)
        return found

    def add(self, row: Row) -> None:
        """Append a result, at once."""
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._out.flush()

    def _begin(self) -> None:
        text = json.dumps({"run": self._settings}, ensure_ascii=False) + "\n"
        if self._beside is None:
            self.path.write_text(text, encoding="utf-8", newline="\n")
            return
        self.path.write_text("", encoding="utf-8")
        self._beside.write_text(text, encoding="utf-8", newline="\n")

    def _taken_up(self) -> list[Row]:
        """Cut off what was not written whole, and return the results before it."""
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.decode("utf-8").split("\n")[:-1]
        header = (self._beside.read_text(encoding="utf-8") if self._beside.exists() else "") if self._beside else ""
        if self._beside is None:
            header, lines = (lines[0], lines[1:]) if lines else ("", [])
        if not header and not lines:  # interrupted before anything was written
            self._begin()
            return []
        _check_same(self.path, header, self._settings)
        if len(whole) < len(data):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        return list(_rows(self.path, lines))


def interrupted_run(path: Path) -> Row:
    """Return the settings in the first line of a run file, whose last line may be torn; none where it has none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = _json(file.readline())
    found = first.get("run") if isinstance(first, dict) else None
    return found if isinstance(found, dict) else {}


def read_run(path: Path) -> tuple[Row, list[Row]]:
    """Return the settings and the results of a run file. Raises CommandError for a file that is none."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    beside = path.with_name(path.name + ".run.json")
    first = _json(lines[0]) if lines else None
    if isinstance(first, dict) and "run" in first:
        return first["run"], list(_rows(path, lines[1:]))
    settings = _json(beside.read_text(encoding="utf-8")) if beside.exists() else None
    if not isinstance(settings, dict) or "run" not in settings:
        raise CommandError(f"{path} has no settings of a run: give a file that `dovetail eval --out` wrote")
    return settings["run"], list(_rows(path, lines))


def _rows(path: Path, lines: list[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        row = _json(line)
        if not isinstance(row, dict) or "id" not in row:
            raise CommandError(f"{path} has a line that is no result (result {number}): name another file with --out")
        yield row


def _check_same(path: Path, header: str, settings: Row) -> None:
    found = _json(header)
    before = found.get("run") if isinstance(found, dict) else None
    if not isinstance(before, dict):
        raise CommandError(f"{path} is not of a run that can be resumed: name another file with --out")
    for name in sorted({*before, *settings} - INFORMATIVE):
        if before.get(name) != settings.get(name):
            was, now = (_short(each.get(name)) for each in (before, settings))
            raise CommandError(
                f"{path} was made with another {name} ({was}, now {now}): "
                "repeat the command that made it, or name another file with --out"
            )


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}..."
