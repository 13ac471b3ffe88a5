"""`dovetail stats`: what became of the suggestions on this computer, in figures; and how to be rid of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from dovetail.cli.output import print_json, write_page
from dovetail.cli.place import positive
from dovetail.command_errors import CommandError
from dovetail.stats.page import stats_page
from dovetail.stats.store import StatsError, clear, read, stats_path
from dovetail.stats.summary import Figures, Summary, summarize, summary_json
from dovetail.stats.tally import BANDS, percentile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=positive, metavar="N", help="count the last N days alone (default: all there are)"
    )
    parser.add_argument("--json", action="store_true", help="print the documented JSON object")
    parser.add_argument("--html", metavar="FILE", help="write the figures as a page to look at, and open nothing")
    parser.add_argument("--clear", action="store_true", help="delete all that was counted")


def run(arguments: argparse.Namespace) -> int:
    path = stats_path()
    try:
        if arguments.clear:
            print(f"deleted {path}" if clear(path) else f"there was nothing to delete: {path} is not there")
            return 0
        since = date.today() - timedelta(days=arguments.days - 1) if arguments.days else None
        summary = summarize(read(path, since))
    except StatsError as error:
        raise CommandError(str(error)) from None
    if arguments.html:
        write_page(Path(arguments.html), stats_page(summary))
    if arguments.json:
        print_json(summary_json(summary))
    elif not arguments.html:
        print(_summary_text(summary, path))
    return 0


def _summary_text(summary: Summary, path: Path) -> str:
    if not summary.by_day:
        return f"Nothing was counted yet. Counts will be kept in {path}, and go nowhere else."
    days = list(summary.by_day)
    lines = [f"{days[0]} to {days[-1]}, {len(days)} days with suggestions; {path}", "", _HEADER]
    groups = {"all": summary.total, **summary.by_language}
    if len(summary.by_model) > 1:
        groups |= summary.by_model
    lines.extend(_line(name, figures) for name, figures in groups.items())
    lines.extend(_certainty(summary.total))
    return "\n".join(lines)


_COLUMNS = (
    "shown",
    "accepted",
    "in part",
    "kept 30 s",
    "kept 5 min",
    "characters",
    "memory",
    "p50 ms",
    "p95 ms",
    "p99 ms",
)
_HEADER = " " * 20 + "".join(f"{name:>11}" for name in _COLUMNS)


def _line(name: str, figures: Figures) -> str:
    times = (percentile(figures.all_ms, share) for share in (0.5, 0.95, 0.99))
    remembered = figures["remembered"] / figures["answered"] if figures["answered"] else None
    cells = (
        f"{figures['shown']}",
        f"{figures['whole']}",
        f"{figures['part']}",
        _percent(figures.kept(30)),
        _percent(figures.kept(300)),
        f"{figures['accepted_characters']}",
        _percent(remembered),
        *("-" if time is None else f"{time:.0f}" if time >= 10 else f"{time:.1f}" for time in times),
    )
    return f"{name[:20]:<20}" + "".join(f"{cell:>11}" for cell in cells)


def _certainty(figures: Figures) -> Iterator[str]:
    """Yield the suggestions shown and rejected by the model's certainty, where any were counted."""
    if not figures.by_certainty:
        return
    yield ""
    yield f"{'certainty':<20}{'shown':>11}{'rejected':>11}"
    for band, shown, rejected in figures.by_certainty:
        name = f"{100 * band // BANDS} to {100 * (band + 1) // BANDS} %"
        yield f"{name:<20}{shown:>11}{rejected:>11}{_percent(rejected / shown):>11}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.0f} %"
