"""`dovetail backend`: which llama.cpp build is installed, what this machine could use, and the switch to it."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import importlib.metadata
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import sys_tags

from dovetail.cli.output import print_json
from dovetail.cli.reports.backend_progress import Steps
from dovetail.cli.reports.backend_text import (
    advice_lines,
    compile_line,
    installed_lines,
    machine_lines,
    plan_line,
    success_line,
)
from dovetail.command_errors import CommandError, UsageError
from dovetail_models.api import (
    BACKENDS,
    LLAMA_CPP_PROJECT as PROJECT,
    RECIPES,
    Advice,
    Backend,
    BuildReport,
    Environment,
    Failure,
    FileLock,
    FoundWheel as Found,
    Installer,
    LocalProbes,
    Outcome,
    Platform as Machine,
    Replacement,
    Trial,
    advise,
    asked_to_leave,
    clean_installation as clean,
    detect_drivers as detect,
    fetch_wheel as fetch,
    find_installer,
    find_wheel,
    index_address,
    installed_build as installed,
    journal_exists,
    prepare_environment as prepare,
    read_links,
    repair_installation as repair,
    replace_build as replace,
    run_trial,
    running_environment,
    running_hosts as running,
    shell_line,
    step_of,
    write_practice_model,
)

AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "backend", nargs="?", choices=(AUTO, *BACKENDS), help="what to install (default: show what there is)"
    )
    parser.add_argument("--yes", action="store_true", help="install without asking")
    parser.add_argument("--index", metavar="URL", help="the wheel index to use (default: llama-cpp-python's own)")
    parser.add_argument("--compile", action="store_true", help="compile llama.cpp here instead of taking a wheel")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(arguments: argparse.Namespace) -> int:
    if arguments.backend is None and (arguments.compile or arguments.yes):
        raise UsageError(f"name what to install: {AUTO}, {', '.join(BACKENDS)}")
    environment = running_environment()
    if arguments.backend is None and not journal_exists(environment.state):
        return _show(environment, detect(LocalProbes()), arguments.json)
    with _alone(environment):
        back = repair(environment, lambda names: find_installer().remove(names))
        if back is not None:
            was = f"{PROJECT} {back} is back" if back else f"no {PROJECT} is installed, as before"
            print(f"an installation did not finish and was undone: {was}", file=sys.stderr)
            prepare(environment)  # The repair has removed its folders.
        machine = detect(LocalProbes())
        if arguments.backend is None:
            return _show(environment, machine, arguments.json)
        return _Switch(arguments, environment, find_installer(), machine).run()


@contextmanager
def _alone(environment: Environment) -> Iterator[None]:
    """Hold the environment's lock. Raises CommandError if another run has it."""
    prepare(environment)
    lock = FileLock.take(environment.state / "lock")
    if lock is None:
        raise CommandError("another `dovetail backend` changes this environment: wait until it has ended")
    try:
        yield
    finally:
        if not journal_exists(environment.state):
            clean(environment)  # For example, a partial download.
        lock.release()
        with suppress(OSError):  # Something in it is still needed.
            environment.state.rmdir()


def _show(environment: Environment, machine: Machine, as_json: bool) -> int:
    trial = _look(environment)
    advice = advise(machine)
    if as_json:
        print_json(
            {"installed": _trial_json(trial), "machine": dataclasses.asdict(machine), **dataclasses.asdict(advice)}
        )
    else:
        print(*installed_lines(trial), *machine_lines(machine), *advice_lines(advice), sep="\n")
    return 1 if trial is None or isinstance(trial, Failure) else 0


def _look(environment: Environment) -> Trial | None:
    """Return the installed build, wherever it is imported from; None if there is none."""
    trial = run_trial(None)
    return None if isinstance(trial, Failure) and installed(environment.site) is None else trial


