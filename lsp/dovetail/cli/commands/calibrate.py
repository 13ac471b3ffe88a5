"""`dovetail calibrate`: find what suits the chosen model, by a replay of the user's own history.

Each task is a place where the user typed code, in the state of the project then. The model is asked as it is while one
types. At some of the earlier tasks it is asked with frozen and plain layout and with less context. Another way than the
usual one is kept only if it is better beyond doubt. Then a threshold is fitted to the earlier tasks and measured on the
later ones. It is kept only if it saves about as many characters there, and shows clearly fewer suggestions or has
clearly more that are right. The server uses what is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

from dovetail.cli.output import repeated, write_page
from dovetail.cli.place import positive
from dovetail.cli.remote import Notices, add_remote_argument, remote_layer
from dovetail.cli.reports.run_progress import run_progress
from dovetail.command_errors import CommandError, UsageError
from dovetail.completion.pipeline import context_budget
from dovetail.completion.tuning import Tuning
from dovetail.evaluation.answer import Answer, Outcome
from dovetail.evaluation.answering.by_task import ByTask
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.calibration.compare import Ratio
from dovetail.evaluation.calibration.fit import MIN_SAMPLES
from dovetail.evaluation.calibration.prompts import Way, best, try_ways, ways
from dovetail.evaluation.calibration.propose import Proposal, earlier, propose
from dovetail.evaluation.calibration.replay import USUAL, ReplayAnswerer
from dovetail.evaluation.calibration.samples import sample_of
from dovetail.evaluation.history.answerer import HistoryAnswerer
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.git import Repository, commit_named, repository_at
from dovetail.evaluation.history.suite import HISTORY, HistoryChoice, history_tasks
from dovetail.evaluation.plan import Choice, Plan
from dovetail.evaluation.report.calibration_page import calibration_page
from dovetail.evaluation.run import evaluate, result_row
from dovetail.evaluation.run_file import RunFile, interrupted_run
from dovetail.evaluation.task import Task
from dovetail.session.calibrations import (
    Calibrations,
    CalibrationsError,
    PromptChoice,
    PromptTrial,
    Shown,
    calibrations_path,
    forget_calibrations,
    write_calibrations,
)
from dovetail.session.inference.engine import make_engine
from dovetail.session.inference.models import models_folder
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail_models.api import model_key, resolve_model

COMMITS, HOLES_A_COMMIT = 100, 8
PROMPT_MINUTES = 20
"""What trying layouts and context sizes may cost by default: a fraction of what the replay of 800 places takes."""
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
    parser.add_argument(
        "--minutes",
        type=minutes,
        metavar="N",
        default=PROMPT_MINUTES,
        help="begin no further trial of layouts and context sizes once the model has worked so long on them; 0 tries "
        f"none (default: {PROMPT_MINUTES})",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be kept, and keep nothing")
    parser.add_argument("--forget", action="store_true", help="delete all calibrations: what is shipped holds")


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
        # A server ends a calibration in the background so, and its folders must be cleared away.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        checkout = stack.enter_context(Checkout(repository_at(Path(arguments.root or "."))))
        until = _until(arguments, checkout.repository)
        choice = HistoryChoice(arguments.commits, until, arguments.per_commit)
        tasks = history_tasks(checkout.repository, choice, checkout.folder)
        _check_enough(len(tasks))
        file = _run_file(arguments, settings, tasks, checkout, until, stack)
        outcomes: list[Outcome] = []
        trials: list[PromptTrial] = []
        try:
            asyncio.run(_calibrate(tasks, settings, arguments.minutes, checkout, file, outcomes, trials))
        except KeyboardInterrupt:
            hint = "repeat the command with --resume" if file is not None else "with --out a run can be resumed"
            print(f"dovetail: interrupted after {len(outcomes)} of {len(tasks)} places: {hint}", file=sys.stderr)
            return INTERRUPTED
        samples = [sample_of(outcome.task, outcome.answer) for outcome in outcomes]
    model = _model_path(settings)
    about = (model.stem, model_key(model), checkout.repository.top.name, date.today().isoformat())
    proposal = propose(samples, *about)
    prompts = _choice(trials, about)
    for line in (*report(proposal), *prompt_report(trials)):
        print(line)
    if arguments.html:
        write_page(Path(arguments.html), calibration_page(proposal, samples, trials, repeated()))
    return _keep(Calibrations(proposal.calibrations if proposal.is_better else (), prompts), path, arguments.dry_run)


def _until(arguments: argparse.Namespace, repository: Repository) -> str:
    """Return the hash of the last commit to replay: that of the interrupted run, where newer ones came meanwhile."""
    if arguments.resume and arguments.until == "HEAD" and Path(arguments.out).exists():
        found = interrupted_run(Path(arguments.out)).get("until")
        if isinstance(found, str):
            return found
    return commit_named(repository, arguments.until)


def minutes(given: str) -> float:
    """Return a number of minutes, 0 or more. Raises argparse.ArgumentTypeError for anything else."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of minutes: give 0 or more")
    return value


