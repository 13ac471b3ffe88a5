"""Summarize the counts: pure. The keys of the JSON form are documented and stay stable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from dovetail.stats.store import Row
from dovetail.stats.tally import BANDS, Name, percentile

PERCENTILES = (50, 95, 99)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """The combined figures of some counts. Times map each bucket to the number of times in it, suggestions each band of
    certainty to their number.
    """

    counts: dict[str, int]
    model_ms: dict[int, int]
    memory_ms: dict[int, int]
    sure_shown: dict[int, int] = field(default_factory=dict)
    sure_rejected: dict[int, int] = field(default_factory=dict)

    def __getitem__(self, name: Name) -> int:
        return self.counts.get(name, 0)

    @property
    def accepted(self) -> int:
        """Suggestions accepted whole or in part."""
        return self["whole"] + self["part"]

    @property
    def all_ms(self) -> dict[int, int]:
        return dict(Counter(self.model_ms) + Counter(self.memory_ms))

    @property
    def by_certainty(self) -> list[tuple[int, int, int]]:
        """Return bands of certainty with the suggestions shown and those of them rejected, the surest first."""
        return [
            (band, self.sure_shown[band], self.sure_rejected.get(band, 0))
            for band in sorted(self.sure_shown, reverse=True)
        ]

    def kept(self, after_s: int) -> float | None:
        """Return the share of the accepted characters that were still there; None if none were checked."""
        name = "kept_30" if after_s == 30 else "kept_300"
        return share(self.counts.get(f"{name}_characters", 0), self.counts.get(f"{name}_of", 0))


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures in total, and by language, model and day; the most answered first, days in order."""

    total: Figures
    by_language: dict[str, Figures]
    by_model: dict[str, Figures]
    by_day: dict[date, Figures]


def summarize(rows: Iterable[Row]) -> Summary:
    rows = list(rows)
    days = _grouped(rows, lambda row: row.day)
    return Summary(
        _figures(rows),
        _most_first(_grouped(rows, lambda row: row.key.language)),
        _most_first(_grouped(rows, lambda row: row.key.model)),
        {day: days[day] for day in sorted(days)},
    )


def share(part: int, whole: int) -> float | None:
    """Return a share, 0 to 1; None of nothing."""
    return part / whole if whole else None


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return the documented object of `dovetail stats --json`."""
    return {
        "total": figures_json(summary.total),
        "by_language": {name: figures_json(figures) for name, figures in summary.by_language.items()},
        "by_model": {name: figures_json(figures) for name, figures in summary.by_model.items()},
        "by_day": {day.isoformat(): figures_json(figures) for day, figures in summary.by_day.items()},
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """Counts, shares (0 to 1) and times (milliseconds); null where there is nothing to take a share of."""
    return {
        "answered": figures["answered"],
        "from_memory": _rounded(share(figures["remembered"], figures["answered"]), 4),
        "shown": figures["shown"],
        "accepted": figures["whole"],
        "accepted_in_part": figures["part"],
        "typed_through": figures["typed"],
        "rejected": figures["rejected"],
        "acceptance": _rounded(share(figures.accepted, figures["shown"]), 4),
        "kept_after_30_s": _rounded(figures.kept(30), 4),
        "kept_after_5_min": _rounded(figures.kept(300), 4),
        "characters_saved": figures["accepted_characters"],
        "by_certainty": [
            {"from": band / BANDS, "to": (band + 1) / BANDS, "shown": shown, "rejected": rejected}
            for band, shown, rejected in figures.by_certainty
        ],
        "ms": {
            kind: {f"p{wanted}": _rounded(percentile(buckets, wanted / 100), 2) for wanted in PERCENTILES}
            for kind, buckets in (
                ("all", figures.all_ms),
                ("model", figures.model_ms),
                ("memory", figures.memory_ms),
            )
        },
    }


_BUCKETED: tuple[Name, ...] = ("model_ms", "memory_ms", "sure_shown", "sure_rejected")
"""The counts by bucket, in the order of the fields of `Figures`."""


def _figures(rows: Iterable[Row]) -> Figures:
    counts: Counter[str] = Counter()
    bucketed: dict[str, Counter[int]] = {name: Counter() for name in _BUCKETED}
    for row in rows:
        if row.key.name in bucketed:
            bucketed[row.key.name][row.key.bucket] += row.count
        else:
            counts[row.key.name] += row.count
    return Figures(dict(counts), *(dict(bucketed[name]) for name in _BUCKETED))


def _grouped(rows: list[Row], key: Callable[[Row], T]) -> dict[T, Figures]:
    groups: defaultdict[T, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: _figures(group) for name, group in groups.items()}


def _most_first(groups: dict[str, Figures]) -> dict[str, Figures]:
    return dict(sorted(groups.items(), key=lambda item: (-item[1]["answered"], item[0])))


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
