"""The page of `dovetail bench --html`: what each kind of keystroke costs, and how soon text comes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dovetail.bench.figures import Figures
from dovetail.bench.picture import picture
from dovetail.evaluation.report.parts import header, page, repeat, table
from dovetail.pages.frame import milliseconds, percent, text

OURS = "dovetail"
"""The name of our own answers among the sides."""


def bench_page(
    model: str,
    sides: Mapping[str, Mapping[str, Figures]],
    firsts: Mapping[str, Sequence[float]],
    decoding: str,
    command: str,
) -> str:
    """Return the page.

    `sides` are figures by kind of keystroke, ours first, then those of each peer by its address. `firsts` are the
    milliseconds to the first text, `decoding` is a line about the speed of decoding, `command` makes the bench again.
    """
    mine = sides[OURS]["all"]
    count = mine.first_ms.count
    lead = (
        f"{count} keystrokes that were waited for, model {model}. {percent(mine.reused_share, 1)} of all prompts' "
        f"tokens were in the KV cache already; {decoding}."
    )
    sections = (
        header("Dovetail bench", f"First text after {milliseconds(mine.first_ms.p50)}", lead),
        _curve(firsts),
        *(_figures(name, found, sides[OURS]) for name, found in sides.items()),
        repeat(
            command, "The keystrokes are the same in every run; times are those of this machine and what else it did."
        ),
    )
    return page("Dovetail: bench", sections)


def _curve(firsts: Mapping[str, Sequence[float]]) -> str:
    if not any(firsts.values()):
        return ""
    drawn = picture("", {name: values for name, values in firsts.items() if values})
    lead = "The share of the keystrokes that had their first text within a number of milliseconds."
    return f'<section><h2>How soon text comes</h2><p>{text(lead)}</p><div class="panel scroll">{drawn}</div></section>'


def _figures(name: str, found: Mapping[str, Figures], ours: Mapping[str, Figures]) -> str:
    is_peer = name != OURS
    heads = ("keystroke", "count", "first text p50", "p95", "p99", "in all p50", "p95", "tokens read p50", "p95")
    lines = []
    for kind, each in found.items():
        cells = [
            str(each.first_ms.count),
            *(milliseconds(value) for value in (each.first_ms.p50, each.first_ms.p95, each.first_ms.p99)),
            *(milliseconds(value) for value in (each.total_ms.p50, each.total_ms.p95)),
            *(f"{value:.0f}" for value in (each.read.p50, each.read.p95)),
        ]
        if is_peer:
            mine = ours[kind].first_ms.p50 if kind in ours else 0.0
            cells.append(f"{each.first_ms.p50 / mine:.1f}" if mine else "–")
        lines.append((kind, *cells))
    lead = (
        "Times of the peer over ours in the last column." if is_peer else "By kind of keystroke; the first line is all."
    )
    return table(name, lead, (*heads, "ratio") if is_peer else heads, lines)
