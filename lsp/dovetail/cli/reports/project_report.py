"""What of a project is read, and how: the lines that `index`, `context` and `doctor` share. Pure."""

from __future__ import annotations

from collections import Counter

from dovetail.cli.reports.check import Check
from dovetail_context.api import BuildReport, RootChoice, language_for, reading_of

MAX_SUFFIXES = 6  # of files that no language reads; the rest is a number


def root_line(choice: RootChoice) -> str:
    """Return the root with what makes it one."""
    return f"{choice.root} ({choice.reason})" if choice.reason else str(choice.root)


def language_lines(report: BuildReport) -> list[str]:
    """Return a line for each language: its files, and how they are read."""
    return [
        f"{language}: {files} {'file' if files == 1 else 'files'}, read {reading_of(language)}"
        for language, files in report.counts.items()
    ]


def unread_line(report: BuildReport) -> str:
    """Return one line about the files that no language reads; "" if there are none."""
    if not report.unread:
        return ""
    named = [f"{files} {suffix}" for suffix, files in report.unread[:MAX_SUFFIXES]]
    others = sum(files for _, files in report.unread[MAX_SUFFIXES:])
    return f"not read: {', '.join(named)}{f' and {others} others' if others else ''} (no language for these names)"


def skipped_lines(report: BuildReport) -> list[str]:
    """Return a line for each reason for which files or folders were skipped, the most frequent first."""
    reasons = Counter(skipped.reason for skipped in report.skipped)
    return [f"skipped {count}: {reason}" for reason, count in reasons.most_common()]


def reading_line(path: str, language: str) -> str:
    """Return how the file `path`, whose language has the id `language`, is read."""
    found = language_for(path, language)
    if found is None:
        return f"{path} is in no language that Dovetail reads: its own text alone is used"
    return f"{path} is {found.name}, read {reading_of(found.name)}"


def project_check(choice: RootChoice, report: BuildReport) -> Check:
    """Return the line of `doctor` about a project."""
    counts = ", ".join(f"{files} {language} ({reading_of(language)})" for language, files in report.counts.items())
    unread = unread_line(report)
    found = (
        f"{root_line(choice)}: {counts or 'no source files'}, read in {report.seconds:.1f} s, "
        f"{len(report.skipped)} paths skipped{f', {unread}' if unread else ''}"
    )
    if choice.narrowed:
        return Check("project", "warn", found, choice.narrowed)
    if report.counts:
        return Check("project", "ok", found)
    if report.unread:
        return Check("project", "warn", found, "go on: completion here uses the open file alone, nothing of others")
    if report.skipped:
        return Check("project", "warn", found, f"see why with `dovetail index`: {report.skipped[0].reason}")
    return Check("project", "warn", found, "start dovetail in a folder of a project, or name it: dovetail doctor ROOT")
