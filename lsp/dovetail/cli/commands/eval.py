"""`dovetail eval`: answer the tasks of a suite, score the answers, and print figures with their 95 % intervals.

Without `--suite` or `--preset`, tasks are holes in projects on this machine, filled by the same pipeline that serves
editors. A task is a line {"id", "root", "path", "start", "end", "groundtruth", ...}: `root` is relative to the tasks
file; the text of `path` has the ground truth at [start:end] (code points), which is cut out. A result is a line {"id",
"budget", "completion", "context", "tokens", "ms"}, in order, written as it goes; with --names also "names", the rests
of those that the project has behind a dot at the place, with --written also "written", the model's text before it was
shaped, and with --prompts also "prompt".

With `--history` the tasks are the lines that recent commits of a repository added, each in the state of the project
before its commit.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

from dovetail.cli.output import repeated, write_page
from dovetail.cli.place import positive
from dovetail.cli.remote import Notices, add_remote_argument, remote_layer
from dovetail.cli.reports.run_progress import run_progress
from dovetail.command_errors import CommandError, UsageError
from dovetail.evaluation.answer import Answerer, Outcome
from dovetail.evaluation.answering.by_preset import PresetAnswerer
from dovetail.evaluation.answering.from_file import FileAnswerer
from dovetail.evaluation.answering.product import Asking, ProductAnswerer
from dovetail.evaluation.execution.passing import ProgramTests
from dovetail.evaluation.history.answerer import HistoryAnswerer
from dovetail.evaluation.history.breakdown import breakdown
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.git import repository_at
from dovetail.evaluation.history.suite import HISTORY, HOLES_A_COMMIT, HistoryChoice, history_tasks
from dovetail.evaluation.plan import Choice, Plan, choose, chosen
from dovetail.evaluation.presets.registry import PRESETS, preset_named
from dovetail.evaluation.report.comparison import Run
from dovetail.evaluation.report.eval_page import eval_page
from dovetail.evaluation.run import ToRow, evaluate, outcome_of, result_row
from dovetail.evaluation.run_file import Row, RunFile, read_run
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.scoring import RunScoring
from dovetail.evaluation.suites.registry import SUITES, suite_named
from dovetail.evaluation.summary import published, summary
from dovetail.evaluation.task import Task
from dovetail.session.inference.engine import make_engine
from dovetail.session.inference.models import models_folder
from dovetail.settings import COMMAND_LINE, load_settings
from dovetail_models.api import resolve_model

INTERRUPTED = 130
COMMITS = 50
"""Commits of a history, where the user names no number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tasks", metavar="TASKS.jsonl", nargs="?", help="tasks, one JSON object a line; with --history the project"
    )
    parser.add_argument("--history", action="store_true", help="ask for the lines that recent commits added")
    parser.add_argument(
        "--commits", type=positive, metavar="N", help=f"with --history: the last N commits (default: {COMMITS})"
    )
    parser.add_argument(
        "--per-commit",
        type=positive,
        metavar="N",
        help=f"with --history: the most tasks of a commit (default: {HOLES_A_COMMIT})",
    )
    parser.add_argument("--until", metavar="COMMIT", help="with --history: the last of them (default: HEAD)")
    parser.add_argument("--out", metavar="RESULTS.jsonl", help="where to write a line a task")
    parser.add_argument("--resume", action="store_true", help="go on with the results that an interrupted run left")
    parser.add_argument("--suite", metavar="NAME", help="the form of the tasks (default: holes in projects)")
    parser.add_argument("--preset", metavar="NAME", help="ask as a paper or another tool does; implies the suite")
    parser.add_argument("--list", action="store_true", help="list the suites and presets")
    parser.add_argument(
        "--answers",
        metavar="FILE.jsonl",
        help='score these answers, a line {"id", "completion"} each, in place of a model\'s',
    )
    parser.add_argument("--context-only", action="store_true", help="gather context, ask no model")
    parser.add_argument("--names", action="store_true", help="write the names known behind a dot, too")
    parser.add_argument("--written", action="store_true", help="write the model's text before it was shaped, too")
    parser.add_argument("--prompts", action="store_true", help="write each prompt, too")
    parser.add_argument(
        "--plain-layout", action="store_true", help="let the prefix reach up to the cursor, without a frozen anchor"
    )
    parser.add_argument(
        "--no-names", action="store_true", help="let the model write any name behind a dot, known or unknown"
    )
    parser.add_argument("--max-tokens", type=positive, metavar="N", help="maximum length of an answer, in tokens")
    parser.add_argument(
        "--budget", type=int, metavar="N", help="maximum number of tokens from other files (default: the setting)"
    )
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")
    add_remote_argument(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N tasks")
    parser.add_argument("--sample", type=positive, metavar="N", help="only N tasks, drawn at random, always the same")
    parser.add_argument("--language", action="append", default=[], metavar="NAME", help="only this language or set")
    parser.add_argument("--html", metavar="FILE", help="write the figures as a page to look at, and open nothing")
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="RESULTS.jsonl",
        help="with --html: draw the results of another run of the same tasks beside these; may be given for several",
    )
    parser.add_argument("--no-tests", action="store_true", help="run no generated program")


