"""Choose a confidence threshold on half of the projects, and measure it on the other half.

    python -m tests.benchmarks.pipeline.thresholds HOLES.jsonl

HOLES.jsonl is what `pipeline.holes --out` writes. Projects go to either half in turn, in the order of their names. The
threshold is fitted as `dovetail calibrate` does. Ratios are fitted over shipped, on the projects that were not used.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from dovetail.completion.postprocessing.confidence import SHIPPED, Threshold
from dovetail.evaluation.calibration.compare import Ratio, compare
from dovetail.evaluation.calibration.fit import fit, shown_by
from dovetail.evaluation.calibration.samples import Sample
from tests.benchmarks.figures import say
from tests.benchmarks.pipeline.holes import filled_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holes", type=Path, metavar="HOLES.jsonl")
    arguments = parser.parse_args()
    lines = arguments.holes.read_text(encoding="utf-8").splitlines()
    for line in report([filled_of(json.loads(line)).sample for line in lines]):
        say(line)


def report(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield what is fitted to each half, and what it does on the other."""
    halves = _halves(samples)
    for fitted_to, held_out in (halves, halves[::-1]):
        found = fit(fitted_to)
        yield f"{_named(found)}, fitted to {', '.join(_projects(fitted_to))}"
        for name, some in (("fitted to", fitted_to), ("held out", held_out)):
            yield f"  {name}: shipped {_counts(some, SHIPPED)}; fitted {_counts(some, found)}"
        compared = compare(held_out, lambda _: SHIPPED, lambda _, found=found: found)  # type: ignore[misc]
        yield f"  shown {_ratio(compared.shown)}, right {_ratio(compared.right)}, saved {_ratio(compared.saved)}"


def _halves(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    names = _projects(samples)
    first = {name for number, name in enumerate(names) if number % 2 == 0}
    return (
        [sample for sample in samples if _project(sample) in first],
        [sample for sample in samples if _project(sample) not in first],
    )


def _projects(samples: Sequence[Sample]) -> list[str]:
    return sorted({_project(sample) for sample in samples})


def _project(sample: Sample) -> str:
    return sample.group.partition("/")[0]


def _named(threshold: Threshold) -> str:
    return f"nothing below {threshold.least_gain:.1f}, log-odds times {threshold.slope:.2f} {threshold.shift:+.2f}"


def _counts(samples: Sequence[Sample], threshold: Threshold) -> str:
    counted = shown_by(samples, threshold)
    return f"{counted.shown} of {counted.tasks} shown, {counted.right} right, {counted.saved} characters saved"


def _ratio(ratio: Ratio | None) -> str:
    return "not known" if ratio is None else f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


if __name__ == "__main__":
    main()
