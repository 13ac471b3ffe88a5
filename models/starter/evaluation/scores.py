"""Scores of a completion against what was there, and paired bootstrap intervals. Pure."""

import random
import re
from collections import Counter
from collections.abc import Sequence

RESAMPLES = 10_000
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def exact_match(completion: str, truth: str) -> float:
    """Equal when stripped (of as many lines as the truth has), as CrossCodeEval and the Qwen2.5-Coder report have
    it."""
    return float(_cut(completion, truth) == truth.strip())


def edit_similarity(completion: str, truth: str) -> float:
    """Indel similarity 2 LCS / (|a| + |b|): what CrossCodeEval and RepoEval compute by fuzz.ratio."""
    one, other = _cut(completion, truth), truth.strip()
    if not one and not other:
        return 1.0
    previous = [0] * (len(other) + 1)
    for character in one:
        current = [0]
        for place, wanted in enumerate(other):
            current.append(previous[place] + 1 if character == wanted else max(previous[place + 1], current[place]))
        previous = current
    return 2 * previous[-1] / (len(one) + len(other))


def identifier_f1(completion: str, truth: str) -> float:
    """F1 of the multisets of identifiers (CrossCodeEval's identifier match)."""
    one, other = Counter(_IDENTIFIER.findall(_cut(completion, truth))), Counter(_IDENTIFIER.findall(truth))
    if not one and not other:
        return 1.0
    return 2 * (one & other).total() / (one.total() + other.total())


def paired_interval(ours: Sequence[float], theirs: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """(mean difference ours - theirs, low and high end of its 95 % paired bootstrap interval)."""
    differences = [one - other for one, other in zip(ours, theirs, strict=True)]
    rng = random.Random(seed)
    count = len(differences)
    means = sorted(sum(rng.choices(differences, k=count)) / count for _ in range(RESAMPLES))
    return sum(differences) / count, means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]


def _cut(completion: str, truth: str) -> str:
    """As many lines, from the first that is not empty, as the truth has."""
    lines = completion.strip("\n").split("\n")
    while len(lines) > 1 and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines[: truth.strip().count("\n") + 1]).strip()
