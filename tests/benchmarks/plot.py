"""Pictures of measurements as SVG, drawn without a plotting library. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold as a dashed vertical line."""

    name: str
    """What is shown from here on."""
    logprob: float
    """Mean log-probability, in nats a token."""


def reliability_plot(answers: Iterable[tuple[float, bool]], marks: Sequence[Mark]) -> str:
    """Return the share exactly right by mean log-probability, in ten bins of equal size, as SVG.

    An answer is (mean log-probability, exactly right). Raises ValueError where there is no answer.
    """
    sure = sorted(answers)
    if not sure:
        raise ValueError("no answer was shown: nothing can be drawn")
    size = max(1, len(sure) // 10)
    bins = [sure[start : start + size] for start in range(0, size * 10, size)]
    points = [(sum(p for p, _ in one) / len(one), sum(e for _, e in one) / len(one)) for one in bins if one]
    low = min(points[0][0], *(mark.logprob for mark in marks))  # the left edge
    width, height, margin = 560, 320, 48

    def at(logprob: float, right: float) -> tuple[float, float]:
        return margin + (width - 2 * margin) * (1 - logprob / low), height - margin - (height - 2 * margin) * right

    dots = "".join('<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="#1d4ed8"/>'.format(*at(*point)) for point in points)
    line = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in points)
    limits = [(at(mark.logprob, 0)[0], mark.name) for mark in marks]
    thresholds = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{margin}" y2="{height - margin}" '
        f'stroke="#999" stroke-dasharray="4"/><text x="{x + 3:.1f}" y="{margin + 10}">{name}</text>'
        for x, name in limits
    )
    ticks = "".join(
        f'<text x="{margin - 6}" y="{at(0, quarter / 4)[1] + 4:.1f}" text-anchor="end">{quarter * 25} %</text>'
        for quarter in range(5)
    )
    across = "".join(
        f'<text x="{at(low * step / 4, 0)[0]:.1f}" y="{height - margin + 16}" text-anchor="middle">'
        f"{low * step / 4:.1f}</text>"
        for step in range(5)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>{ticks}{across}{thresholds}'
        f'<polyline points="{line}" fill="none" stroke="#1d4ed8"/>{dots}'
        f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">mean log-probability, nats a token</text>'
        f'<text x="{width / 2}" y="20" text-anchor="middle">exactly right, of what is shown</text></svg>\n'
    )
