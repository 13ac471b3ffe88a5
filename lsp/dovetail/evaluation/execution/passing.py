"""Whether a completion passes the tests of its task: a program is put together, built, and run within limits.

A test that fails says something about the completion only if the author's own answer passes here. So where a
completion fails, the truth is run as well: if that fails too, the task is not scored, and the note says why. A missing
compiler or library is then no wrong answer.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dovetail.evaluation.execution.languages import Language, language_to_run, missing_programs, needed_folders
from dovetail.evaluation.execution.limited import Command, run_limited
from dovetail.evaluation.execution.limits import Ended, Limits
from dovetail.evaluation.task import Case, Check, Task

_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:[eE][+-]?\d+)?")
_PUBLIC_CLASS = re.compile(r"^\s*public\s+(?:final\s+|abstract\s+|strictfp\s+)*class\s+(\w+)", re.MULTILINE)
_CLASS = re.compile(r"\bclass\s+(\w+)")
_TUPLES = re.compile(r"\b(?:Unit|Pair|Triplet|Quartet|Quintet)\s*<")
JAVA_TUPLES = "org.javatuples"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of running a program."""

    passed: bool
    """Whether it did what the check wants."""
    why: str = ""
    """Why it did not, in a few words; empty if it did."""
    refused: bool = False
    """Whether it could not be run here at all."""


class ProgramTests:
    """Runs the checks of tasks."""

    def __init__(self, cache: Path, limits: Limits | None = None) -> None:
        """`cache` is a folder in which compilers may keep what they have built; no program writes there."""
        self._cache = cache
        self._limits = limits
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the program that runs, and all that would follow: the run is given up."""
        self._stopped.set()

    def verdict(self, completion: str, task: Task) -> tuple[float | None, str]:
        """Return 1 if a completion passes, 0 if it fails, and None with a line where that cannot be known here."""
        check = task.check
        if check is None:
            return None, ""
        language = language_to_run(check.language)
        if language is None:
            return None, f"no way to run {check.language} is known: give only other languages with --language"
        if missing := missing_programs(language):
            return None, f"{' and '.join(missing)} not found: install what {check.language} needs"
        ran = run_check(completion, check, language, self._cache, self._limits, self._stopped.is_set)
        if ran.passed:
            return 1.0, ""
        if ran.refused:
            return None, ran.why
        reason = self._unfounded(completion, ran, task, check, language)
        if reason:
            return None, reason
        return 0.0, ""

    def _unfounded(self, completion: str, ran: Ran, task: Task, check: Check, language: Language) -> str:
        """Return why a failure says nothing about a completion; "" if it does."""
        if not task.truth:
            lacks = check.language == "java" and _TUPLES.search(check.before + check.after)
            return f"{JAVA_TUPLES} may be missing: name its jar in CLASSPATH" if lacks and not _class_path() else ""
        if completion != task.truth:
            ran = run_check(task.truth, check, language, self._cache, self._limits, self._stopped.is_set)
        return "" if ran.passed else f"the suite's own answer fails here ({ran.why}): install what its tests need"


def run_check(
    completion: str,
    check: Check,
    language: Language,
    cache: Path,
    limits: Limits | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Ran:
    """Build and run a completion's program for each case of a check."""
    limits = limits or Limits(seconds=check.seconds)
    inserted = json.dumps(completion) if check.as_literal else completion
    with tempfile.TemporaryDirectory(prefix="dovetail-run-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        program = check.before + inserted + check.after
        if language.name == "java":
            language = java_for(program, language)
        (folder / language.file).write_text(program, encoding="utf-8", errors="replace", newline="")
        if language.build:
            ended = _build(folder, language, cache, limits, stopped)
            if ended.end != "exit" or ended.status:
                return Ran(False, _why(ended, "does not compile"), ended.end == "refused")
        readable = [*needed_folders(language), *map(Path, _class_path())]
        for case in check.cases or (None,):
            command = Command(language.run, case.stdin if case else "", readable)
            ended = run_limited(command, folder, limits, stopped)
            if ended.end == "refused":
                return Ran(False, _why(ended, "refused"), refused=True)
            if ended.end != "exit" or ended.status:
                return Ran(False, _why(ended, f"exit status {ended.status}"))
            if case is not None and not matches(ended.output, case, check):
                return Ran(False, "another output")
    return Ran(True)


def java_for(program: str, java: Language) -> Language:
    """Return Java with the file that a program must be in, and the class in which it begins."""
    public = _PUBLIC_CLASS.search(program)
    main = program.rfind("static void main")
    starting = [match[1] for match in _CLASS.finditer(program, 0, max(main, 0))]
    name = public[1] if public else "Problem"
    first = name if public else starting[-1] if starting else name
    file = f"{name}.java"
    path = os.pathsep.join((".", *_class_path()))
    return replace(
        java, file=file, run=(*java.run[:-1], "-cp", path, first), build=(*java.build[:-1], "-cp", path, file)
    )


def _class_path() -> list[str]:
    """Return the user's own Java libraries."""
    return [entry for entry in os.environ.get("CLASSPATH", "").split(os.pathsep) if entry]


def matches(output: str, case: Case, check: Check) -> bool:
    """Return whether an output is one of the expected ones."""
    if check.comparison == "exit":
        return True
    if check.comparison == "number":
        found = _number(output)
        return found is not None and any(_is_near(found, _number(each)) for each in case.expected)
    return any(_lines(output) == _lines(each) for each in case.expected)


def _build(folder: Path, language: Language, cache: Path, limits: Limits, stopped: Callable[[], bool]) -> Ended:
    """Build a program. That does not run it, so the compiler may keep a cache."""
    environment: dict[str, str] = {}
    if language.name == "java":
        _stand_in_for_tuples(folder)
    if language.name == "go":
        (folder / "go.mod").write_text("module solution\n", encoding="utf-8")
        environment = {"GOCACHE": str(cache), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    readable = [*needed_folders(language), *map(Path, _class_path())]
    wider = Limits(
        max(language.build_seconds, limits.seconds), limits.memory_bytes * 2, file_bytes=limits.file_bytes * 10
    )
    command = Command(language.build, "", readable, (cache,), environment)
    return run_limited(command, folder, wider, stopped)


def _stand_in_for_tuples(folder: Path) -> None:
    """MultiPL-E's programs import javatuples whether they use it or not: an empty package lets those compile that do
    not. Those that do still fail, unless CLASSPATH names the library."""
    package = folder.joinpath(*JAVA_TUPLES.split("."))
    package.mkdir(parents=True)
    (package / "Nothing.java").write_text(f"package {JAVA_TUPLES};\nclass Nothing {{}}\n", encoding="utf-8")


def _why(ended: Ended, otherwise: str) -> str:
    if ended.end == "exit":
        return otherwise
    if ended.end == "refused":
        return " ".join(ended.errors.split()) or "it could not be limited"
    return {"time": "out of time", "memory": "out of memory"}.get(ended.end, f"over the limit of {ended.end}")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _number(text: str) -> float | None:
    """Return the last number of a text."""
    found = _NUMBER.findall(text)
    try:
        return float(found[-1].replace(",", "")) if found else None
    except ValueError:
        return None


def _is_near(found: float, wanted: float | None) -> bool:
    return wanted is not None and math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-3)