def report(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of what was found."""
    for each in proposal.calibrations:
        threshold = each.threshold
        language = "all languages" if each.language == "*" else each.language
        yield (
            f"{language}: nothing below an expected {threshold.least_gain:.1f} characters, "
            f"log-odds times {threshold.slope:.2f} {threshold.shift:+.2f}"
        )
        for name, (shipped, calibrated) in (("fitted to", each.fitted), ("held out", each.held_out)):
            yield f"  {name} {shipped.tasks} places: shipped {_counts(shipped)}; calibrated {_counts(calibrated)}"
    yield "calibrated over shipped, on the places held out:"
    comparison = proposal.comparison
    for name in ("shown", "right", "saved", "disturbing"):
        yield f"  {name:10} {_ratio(getattr(comparison, name))}"


def prompt_report(trials: Sequence[PromptTrial]) -> Iterator[str]:
    """Yield the lines of what was tried of layouts and context sizes."""
    chosen = best(trials)
    for each in trials:
        gain = "" if each is trials[0] else f", {_points(each)} against the usual way"
        yield (
            f"{each.layout} layout, {each.context_tokens} tokens of other files: edit similarity "
            f"{each.similarity:.3f} at {each.places} places{gain}; {each.tokens:.0f} tokens evaluated an answer"
        )
    if chosen is not None:
        reason = "the usual way: no other is better beyond doubt" if chosen is trials[0] else "better beyond doubt"
        yield f"chosen: {chosen.layout} layout, {chosen.context_tokens} tokens ({reason})"


def _points(trial: PromptTrial) -> str:
    mean, low, high = (100 * each for each in trial.gain)
    return f"{mean:+.1f} points ({low:+.1f} to {high:+.1f})"


def _choice(trials: Sequence[PromptTrial], about: tuple[str, str, str, str]) -> tuple[PromptChoice, ...]:
    chosen = best(trials)
    if chosen is None:
        return ()
    model, key, source, day = about
    tokens = None if chosen.context_tokens == trials[0].context_tokens else chosen.context_tokens
    return (PromptChoice(model, key, chosen.layout, tokens, tuple(trials), source, day),)


def _keep(found: Calibrations, path: Path, is_dry_run: bool) -> int:
    if not found.thresholds:
        print("kept no threshold: on the places held out none is clearly better; replay more with --commits N")
    if is_dry_run or found == Calibrations():
        print("kept nothing" + (", as --dry-run asks: repeat the command without it" if is_dry_run else ""))
        return 0
    try:
        write_calibrations(path, found)
    except CalibrationsError as error:
        raise CommandError(str(error)) from None
    print(f"kept in {path}; running servers use it at once, `dovetail calibrate --forget` undoes it")
    return 0


def _check_enough(tasks: int) -> None:
    if tasks < MIN_SAMPLES:
        raise CommandError(
            f"the history has {tasks} places to replay, and at least {MIN_SAMPLES} are needed: "
            "take more with --commits N or --per-commit N"
        )


def _run_file(
    arguments: argparse.Namespace,
    settings: Settings,
    tasks: Sequence[Task],
    checkout: Checkout,
    until: str,
    stack: ExitStack,
) -> RunFile | None:
    if not arguments.out:
        return None
    out = Path(arguments.out)
    if not arguments.resume and out.exists() and out.stat().st_size:
        raise UsageError(f"{out} has results already: add --resume to go on with them, or name another file")
    plan = Plan(HISTORY, checkout.repository.top, None, settings, tuple(tasks), Choice())
    model = _model_path(settings)
    recorded = plan.recorded(f"{model.stem}, {model.stat().st_size} bytes") | {
        "scorers": [],
        "replay": "automatic, with token probabilities",
        "minutes": arguments.minutes,
        "until": until,
    }
    return stack.enter_context(RunFile(out, recorded, settings_beside=False, resume=arguments.resume))


async def _calibrate(
    tasks: Sequence[Task],
    settings: Settings,
    most_minutes: float,
    checkout: Checkout,
    file: RunFile | None,
    outcomes: list[Outcome],
    trials: list[PromptTrial],
) -> None:
    """Try ways to ask at some places, then ask at all of them in the best way. `outcomes` gets each outcome of that as
    it comes, `trials` what was tried."""
    async with AsyncExitStack() as stack:
        engine = make_engine(settings, Notices().take, several_models=True)
        stack.push_async_callback(engine.close)
        opener = stack.enter_context(ProductAnswerer(engine, settings, with_rules=True, is_private=True))

        def asked(tuning: Tuning) -> HistoryAnswerer:
            return HistoryAnswerer(ReplayAnswerer(opener, engine, settings, tuning), checkout, opener)

        async def ask(pairs: Sequence[tuple[Way, Task]]) -> Sequence[Outcome]:
            by_way = ByTask({_trial_id(way, task): asked(_tuning(way)) for way, task in pairs})
            named = [replace(task, id=_trial_id(way, task)) for way, task in pairs]
            with run_progress("trying prompts", len(named), 0) as advance:
                return await evaluate(named, by_way, _unscored, result_row, file, lambda outcome: advance())

        tuning = USUAL
        if most_minutes:
            status = await engine.ensure_ready()
            wanted = [task for task in earlier(tasks) if not task.quiet]
            tried = ways(context_budget(status, settings), status.frozen_anchor)
            trials += await try_ways(tried, wanted, ask, most_minutes)
            chosen = best(trials)
            tuning = _tuning(Way(chosen.layout, chosen.context_tokens)) if chosen is not None else USUAL
        advance = stack.enter_context(run_progress("replaying", len(tasks), 0))

        def note(outcome: Outcome) -> None:
            outcomes.append(outcome)
            advance()

        await evaluate(tasks, asked(tuning), _unscored, result_row, file, note)


def _tuning(way: Way) -> Tuning:
    return Tuning(layout=way.layout, context_tokens=way.context_tokens)


def _trial_id(way: Way, task: Task) -> str:
    return f"{way.name} {task.id}"


def _unscored(task: Task, answer: Answer) -> tuple[dict[str, float | None], str]:
    """Return no scores: a sample scores what would be shown, which the threshold decides."""
    return {}, ""


def _model_path(settings: Settings) -> Path:
    return resolve_model(settings.model, models_folder()).path


def _counts(shown: Shown) -> str:
    disturbing = f", {shown.disturbing} where silence is right" if shown.disturbing else ""
    return f"{shown.shown} shown, {shown.right} right, {shown.saved} characters saved{disturbing}"


def _ratio(ratio: Ratio | None) -> str:
    return (
        "not known: none with the shipped threshold"
        if ratio is None
        else (f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})")
    )
