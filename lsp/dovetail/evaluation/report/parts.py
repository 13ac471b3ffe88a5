"""Parts that the pages share: tables, points with intervals, cases to open. HTML in, HTML out; text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from dovetail.evaluation.interval import Mean
from dovetail.pages import frame
from dovetail.pages.code import rows
from dovetail.pages.frame import percent, text

WIDTH, HEIGHT = 920, 260
_LEFT, _TOP, _BOTTOM = 60, 10, 34
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A share in a drawing, with its interval."""

    x: float
    """Where it is from left to right, from 0 to 1."""
    mean: Mean
    """The share."""
    title: str
    """What the point is, shown by a browser where the pointer rests."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind."""

    name: str
    """What they are."""
    points: tuple[Point, ...]
    """The points, from left to right."""


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to open and look at."""

    title: str
    """Where it is and how good."""
    path: str
    """Its file, whose suffix implies the language."""
    truth: str
    """What the author wrote."""
    written: str
    """What the model wrote."""


def page(title: str, sections: Sequence[str]) -> str:
    """Return a whole page."""
    style = resources.files("dovetail.evaluation.report").joinpath("page.css").read_text(encoding="utf-8")
    return frame.page(title, style, "\n".join(sections))


def header(over: str, title: str, lead: str) -> str:
    """Return the head of a page."""
    return f'<header><p class="over">{text(over)}</p><h1>{text(title)}</h1><p class="lead">{text(lead)}</p></header>'


def table(title: str, lead: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table; the first cell of each line names it."""
    if not lines:
        return ""
    head = "".join(f'<th class="{"num" if number else ""}">{text(name)}</th>' for number, name in enumerate(heads))
    body = "".join(
        f"<tr><th>{text(first)}</th>" + "".join(f'<td class="num">{text(cell)}</td>' for cell in rest) + "</tr>"
        for first, *rest in lines
    )
    return (
        f'<section><h2>{text(title)}</h2><p>{text(lead)}</p><div class="panel scroll"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div></section>"
    )


def drawing(
    title: str,
    lead: str,
    series: Sequence[Series],
    labels: Sequence[tuple[float, str]],
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return points of shares over an axis. `labels` and `marks` are places on it, from 0 to 1, with their words."""
    if not any(one.points for one in series):
        return ""
    drawn = [
        f'<line x1="{_LEFT}" x2="{WIDTH}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>'
        f'<text class="end" x="{_LEFT - 8}" y="{_y(share) + 4:.1f}">{percent(share)}</text>'
        for share in _GRID
    ]
    drawn += [
        f'<text class="middle" x="{_x(at):.1f}" y="{HEIGHT - _BOTTOM + 20}">{text(words)}</text>'
        for at, words in labels
    ]
    for row, (at, words) in enumerate(marks):
        drawn.append(
            f'<line class="mark" x1="{_x(at):.1f}" x2="{_x(at):.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
            f'<text class="end" x="{_x(at) - 5:.1f}" y="{_TOP + 12 + 14 * row}">{text(words)}</text>'
        )
    for number, one in enumerate(series):
        drawn += [_drawn(point, number, (number - (len(series) - 1) / 2) * 9) for point in one.points]
    legend = "".join(
        f'<li><i class="series-{number + 1}"></i>{text(one.name)}</li>' for number, one in enumerate(series)
    )
    return (
        f'<section><h2>{text(title)}</h2><p>{text(lead)}</p><div class="scroll"><svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{text(title)}">{"".join(drawn)}</svg></div><ul class="legend">{legend}</ul></section>'
    )


def cases(title: str, lead: str, some: Sequence[Case]) -> str:
    """Return answers to open one by one."""
    if not some:
        return ""
    listed = "".join(
        f"<details><summary>{text(one.title)}</summary>"
        f'<h4>the author wrote</h4><pre class="code">{rows(one.path, one.truth, first=0)}</pre>'
        + (
            f'<h4>the model wrote</h4><pre class="code">{rows(one.path, one.written, first=0)}</pre></details>'
            if one.written
            else "<h4>nothing was shown</h4></details>"
        )
        for one in some
    )
    return f'<section><h2>{text(title)}</h2><p>{text(lead)}</p><div class="panel cases">{listed}</div></section>'


def repeat(command: str, facts: str) -> str:
    """Return how to make the page again."""
    return (
        f"<section><h2>How to repeat this</h2><p>{text(facts)}</p>"
        f'<pre class="panel repeat">{text(command)}</pre></section>'
    )


def interval(mean: Mean) -> str:
    """Format a share with its interval."""
    return f"{percent(mean.value, 1)} ({100 * mean.low:.1f} to {100 * mean.high:.1f})"


def _drawn(point: Point, number: int, aside: float) -> str:
    x, mean = _x(point.x) + aside, point.mean
    return (
        f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{_y(mean.low):.1f}" y2="{_y(mean.high):.1f}"/>'
        f'<circle class="series-{number + 1}" cx="{x:.1f}" cy="{_y(mean.value):.1f}" r="5">'
        f"<title>{text(point.title)}</title></circle>"
    )


def _x(at: float) -> float:
    return _LEFT + 20 + at * (WIDTH - _LEFT - 40)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM)
