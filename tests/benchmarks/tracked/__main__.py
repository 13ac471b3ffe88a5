"""`python -m tests.benchmarks.tracked`: the tracked figures of this checkout, beside those that were kept.

`--update` keeps them, after a change that was meant to change them. `--release VERSION` adds them to the table of
releases, docs/benchmarks/releases.md. `--program` measures another installation of Dovetail on the same tasks.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import date

from tests.benchmarks.figures import say
from tests.benchmarks.tracked.measure import FIGURES, dropped, figures, keep, measure, read_kept
from tests.benchmarks.tracked.releases import Release, add_release


def main() -> int:
    """Return the exit status: 1 where a figure is worse beyond noise."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tracked", description=__doc__)
    parser.add_argument("--update", action="store_true", help="keep these figures as those to compare with")
    parser.add_argument("--release", metavar="VERSION", help="add these figures to the table of releases")
    parser.add_argument("--program", metavar="COMMAND", help="another `dovetail` to measure (default: this checkout's)")
    arguments = parser.parse_args()
    program = shlex.split(arguments.program) if arguments.program else (sys.executable, "-m", "dovetail")
    scores = measure(program)
    found = figures(scores)
    for name, title in FIGURES.items():
        mean = found[name]
        say(f"{title:34} {100 * mean.value:5.1f}  ({100 * mean.low:.1f} to {100 * mean.high:.1f})")
    if arguments.release:
        add_release(Release.of(arguments.release, date.today(), found))
    if arguments.update:
        keep(scores)
        return 0
    lines = dropped(scores, read_kept())
    for line in lines:
        say(f"worse: {line}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
