"""`dovetail index`: read a project and count what was found, and what was skipped and why."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from dovetail.cli.output import print_json
from dovetail.cli.reports.project_report import language_lines, root_line, skipped_lines, unread_line
from dovetail.command_errors import UsageError
from dovetail.rules.live import WorkspaceRules
from dovetail.session.caches import index_cache
from dovetail.settings import load_settings
from dovetail_context.api import BuildReport, RootChoice, WorkspaceIndex, choose_root, reading_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", metavar="ROOT", help="the project (default: the one that this folder is in)")
    parser.add_argument("--no-cache", action="store_true", help="read all files, and keep nothing for the next time")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(arguments: argparse.Namespace) -> int:
    choice = RootChoice(Path(arguments.root).resolve()) if arguments.root else choose_root(Path.cwd())
    root = choice.root
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder")
    if choice.narrowed:
        print(choice.narrowed, file=sys.stderr)
    cache = None if arguments.no_cache else index_cache(load_settings())
    index = WorkspaceIndex(root, WorkspaceRules(root).rules.selection, cache)
    report = _build(index)
    index.close()
    reported = {f"{problem.path}: {problem.reason}" for problem in report.problems}
    for problem in index.problems:
        if problem not in reported:
            print(problem, file=sys.stderr)
    if arguments.json:
        print_json(_report_json(choice, report))
    else:
        _print(choice, report)
    return 0


def _build(index: WorkspaceIndex) -> BuildReport:
    console = Console(file=sys.stderr)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)
        return index.build(lambda done, total: bar.update(task, completed=done, total=total))


def _report_json(choice: RootChoice, report: BuildReport) -> dict[str, object]:
    return {
        "root": str(choice.root),
        "reason": choice.reason,
        "files": sum(report.counts.values()),
        "languages": dict(report.counts),
        "reading": {language: reading_of(language) for language in report.counts},
        "unread": dict(report.unread),
        "skipped": [{"path": skipped.path, "reason": skipped.reason} for skipped in report.skipped],
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in report.problems],
        "seconds": round(report.seconds, 3),
    }


def _print(choice: RootChoice, report: BuildReport) -> None:
    print(f"{root_line(choice)}: {sum(report.counts.values())} files in {report.seconds:.2f} s")
    for line in (*language_lines(report), *filter(None, [unread_line(report)]), *skipped_lines(report)):
        print(f"  {line}")
    for problem in report.problems:
        print(f"  {problem.path}: {problem.reason}")
