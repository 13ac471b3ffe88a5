"""Pictures of measurements as SVG, drawn without a plotting library. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def reliability_plot(parts: Iterable[tuple[float, bool]]) -> str:
    """Return the share exactly right by the probability that the model gave, in ten bins of equal width, as SVG.

    A part is (probability, exactly right). Raises ValueError where there is none.
    """
    sure = sorted(parts)
    if not sure:
        raise ValueError("nothing was written: nothing can be drawn")
    bins = [[one for one in sure if tenth <= min(one[0], 0.999) * 10 < tenth + 1] for tenth in range(10)]
    points = [(sum(p for p, _ in one) / len(one), sum(e for _, e in one) / len(one)) for one in bins if one]
    width, height, margin = 560, 320, 48

    def at(probability: float, right: float) -> tuple[float, float]:
        return margin + (width - 2 * margin) * probability, height - margin - (height - 2 * margin) * right

    dots = "".join('<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="#1d4ed8"/>'.format(*at(*point)) for point in points)
    line = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in points)
    (left, bottom), (right, top) = at(0, 0), at(1, 1)
    calibrated = f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#999" stroke-dasharray="4"/>'
    ticks = "".join(
        f'<text x="{margin - 6}" y="{at(0, quarter / 4)[1] + 4:.1f}" text-anchor="end">{quarter * 25} %</text>'
        for quarter in range(5)
    )
    across = "".join(
        f'<text x="{at(step / 4, 0)[0]:.1f}" y="{height - margin + 16}" text-anchor="middle">{step * 25} %</text>'
        for step in range(5)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>{ticks}{across}{calibrated}'
        f'<polyline points="{line}" fill="none" stroke="#1d4ed8"/>{dots}'
        f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">probability of the part\'s tokens together</text>'
        f'<text x="{width / 2}" y="20" text-anchor="middle">exactly right</text></svg>\n'
    )
