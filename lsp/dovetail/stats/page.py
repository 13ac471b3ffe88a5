"""The page that draws the counts: one self-contained file."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources

from dovetail.pages import frame
from dovetail.pages.frame import milliseconds, number, percent, text
from dovetail.stats.summary import PERCENTILES, Figures, Summary, share
from dovetail.stats.tally import BANDS, BUCKET_GROWTH, Name, percentile

# How suggestions ended, from the bottom of a day's column to its top.
_ENDS: tuple[tuple[Name, str], ...] = (
    ("whole", "accepted"),
    ("part", "accepted in part"),
    ("typed", "typed through"),
    ("rejected", "rejected"),
)
# The widest drawing of days; older ones are in the table of figures alone.
MAX_DAYS = 60
_WIDTH, _HEIGHT = 920, 200
# Room right of the slowest answers for the words at the percentiles' lines, in widths of a bucket.
_LABEL_BUCKETS = 6


def stats_page(summary: Summary) -> str:
    """Return the whole page as HTML."""
    style = resources.files("dovetail.stats").joinpath("page.css").read_text(encoding="utf-8")
    if not summary.by_day:
        body = _header("Nothing was counted yet", "Complete something in your editor and look again.")
        return frame.page("Dovetail: statistics", style, body)
    days = list(summary.by_day)
    sections = (
        _header(
            "What you kept",
            f"{_day(days[0])} to {_day(days[-1])}, {number(summary.total['answered'])} answers. Only counts are kept, "
            "and only on this computer: no text, no paths, no times of day.",
        ),
        _cards(summary.total),
        _days(summary.by_day),
        _times(summary.total),
        _table("By language", summary.by_language),
        _table("By model", summary.by_model),
        _certainty(summary.total),
    )
    return frame.page("Dovetail: statistics", style, "\n".join(sections))


def _header(title: str, lead: str) -> str:
    return f'<header><p class="over">Dovetail statistics</p><h1>{title}</h1><p class="lead">{lead}</p></header>'


def _cards(figures: Figures) -> str:
    cards = (
        (_share(figures.accepted, figures["shown"]), "accepted", f"of {number(figures['shown'])} suggestions shown"),
        (_percent(figures.kept(30)), "still there after 30 s", "of the accepted characters"),
        (_percent(figures.kept(300)), "still there after 5 min", "of the accepted characters"),
        (number(figures["accepted_characters"]), "characters", "that you did not have to type"),
        (
            _time(figures.all_ms, 0.5),
            "to an answer",
            f"half are faster; 95\u202f% within {_time(figures.all_ms, 0.95)}",
        ),
        (_share(figures["remembered"], figures["answered"]), "from memory", "answered without the model"),
    )
    listed = "".join(
        f'<div class="panel card"><dt>{name}</dt><dd class="figure">{value}</dd><dd class="soft">{lead}</dd></div>'
        for value, name, lead in cards
    )
    return f'<dl class="cards">{listed}</dl>'


def _days(by_day: dict[date, Figures]) -> str:
    last = max(by_day)
    first = max(min(by_day), last - timedelta(days=MAX_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    empty = Figures({}, {}, {})
    most = max(sum(by_day.get(day, empty)[name] for name, _ in _ENDS) for day in days) or 1
    step = _WIDTH / max(len(days), 14)
    columns = []
    for position, day in enumerate(days):
        figures, top = by_day.get(day, empty), float(_HEIGHT)
        for name, _ in _ENDS:
            height = figures[name] / most * (_HEIGHT - 10)
            top -= height
            if height:
                columns.append(
                    f'<rect class="{name}" x="{position * step + step * 0.1:.1f}" y="{top:.1f}" '
                    f'width="{step * 0.8:.1f}" height="{max(height - 1, 0.5):.1f}" rx="2"/>'
                )
        lead = ", ".join(f"{figures[name]} {ended}" for name, ended in _ENDS)
        columns.append(
            f'<rect class="day" x="{position * step:.1f}" y="0" width="{step:.1f}" height="{_HEIGHT}">'
            f"<title>{_day(day)}: {lead}</title></rect>"
        )
    legend = "".join(f'<li><i class="{name}"></i>{ended}</li>' for name, ended in _ENDS)
    return (
        "<section><h2>Day by day</h2><p>How the suggestions ended that were shown.</p>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 24}" role="img" aria-label="Suggestions by day and how they ended">'
        f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>{"".join(columns)}'
        f'<text x="0" y="{_HEIGHT + 18}">{_day(days[0])}</text>'
        f'<text x="{max(len(days) * step, 120):.0f}" y="{_HEIGHT + 18}" class="end">{_day(days[-1])}</text></svg>'
        f'<ul class="legend">{legend}</ul></section>'
    )


def _times(figures: Figures) -> str:
    buckets = figures.all_ms
    if not buckets:
        return ""
    first, last = min(buckets), max(buckets)
    step = _WIDTH / (last - first + 1 + _LABEL_BUCKETS)
    most = max(figures.model_ms.get(bucket, 0) + figures.memory_ms.get(bucket, 0) for bucket in buckets)
    drawn = []
    for bucket in range(first, last + 1):
        top = float(_HEIGHT)
        for name, counted in (("remembered", figures.memory_ms), ("model", figures.model_ms)):
            height = counted.get(bucket, 0) / most * (_HEIGHT - 40)
            top -= height
            if height:
                drawn.append(
                    f'<rect class="{name}" x="{(bucket - first) * step:.1f}" y="{top:.1f}" '
                    f'width="{max(step - 1, 1):.1f}" height="{height:.1f}"/>'
                )
    for row, wanted in enumerate(PERCENTILES):
        at, time = _place(buckets, wanted / 100, first, step), _time(buckets, wanted / 100)
        drawn.append(
            f'<line class="percentile" x1="{at:.1f}" y1="{row * 14}" x2="{at:.1f}" y2="{_HEIGHT}"/>'
            f'<text class="percentile" x="{at + 5:.1f}" y="{row * 14 + 11}">{wanted}\u202f% {time}</text>'
        )
    edges = (
        f'<text x="0" y="{_HEIGHT + 18}">{milliseconds(BUCKET_GROWTH**first)}</text>'
        f'<text x="{(last - first + 1) * step:.0f}" y="{_HEIGHT + 18}" class="end">'
        f"{milliseconds(BUCKET_GROWTH ** (last + 1))}</text>"
    )
    return (
        "<section><h2>How long an answer takes</h2><p>From the request to the answer; each step to the right is a "
        "tenth longer.</p>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 24}" role="img" aria-label="Answers by the time they took">'
        f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>{"".join(drawn)}{edges}</svg>'
        '<ul class="legend"><li><i class="model"></i>by the model</li>'
        '<li><i class="remembered"></i>from memory</li></ul></section>'
    )


def _table(title: str, groups: dict[str, Figures]) -> str:
    heads = ("shown", "accepted", "in part", "kept 30 s", "kept 5 min", "characters", "memory", "p50", "p95", "p99")
    head = "".join(f'<th class="num">{name}</th>' for name in heads)
    lines = "".join(_line(name, figures) for name, figures in groups.items())
    return (
        f'<section><h2>{title}</h2><div class="panel scroll"><table><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></section>"
    )


def _certainty(figures: Figures) -> str:
    if not figures.by_certainty:
        return ""
    lines = "".join(
        f"<tr><th>{percent(band / BANDS)} to {percent((band + 1) / BANDS)}</th>"
        f'<td class="num">{number(shown)}</td><td class="num">{number(rejected)}</td>'
        f'<td class="num">{percent(rejected / shown)}</td></tr>'
        for band, shown, rejected in figures.by_certainty
    )
    return (
        "<section><h2>By certainty</h2><p>The model's mean probability of a token. Many rejections in a band that is "
        "shown speak for <code>dovetail calibrate</code>.</p>"
        '<div class="panel scroll"><table><thead><tr><th></th><th class="num">shown</th><th class="num">rejected</th>'
        f'<th class="num">share</th></tr></thead><tbody>{lines}</tbody></table></div></section>'
    )


def _line(name: str, figures: Figures) -> str:
    cells = (
        number(figures["shown"]),
        number(figures["whole"]),
        number(figures["part"]),
        _percent(figures.kept(30)),
        _percent(figures.kept(300)),
        number(figures["accepted_characters"]),
        _share(figures["remembered"], figures["answered"]),
        *(_time(figures.all_ms, wanted / 100) for wanted in PERCENTILES),
    )
    return f"<tr><th>{text(name)}</th>" + "".join(f'<td class="num">{cell}</td>' for cell in cells) + "</tr>"


def _place(buckets: dict[int, int], wanted: float, first: int, step: float) -> float:
    """Return the position of the bucket that contains a percentile."""
    reached, total = 0, sum(buckets.values())
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= wanted * total:
            return (bucket - first + 0.5) * step
    return 0.0


def _day(day: date) -> str:
    return f"{day.day}\u00a0{day:%B}\u00a0{day.year}"


def _share(part: int, whole: int) -> str:
    return _percent(share(part, whole))


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _time(buckets: dict[int, int], wanted: float) -> str:
    value = percentile(buckets, wanted)
    return "–" if value is None else milliseconds(value)