def run(arguments: argparse.Namespace) -> int:
    if arguments.list:
        return _list()
    with ExitStack() as stack:
        checkout = _checkout(arguments, stack)
        plan = _plan(arguments, checkout)
        beside = _beside(plan, arguments)
        file = _run_file(plan, arguments, stack)
        outcomes: list[Outcome] = []
        try:
            asyncio.run(_run(plan, checkout, file, outcomes))
        except KeyboardInterrupt:
            hint = "repeat the command with --resume" if file is not None else "with --out a run can be resumed"
            print(f"dovetail: interrupted after {len(outcomes)} of {len(plan.tasks)} tasks: {hint}", file=sys.stderr)
            return INTERRUPTED
    for line in summary(outcomes):
        print(line)
    if arguments.html:
        write_page(Path(arguments.html), eval_page(outcomes, plan.recorded(_model(plan)), repeated(), beside))
    for line in published(plan.preset) if plan.preset else breakdown(outcomes) if checkout else ():
        print(line)
    return 0


def _beside(plan: Plan, arguments: argparse.Namespace) -> list[Run]:
    """Return the other runs to draw. Raises UsageError where one is of other tasks, CommandError where it cannot be
    read."""
    tasks, scoring = {task.id: task for task in plan.tasks}, RunScoring(plan.scorers, plan.cut)
    runs = []
    for file in map(Path, arguments.beside):
        try:
            settings, rows = read_run(file)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read ({error}): name the results of another run") from None
        if [row["id"] for row in rows] != list(tasks):
            raise UsageError(f"{file} has other tasks than this run: name a run of the same tasks")
        runs.append(Run(settings, tuple(outcome_of(tasks[row["id"]], row, scoring) for row in rows)))
    return runs


def _list() -> int:
    for suite in SUITES:
        print(f"suite  {suite.name:20} {suite.title} ({suite.source})")
    for preset in PRESETS:
        print(f"preset {preset.name:20} {preset.title} ({preset.source})")
    return 0


def _checkout(arguments: argparse.Namespace, stack: ExitStack) -> Checkout | None:
    """Return the folder that holds the project's past states, if its history is asked for."""
    if not arguments.history:
        if arguments.commits or arguments.until or arguments.per_commit:
            raise UsageError(
                "--commits, --per-commit and --until choose of a history: add --history, or leave them out"
            )
        return None
    if arguments.suite or arguments.preset:
        raise UsageError("--history asks for your own lines, not those of a suite: leave --suite and --preset out")
    return stack.enter_context(Checkout(repository_at(Path(arguments.tasks or "."))))


def _plan(arguments: argparse.Namespace, checkout: Checkout | None) -> Plan:
    if arguments.tasks is None and checkout is None:
        raise UsageError("no tasks are named: give a file of tasks; `dovetail eval --list` lists the suites")
    preset = preset_named(arguments.preset) if arguments.preset else None
    suite = HISTORY if checkout else suite_named(arguments.suite or (preset.suite if preset else "holes"))
    if preset is not None and preset.suite != suite.name:
        raise UsageError(f"--preset {preset.name} asks {preset.suite}, not {suite.name}: leave --suite out")
    if preset is not None and arguments.context_only:
        raise UsageError("--context-only asks no model, and a preset is a way to ask one: leave one of them out")
    _check_asking(arguments, preset is not None)
    path = checkout.repository.top if checkout else Path(arguments.tasks)
    choice = Choice(arguments.limit, arguments.sample, languages=tuple(arguments.language))
    flags: dict[str, Any] = {"model": arguments.model, "context_tokens": arguments.budget}
    if suite.name not in ("holes", "history"):
        flags["max_tokens"] = suite.max_tokens
    if arguments.max_tokens is not None:
        flags["max_tokens"] = arguments.max_tokens
    if preset is not None and preset.window:
        flags["context_window"] = preset.window
    named = {name: value for name, value in flags.items() if value is not None}
    settings = load_settings((COMMAND_LINE, named), remote_layer(arguments.remote, arguments.model))
    return Plan(
        suite,
        path,
        preset,
        settings,
        chosen(_history(arguments, checkout).__iter__, choice, path) if checkout else choose(suite, path, choice),
        choice,
        arguments.context_only,
        arguments.names,
        not arguments.no_tests,
        Asking("plain" if arguments.plain_layout else "frozen", not arguments.no_names, arguments.prompts),
        arguments.written,
        Path(arguments.answers) if arguments.answers else None,
    )


