"""A picture of a replay: the share of keystrokes that have their first text within a number of milliseconds. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

Scale = Callable[[float], float]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 50
COLOURS = ("#0072b2", "#d55e00", "#009e73")
SHARES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


def picture(title: str, series: Mapping[str, Sequence[float]]) -> str:
    """Return an SVG with one rising line for each series of milliseconds, on a logarithmic scale."""
    values = [max(value, 0.1) for each in series.values() for value in each] or [1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    high = max(high, low + 1)

    def x(ms: float) -> float:
        return LEFT + (math.log10(max(ms, 0.1)) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="22" font-size="14">{_escaped(title)}</text>',
            *(_grid(x, y, low, high)),
            *(line for i, (name, each) in enumerate(series.items()) for line in _line(x, y, i, name, sorted(each))),
            f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle">milliseconds to the first text'
            "</text>",
            "</svg>",
            "",
        )
    )


def _grid(x: Scale, y: Scale, low: int, high: int) -> Iterator[str]:
    for power in range(low, high + 1):
        at = x(10.0**power)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{10.0**power:g}</text>'
    for share in SHARES:
        at = y(share)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{share:.0%}</text>'


def _line(x: Scale, y: Scale, number: int, name: str, values: Sequence[float]) -> Iterator[str]:
    colour = COLOURS[number % len(COLOURS)]
    points = " ".join(f"{x(value):.1f},{y((i + 1) / len(values)):.1f}" for i, value in enumerate(values))
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield f'<text x="{LEFT + 12}" y="{TOP + 18 + 18 * number}" style="fill:{colour}">{_escaped(name)}</text>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
