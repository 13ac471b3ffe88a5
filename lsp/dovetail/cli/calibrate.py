"""`dovetail calibrate`: find the thresholds that fit the chosen model, by a replay of the user's own history.

Each task is a place where the user typed code, in the state of the project then. The model is asked as it is while one
types. Thresholds are fitted to the earlier tasks and measured on the later ones. They are kept only if they show fewer
suggestions there and save about as many characters; the server then uses them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from datetime import date
from pathlib import Path

from dovetail.cli.output import repeated, write_page
from dovetail.cli.place import positive
from dovetail.cli.remote import Notices, add_remote_argument, remote_layer
from dovetail.cli.reports.run_progress import run_progress
from dovetail.command_errors import CommandError, UsageError
from dovetail.evaluation.answer import Answer, Outcome
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.calibration.calibrate import Proposal, propose
from dovetail.evaluation.calibration.compare import Ratio
from dovetail.evaluation.calibration.fit import MIN_SAMPLES
from dovetail.evaluation.calibration.replay import ReplayAnswerer
from dovetail.evaluation.calibration.samples import sample_of
from dovetail.evaluation.history.answerer import HistoryAnswerer
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.git import repository_at
from dovetail.evaluation.history.suite import HISTORY, HistoryChoice, history_tasks
from dovetail.evaluation.plan import Choice, Plan
from dovetail.evaluation.report.calibration_page import calibration_page
from dovetail.evaluation.run import evaluate, result_row
from dovetail.evaluation.run_file import RunFile
from dovetail.evaluation.task import Task
from dovetail.session.calibrations import (
    CalibrationsError,
    Shown,
    calibrations_path,
    forget_calibrations,
    write_calibrations,
)
from dovetail.session.inference.engine import make_engine
from dovetail.session.inference.models import models_folder
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail_models.api import resolve_model

COMMITS, HOLES_A_COMMIT = 100, 8
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", metavar="ROOT", help="the project (default: this folder's)")
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to calibrate (default: the setting)")
    add_remote_argument(parser)
    parser.add_argument(
        "--commits", type=positive, metavar="N", default=COMMITS, help=f"the last N commits (default: {COMMITS})"
    )
    parser.add_argument(
        "--per-commit",
        type=positive,
        metavar="N",
        default=HOLES_A_COMMIT,
        help=f"the most places of one commit (default: {HOLES_A_COMMIT})",
    )
    parser.add_argument("--until", metavar="COMMIT", default="HEAD", help="the last commit to replay (default: HEAD)")
    parser.add_argument("--out", metavar="RESULTS.jsonl", help="where to write a line for each place")
    parser.add_argument("--resume", action="store_true", help="go on with the results that an interrupted run left")
    parser.add_argument("--html", metavar="FILE", help="write the figures as a page to look at, and open nothing")
    parser.add_argument("--dry-run", action="store_true", help="print what would be kept, and keep nothing")
    parser.add_argument("--forget", action="store_true", help="delete all calibrations: the shipped thresholds hold")


def run(arguments: argparse.Namespace) -> int:
    path = calibrations_path()
    if arguments.forget:
        print(f"deleted {path}" if forget_calibrations(path) else f"there was nothing to delete: {path} is not there")
        return 0
    if arguments.resume and not arguments.out:
        raise UsageError("--resume needs the results of the interrupted run: name them with --out")
    settings = load_settings(
        (COMMAND_LINE, {"model": arguments.model} if arguments.model else {}),
        remote_layer(arguments.remote, arguments.model),
    )
    if settings.remote.url:
        raise UsageError("a server's answers cannot be calibrated: several models may answer there; name a local one")
    with ExitStack() as stack:
        checkout = stack.enter_context(Checkout(repository_at(Path(arguments.root or "."))))
        choice = HistoryChoice(arguments.commits, arguments.until, arguments.per_commit)
        tasks = history_tasks(checkout.repository, choice, checkout.folder)
        _check_enough(len(tasks))
        file = _run_file(arguments, settings, tasks, checkout, stack)
        outcomes: list[Outcome] = []
        try:
            asyncio.run(_replay(tasks, settings, checkout, file, outcomes))
        except KeyboardInterrupt:
            hint = "repeat the command with --resume" if file is not None else "with --out a run can be resumed"
            print(f"dovetail: interrupted after {len(outcomes)} of {len(tasks)} places: {hint}", file=sys.stderr)
            return INTERRUPTED
        samples = [sample_of(outcome.task, outcome.answer) for outcome in outcomes]
    proposal = propose(samples, _model_path(settings).stem, checkout.repository.top.name, date.today().isoformat())
    for line in report(proposal):
        print(line)
    if arguments.html:
        write_page(Path(arguments.html), calibration_page(proposal, samples, repeated()))
    return _keep(proposal, path, arguments.dry_run)


def report(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of what was found."""
    for each in proposal.calibrations:
        thresholds = each.thresholds
        language = "all languages" if each.language == "*" else each.language
        yield (
            f"{language}: nothing below {thresholds.nothing_below:.2f}, a word below {thresholds.word_below:.2f}, "
            f"a line below {thresholds.line_below:.2f}"
        )
        for name, (shipped, calibrated) in (("fitted to", each.fitted), ("held out", each.held_out)):
            yield f"  {name} {shipped.tasks} places: shipped {_counts(shipped)}; calibrated {_counts(calibrated)}"
    yield "calibrated over shipped, on the places held out:"
    comparison = proposal.comparison
    for name, ratio in (("shown", comparison.shown), ("right", comparison.right), ("saved", comparison.saved)):
        yield f"  {name:6} {_ratio(ratio)}"