def _check_asking(arguments: argparse.Namespace, has_preset: bool) -> None:
    """Raise UsageError where options contradict one another."""
    if arguments.beside and not arguments.html:
        raise UsageError("--beside draws other runs in a page: name the page with --html, or leave --beside out")
    asked = [name for name in ("written", "prompts", "plain_layout", "no_names", "answers") if getattr(arguments, name)]
    if asked and (has_preset or arguments.context_only):
        first = f"--{asked[0].replace('_', '-')}"
        raise UsageError(f"{first} is about the pipeline's answers: leave it out, or --preset and --context-only")
    if arguments.answers and (arguments.prompts or arguments.plain_layout or arguments.no_names):
        raise UsageError("--answers asks no model: leave --prompts, --plain-layout and --no-names out")


def _history(arguments: argparse.Namespace, checkout: Checkout) -> tuple[Task, ...]:
    choice = HistoryChoice(
        arguments.commits or COMMITS, arguments.until or "HEAD", arguments.per_commit or HOLES_A_COMMIT
    )
    return history_tasks(checkout.repository, choice, checkout.folder)


def _run_file(plan: Plan, arguments: argparse.Namespace, stack: ExitStack) -> RunFile | None:
    """Return the opened file of results, if one is wanted."""
    if not arguments.out:
        if arguments.resume:
            raise UsageError("--resume needs the results of the interrupted run: name them with --out")
        return None
    out = Path(arguments.out)
    if arguments.tasks and out.resolve() == Path(arguments.tasks).resolve():
        raise UsageError("--out names the tasks file itself, which would be lost; name another file")
    if not plan.is_documented_form and not arguments.resume and out.exists() and out.stat().st_size:
        raise UsageError(f"{out} has results already: add --resume to go on with them, or name another file")
    recorded = plan.recorded(_model(plan))
    return stack.enter_context(RunFile(out, recorded, settings_beside=plan.is_documented_form, resume=arguments.resume))


def _model(plan: Plan) -> str:
    """Return what identifies the model that answers."""
    settings = plan.settings
    if plan.answers is not None:
        return f"answers of {plan.answers.name}"
    if settings.remote.url:
        return settings.remote.url
    path = resolve_model(settings.model, models_folder()).path
    return f"{path.stem}, {path.stat().st_size} bytes"


async def _run(plan: Plan, checkout: Checkout | None, file: RunFile | None, outcomes: list[Outcome]) -> None:
    """Run all of the plan. `outcomes` gets each outcome as it comes."""
    async with AsyncExitStack() as stack:
        answerer = await _answerer(plan, checkout, stack)
        known = len(file.rows) if file is not None else 0
        advance = stack.enter_context(run_progress("evaluating", len(plan.tasks), known))

        def note(outcome: Outcome) -> None:
            outcomes.append(outcome)
            advance()

        tests = None
        if plan.run_tests and PASSES in plan.scorers:
            tests = ProgramTests(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dovetail-build-"))))
            stack.callback(tests.stop)
        scoring = RunScoring(plan.scorers, plan.cut, tests.verdict if tests else None)
        to_row = _with_more(plan, _documented_row(plan) if plan.is_documented_form else result_row)
        await evaluate(plan.tasks, answerer, scoring, to_row, file, note)


async def _answerer(plan: Plan, checkout: Checkout | None, stack: AsyncExitStack) -> Answerer:
    engine = None
    if not plan.context_only and plan.answers is None:
        engine = make_engine(plan.settings, Notices().take, several_models=True)
        stack.push_async_callback(engine.close)
    if plan.preset is not None and engine is not None:
        return PresetAnswerer(engine, plan.preset)
    of_history = checkout is not None
    opener = ProductAnswerer(
        engine, plan.settings, plan.with_names, asking=plan.asking, with_rules=of_history, is_private=of_history
    )
    stack.enter_context(opener)
    answerer: Answerer = FileAnswerer(opener, plan.answers) if plan.answers else opener
    return HistoryAnswerer(answerer, checkout, opener) if checkout else answerer


def _with_more(plan: Plan, to_row: ToRow) -> ToRow:
    """Return what makes the line of a result with the texts that the user asked for beside it."""

    def row(outcome: Outcome) -> Row:
        more: Row = {"written": outcome.answer.written} if plan.with_written else {}
        return to_row(outcome) | more | ({"prompt": outcome.answer.prompt} if plan.asking.with_prompt else {})

    return row


def _documented_row(plan: Plan) -> ToRow:
    """Return what makes the documented line of a result."""
    budget = plan.settings.context_tokens

    def row(outcome: Outcome) -> Row:
        answer = outcome.answer
        line: Row = {
            "id": outcome.task.id,
            "budget": budget,
            "completion": answer.completion,
            "tokens": dict(answer.tokens),
            "ms": dict(answer.ms),
            "context": [dict(piece) for piece in answer.context],
        }
        return line | ({"names": list(answer.names)} if answer.names is not None else {})

    return row
