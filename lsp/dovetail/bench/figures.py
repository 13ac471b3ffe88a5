"""From answers to figures: percentiles by kind of keystroke, tokens, shares, ratios. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dovetail.bench.sides import Answer
from dovetail.bench.typing import Keystroke


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the late ones of some values."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of some keystrokes: milliseconds to the first text and in all, tokens read, share of prompts reused,
    milliseconds a written token."""

    first_ms: Spread
    total_ms: Spread
    read: Spread
    reused_share: float
    ms_per_token: float


def spread(values: Sequence[float]) -> Spread:
    """Percentiles; all 0 for no values."""
    if not values:
        return Spread(0, 0.0, 0.0, 0.0)
    ordered = sorted(values)
    at = [ordered[min(int(share * len(ordered)), len(ordered) - 1)] for share in (0.95, 0.99)]
    return Spread(len(ordered), statistics.median(ordered), *at)


def figures(answers: Sequence[Answer]) -> Figures:
    """Return the figures of the answers that were waited for."""
    whole = [answer for answer in answers if not answer.dropped]
    prompts = sum(answer.read + answer.reused for answer in whole)
    written = sum(answer.written for answer in whole)
    return Figures(
        spread([answer.first_ms for answer in whole if answer.first_ms is not None]),
        spread([answer.total_ms for answer in whole]),
        spread([answer.read for answer in whole]),
        sum(answer.reused for answer in whole) / max(prompts, 1),
        sum(answer.decode_ms for answer in whole) / max(written, 1),
    )


def by_kind(keystrokes: Sequence[Keystroke], answers: Sequence[Answer]) -> dict[str, Figures]:
    """Figures of all keystrokes, then of each kind that was waited for, in order of first appearance."""
    found = {"all": figures(answers)}
    for kind in dict.fromkeys(keystroke.kind for keystroke in keystrokes):
        chosen = [answer for keystroke, answer in zip(keystrokes, answers, strict=True) if keystroke.kind == kind]
        if any(not answer.dropped for answer in chosen):
            found[kind] = figures(chosen)
    return found


def table(ours: dict[str, Figures], peer: dict[str, Figures] | None) -> list[str]:
    """Return the lines of a readable table; times in milliseconds."""
    first, whole, read = "first text p50/p95/p99 ms", "in all p50/p95 ms", "read p50/p95"
    head = f"{'keystroke':<13}{'count':>6}  {first:>27}  {whole:>19}  {read:>13}"
    lines = [head + ("   peer: first, in all, read; ratio of p50, p95" if peer else "")]
    for kind, mine in ours.items():
        line = (
            f"{kind:<13}{mine.first_ms.count:>6}  {_joined(mine.first_ms, 3):>27}  {_joined(mine.total_ms, 2):>19}"
            f"  {_joined(mine.read, 2):>13}"
        )
        if peer and kind in peer:
            theirs = peer[kind]
            line += (
                f"   {_joined(theirs.first_ms, 3)}, {_joined(theirs.total_ms, 2)}, {_joined(theirs.read, 2)};"
                f" first 1/{_ratio(theirs.first_ms.p50, mine.first_ms.p50)},"
                f" 1/{_ratio(theirs.first_ms.p95, mine.first_ms.p95)},"
                f" in all 1/{_ratio(theirs.total_ms.p50, mine.total_ms.p50)}"
            )
        lines.append(line)
    return lines


def as_json(found: dict[str, Figures]) -> dict[str, object]:
    """Return the figures in a form for programs."""
    return {kind: asdict(each) for kind, each in found.items()}


def _joined(values: Spread, count: int) -> str:
    return "/".join(f"{value:.0f}" for value in (values.p50, values.p95, values.p99)[:count])


def _ratio(theirs: float, mine: float) -> str:
    return f"{theirs / mine:.1f}" if mine else "-"
