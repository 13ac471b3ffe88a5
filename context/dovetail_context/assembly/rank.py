"""From what the retrievers propose to one ranked list. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz import fuzz

from dovetail_context.query import Retrieval
from dovetail_context.records.record import Symbol
from dovetail_context.retrieve.candidate import Candidate, Evidence

# Windows whose texts are this alike (percent) are duplicates. Others use a Dice coefficient over 0.9 for chunks.
SAME_TEXT_PERCENT = 90
MIN_WINDOW_LINES = 3  # what is left of a window that overlaps a better one, to be worth its path line
MAX_REASONS = 3
_EVERYTHING = Retrieval()


class Ranked(NamedTuple):
    """A candidate with the evidence of all retrievers: `score` is the probability that it is useful.

    `retriever` is the one whose evidence is the strongest.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    symbol: Symbol | None
    brief: str
    score: float
    reasons: tuple[str, ...]
    retriever: str = ""


def rank(candidates: Iterable[Candidate], retrieval: Retrieval = _EVERYTHING) -> list[Ranked]:
    """Candidates with equal keys become one; near-doubles among windows keep the best; best first, ties by place.

    Of two windows that overlap, the worse one loses the lines that the better one shows.
    """
    grouped: dict[tuple[str, int, int, str], list[Candidate]] = {}
    for candidate in candidates:
        if candidate.evidence.retriever in retrieval.enabled:
            grouped.setdefault(candidate.key, []).append(candidate)
    ranked = [_merged(same, retrieval) for same in grouped.values()]
    ranked.sort(key=lambda one: (-one.score, one.path, one.start_line, one.end_line, one.text))
    return list(_without_doubles(ranked))


def _merged(same: list[Candidate], retrieval: Retrieval) -> Ranked:
    """Add evidence up as independent probabilities; of one retriever's with the same reason only the best counts."""
    first, evidence = same[0], same[0].evidence
    reasons: tuple[str, ...]
    if len(same) == 1:
        probability, retriever, reasons = _weighted(evidence, retrieval), evidence.retriever, (evidence.reason,)
    else:
        probability, added = _added(same, retrieval)
        retriever, reasons = added[0].retriever, tuple(dict.fromkeys(each.reason for each in added))[:MAX_REASONS]
    return Ranked(
        first.path,
        first.start_line,
        first.end_line,
        first.text,
        first.symbol,
        first.brief,
        probability,
        reasons,
        retriever,
    )


def _added(same: list[Candidate], retrieval: Retrieval) -> tuple[float, list[Evidence]]:
    """Return the probability that all evidence together gives, and the evidence that counts, the strongest first."""
    best: dict[tuple[str, str], Evidence] = {}
    for candidate in same:
        key = (candidate.evidence.retriever, candidate.evidence.reason)
        if key not in best or candidate.evidence.gain > best[key].gain:
            best[key] = candidate.evidence
    missed = 1.0
    for evidence in best.values():
        missed *= 1.0 - _weighted(evidence, retrieval)
    return 1.0 - missed, sorted(best.values(), key=lambda evidence: (-evidence.gain, evidence.reason))


def _weighted(evidence: Evidence, retrieval: Retrieval) -> float:
    """The gain with its odds multiplied by the weight of the retriever: it stays a probability."""
    if not retrieval.weights:
        return evidence.gain
    weight = 1.0
    for name, each in retrieval.weights.items():
        if name == evidence.retriever:
            weight = each
    return weight * evidence.gain / (1.0 - evidence.gain + weight * evidence.gain)


def _without_doubles(ranked: list[Ranked]) -> Iterator[Ranked]:
    windows: list[Ranked] = []
    by_path: dict[str, list[Ranked]] = defaultdict(list)
    for one in ranked:
        if one.symbol is not None:
            yield one
            continue
        rest: Ranked | None = one
        for other in by_path[one.path]:
            rest = _beside(rest, other) if rest is not None else None
        if rest is None or any(fuzz.ratio(rest.text, other.text, score_cutoff=SAME_TEXT_PERCENT) for other in windows):
            continue
        windows.append(rest)
        by_path[rest.path].append(rest)
        yield rest


def _beside(one: Ranked, other: Ranked) -> Ranked | None:
    """Return the longer part of a window before or after another one of the same file; None if little is left."""
    if one.end_line < other.start_line or other.end_line < one.start_line:
        return one
    before, behind = other.start_line - one.start_line, one.end_line - other.end_line
    if max(before, behind) < MIN_WINDOW_LINES:
        return None
    lines = one.text.split("\n")
    if before >= behind:
        return one._replace(end_line=other.start_line - 1, text="\n".join(lines[:before]))
    return one._replace(start_line=other.end_line + 1, text="\n".join(lines[-behind:]))