@dataclass(frozen=True, slots=True)
class _Switch:
    """One installation, from the choice to the last line."""

    arguments: argparse.Namespace
    environment: Environment
    installer: Installer
    machine: Machine

    def run(self) -> int:
        wanted: Backend | None = None if self.arguments.backend == AUTO else self.arguments.backend
        advice = advise(self.machine, wanted)
        if not advice.candidates and not self.arguments.compile:
            raise CommandError("; ".join(advice.notes))
        for note in advice.notes:
            print(f"note: {note}", file=sys.stderr)
        with Steps() as steps:
            steps.begin("looking at the installed build")
            there = _look(self.environment)
            if self.arguments.compile:
                return self._compile(wanted or advice.candidates[0].backend, there, steps)
            return self._from_wheel(advice, there, steps)

    def _from_wheel(self, advice: Advice, there: Trial | None, steps: Steps) -> int:
        index = index_address(self.arguments.index)
        steps.begin("reading the wheel index")
        found = find_wheel(advice.candidates, _versions(), list(sys_tags()), lambda tag: read_links(index, tag))
        steps.pause()
        for miss in found.misses:
            print(f"note: {miss}", file=sys.stderr)
        if found.candidate is None or found.wheel is None:
            raise CommandError(f"no wheel fits this machine: {self._how_to_compile(advice.candidates[0].backend)}")
        if (reason := self._nothing_to_do(found, there)) is not None:
            if found.misses:
                print(f"note: {self._how_to_compile(advice.candidates[0].backend)}", file=sys.stderr)
            return self._report({"result": "nothing to do", "reason": reason}, f"nothing to do: {reason}")
        self._confirm(plan_line(found.candidate, found.wheel, there))
        self._check_hosts()
        steps.begin(f"downloading {found.wheel.link.name}")
        wheel = fetch(found.wheel.link, self.environment.staged, steps.advance)
        replacement = Replacement(wheel, found.candidate.backend, found.candidate.cuda)
        return self._replace(replacement, there, steps, found.candidate.tag)

    def _compile(self, backend: Backend, there: Trial | None, steps: Steps) -> int:
        steps.pause()
        versions = str(_versions())
        self._confirm(compile_line(backend, versions, there))
        self._check_hosts()
        steps.begin(f"compiling {PROJECT} for {backend}")

        def on_line(line: str) -> None:
            if (step := step_of(line)) is not None:
                steps.advance(*step)

        wheel = self.installer.compile(backend, versions, self.environment.staged, on_line)
        return self._replace(Replacement(wheel, backend), there, steps, "compiled")

    def _replace(self, replacement: Replacement, there: Trial | None, steps: Steps, tag: str) -> int:
        with tempfile.TemporaryDirectory(prefix="dovetail-") as folder:
            practice = Path(folder) / "practice.gguf"
            write_practice_model(practice)
            steps.begin("measuring the installed build")
            before = run_trial(practice) if isinstance(there, BuildReport) else there
            outcome = replace(
                self.environment, replacement, self.installer, before, lambda: run_trial(practice), steps.begin
            )
        steps.pause()
        return self._tell(replacement.backend, tag, before, outcome)

    def _tell(self, backend: Backend, tag: str, before: Trial | None, outcome: Outcome) -> int:
        answer = {"backend": backend, "tag": tag, "before": _trial_json(before), "after": _trial_json(outcome.after)}
        if outcome.objection:
            back = before.version if isinstance(before, BuildReport) else "what was there"
            line = f"the {backend} build ({tag}) was not kept: {outcome.objection}. {back} is back in its place"
            if isinstance(outcome.after, Failure) and not self.arguments.compile:
                line += f"; `dovetail backend {backend} --compile` builds one for this machine"
            if self.arguments.json:
                print_json({"result": "rolled back", "reason": outcome.objection, **answer})
                return 1
            raise CommandError(line)
        assert isinstance(outcome.after, BuildReport)  # `judge` objects to failures.
        hosts = _restart_hosts()
        lines = [success_line(backend, before, outcome.after), *hosts]
        return self._report({"result": "installed", "hosts": hosts, **answer}, *lines)

    def _nothing_to_do(self, found: Found, there: Trial | None) -> str | None:
        """Return why `auto` leaves the installed build alone; None if it does not."""
        assert found.candidate is not None and found.wheel is not None
        if self.arguments.backend != AUTO or not isinstance(there, BuildReport):
            return None
        if found.candidate.backend == "cpu":
            return f"{PROJECT} {there.version} works, and no GPU wheel fits this machine"
        if there.gpus and there.version == str(found.wheel.version):
            return f"{PROJECT} {there.version} uses {there.gpus[0].description.strip()} already"
        return None

    def _how_to_compile(self, backend: Backend) -> str:
        line = shell_line(backend, sys.executable, str(_versions()), self.machine.system == "Windows")
        return (
            f"`dovetail backend {backend} --compile` compiles it, which needs {RECIPES[backend].needs}; by hand: {line}"
        )

    def _confirm(self, plan: str) -> None:
        if self.arguments.yes:
            print(plan, file=sys.stderr)
            return
        if not sys.stdin.isatty():
            raise UsageError(f"nobody can be asked here whether to {plan}: add --yes")
        print(f"{plan}\nThe build from before is put back if the new one fails.", file=sys.stderr)
        print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
        if input().strip().lower() not in ("y", "yes"):
            raise CommandError("nothing was changed: answer y, or add --yes, to install")

    def _check_hosts(self) -> None:
        """Windows replaces no library that a process has loaded."""
        if self.machine.system == "Windows" and (kept := _busy_hosts()):
            raise CommandError(f"process {kept[0]} has llama.cpp loaded: close the editors that use Dovetail first")

    def _report(self, answer: dict[str, Any], *lines: str) -> int:
        if self.arguments.json:
            print_json(answer)
        else:
            print(*lines, sep="\n")
        return 0


def _versions() -> SpecifierSet:
    """Return the versions of llama-cpp-python that this Dovetail supports, according to its own metadata."""
    for text in importlib.metadata.requires("dovetail") or ():
        requirement = Requirement(text)
        if requirement.name == PROJECT:
            return requirement.specifier
    raise CommandError("Dovetail's metadata does not name llama-cpp-python: install Dovetail again")


def _busy_hosts() -> list[int]:
    """Ask hosts without clients to leave; return the process numbers of the others."""

    async def ask() -> list[int]:
        return [card.pid for _, card in running() if not await asked_to_leave(card)]

    return asyncio.run(ask())


def _restart_hosts() -> list[str]:
    """Return a line for each process that still runs the old build, because an editor uses it."""
    return [
        f"process {pid} still runs the old build for an open editor: restart Dovetail there" for pid in _busy_hosts()
    ]


def _trial_json(trial: Trial | None) -> dict[str, Any] | None:
    if trial is None:
        return None
    return {"problem": trial.reason} if isinstance(trial, Failure) else dataclasses.asdict(trial)