def _keep(proposal: Proposal, path: Path, is_dry_run: bool) -> int:
    if not proposal.is_better:
        print("kept nothing: on the places held out the new thresholds are not better; replay more with --commits N")
        return 0
    if is_dry_run:
        print("kept nothing, as --dry-run asks: repeat the command without it to use these thresholds")
        return 0
    try:
        write_calibrations(path, proposal.calibrations)
    except CalibrationsError as error:
        raise CommandError(str(error)) from None
    print(f"kept in {path}; running servers use it at once, `dovetail calibrate --forget` undoes it")
    return 0


def _check_enough(tasks: int) -> None:
    if tasks < MIN_SAMPLES:
        raise CommandError(
            f"the history has {tasks} places to replay, and {MIN_SAMPLES} are the fewest that tell anything: "
            "take more with --commits N or --per-commit N"
        )


def _run_file(
    arguments: argparse.Namespace, settings: Settings, tasks: Sequence[Task], checkout: Checkout, stack: ExitStack
) -> RunFile | None:
    if not arguments.out:
        return None
    out = Path(arguments.out)
    if not arguments.resume and out.exists() and out.stat().st_size:
        raise UsageError(f"{out} has results already: add --resume to go on with them, or name another file")
    plan = Plan(HISTORY, checkout.repository.top, None, settings, tuple(tasks), Choice())
    model = _model_path(settings)
    recorded = plan.recorded(f"{model.stem}, {model.stat().st_size} bytes") | {"scorers": [], "replay": "automatic"}
    return stack.enter_context(RunFile(out, recorded, settings_beside=False, resume=arguments.resume))


async def _replay(
    tasks: Sequence[Task], settings: Settings, checkout: Checkout, file: RunFile | None, outcomes: list[Outcome]
) -> None:
    """Ask at all places. `outcomes` gets each outcome as it comes."""
    async with AsyncExitStack() as stack:
        engine = make_engine(settings, Notices().take, several_models=True)
        stack.push_async_callback(engine.close)
        opener = stack.enter_context(ProductAnswerer(engine, settings, with_rules=True, is_private=True))
        advance = stack.enter_context(run_progress("replaying", len(tasks), len(file.rows) if file is not None else 0))

        def note(outcome: Outcome) -> None:
            outcomes.append(outcome)
            advance()

        answerer = HistoryAnswerer(ReplayAnswerer(opener, engine, settings), checkout)
        await evaluate(tasks, answerer, _unscored, result_row, file, note)


def _unscored(task: Task, answer: Answer) -> tuple[dict[str, float | None], str]:
    """Return no scores: a sample scores what would be shown, which the thresholds decide."""
    return {}, ""


def _model_path(settings: Settings) -> Path:
    return resolve_model(settings.model, models_folder()).path


def _counts(shown: Shown) -> str:
    return f"{shown.shown} shown, {shown.right} right, {shown.saved} characters saved"


def _ratio(ratio: Ratio | None) -> str:
    return (
        "not known: none with the shipped thresholds"
        if ratio is None
        else (f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})")
    )
