"""From what the retrievers propose to one ranked list. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from dovetail_context.index.record import Symbol
from dovetail_context.retrieve.candidate import Candidate, Evidence

# Windows whose texts are this alike (percent) say the same thing twice; Dice over 0.9 is what others use for chunks.
SAME_TEXT_PERCENT = 90
MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the evidence of all retrievers: `score` is the probability that it is of use."""

    path: str
    start_line: int
    end_line: int
    text: str
    symbol: Symbol | None
    brief: str
    score: float
    reasons: tuple[str, ...]


def rank(candidates: Iterable[Candidate]) -> list[Ranked]:
    """Candidates with equal keys become one; near-doubles among windows keep the best; best first, ties by place."""
    grouped: dict[tuple[str, int, int, str], list[Candidate]] = {}
    for candidate in candidates:
        grouped.setdefault(candidate.key, []).append(candidate)
    ranked = [_merged(same) for same in grouped.values()]
    ranked.sort(key=lambda one: (-one.score, one.path, one.start_line, one.end_line))
    return _without_doubles(ranked)


def _merged(same: list[Candidate]) -> Ranked:
    """Evidence adds up as independent chances do; of one retriever's with the same reason only the best counts."""
    best: dict[tuple[str, str], Evidence] = {}
    for candidate in same:
        key = (candidate.evidence.retriever, candidate.evidence.reason)
        if key not in best or candidate.evidence.gain > best[key].gain:
            best[key] = candidate.evidence
    missed = 1.0
    for evidence in best.values():
        missed *= 1.0 - evidence.gain
    reasons = sorted(best.values(), key=lambda evidence: (-evidence.gain, evidence.reason))
    first = same[0]
    return Ranked(
        first.path,
        first.start_line,
        first.end_line,
        first.text,
        first.symbol,
        first.brief,
        1.0 - missed,
        tuple(dict.fromkeys(evidence.reason for evidence in reasons))[:MAX_REASONS],
    )


def _without_doubles(ranked: list[Ranked]) -> list[Ranked]:
    kept: list[Ranked] = []
    windows: list[Ranked] = []
    for one in ranked:
        if one.symbol is None:
            if any(fuzz.ratio(one.text, other.text, score_cutoff=SAME_TEXT_PERCENT) for other in windows):
                continue
            windows.append(one)
        kept.append(one)
    return kept
