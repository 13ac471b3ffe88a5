"""`python -m models.starter curve`: a run's loss.csv as a picture (SVG, drawn here: a plotting library for two lines
is too much)."""

import csv
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 760, 380, 52  # pixels
TICKS = 6


def draw_curve(losses: Path, picture: Path, title: str, tokens_per_step: int) -> None:
    """Training loss as a line and held-out loss as dots, over millions of tokens. Raises ValueError for an empty
    log."""
    trained, held = _read(losses, tokens_per_step)
    if not trained:
        raise ValueError(f"{losses} holds no losses yet")
    picture.write_text(_svg(trained, held, title), encoding="utf-8")


def _read(losses: Path, tokens_per_step: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    trained, held = {}, {}
    with losses.open(newline="", encoding="utf-8") as lines:
        for step, loss, held_out, *_ in csv.reader(lines):  # a resumed run writes a step again: the last one holds
            millions = int(step) * tokens_per_step / 1e6
            trained[millions] = float(loss)
            if held_out:
                held[millions] = float(held_out)
    return sorted(trained.items()), sorted(held.items())


def _svg(trained: Sequence[tuple[float, float]], held: Sequence[tuple[float, float]], title: str) -> str:
    values = [loss for _, loss in (*trained, *held)]
    low, high = min(values), max(values)
    last = trained[-1][0]

    def place(millions: float, loss: float) -> tuple[float, float]:
        across = MARGIN + (WIDTH - 2 * MARGIN) * millions / last
        down = MARGIN + (HEIGHT - 2 * MARGIN) * (high - loss) / max(high - low, 1e-9)
        return round(across, 1), round(down, 1)

    line = " ".join(f"{x},{y}" for x, y in (place(*point) for point in trained))
    dots = "".join('<circle cx="{}" cy="{}" r="3.5" fill="#c2410c"/>'.format(*place(*point)) for point in held)
    labels = []
    for tick in range(TICKS):
        loss, millions = low + (high - low) * tick / (TICKS - 1), last * tick / (TICKS - 1)
        _, y = place(0, loss)
        x, _ = place(millions, low)
        labels.append(f'<text x="{MARGIN - 8}" y="{y + 4}" text-anchor="end">{loss:.2f}</text>')
        labels.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        labels.append(f'<text x="{x}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{millions:.1f}</text>')
    middle, right = WIDTH / 2, WIDTH - MARGIN
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" ',
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>',
            f'<text x="{middle}" y="24" text-anchor="middle">{title}</text>',
            *labels,
            f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">millions of tokens</text>',
            f'<polyline points="{line}" fill="none" stroke="#1d4ed8" stroke-width="1.5"/>{dots}',
            f'<text x="{right}" y="{MARGIN}" text-anchor="end" fill="#1d4ed8">training, weighted</text>',
            f'<text x="{right}" y="{MARGIN + 16}" text-anchor="end" fill="#c2410c">held out</text></svg>\n',
        )
    )
