"""`Offers`: what a retriever found, added up by definition before anything is rendered.

The same object is often found in many ways, and each of its members with it. So probabilities are kept by object and
shared out among the members once, at the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from dovetail_context.meaning.names import Definition
from dovetail_context.query import RetrieverName
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.likelihood.likelihood import Likelihood
from dovetail_context.retrieve.situation import Situation

CERTAIN = 0.95  # nothing is more certain than this
MAX_OFFERED = 140  # definitions that are passed on, best first; those after these are hardly ever shown

Shares = Sequence[tuple[Definition, float]]
_Key = tuple[str, int, str]


@dataclass(slots=True)
class _Offer:
    """A definition: the probability that none of its reasons holds, and the best of them."""

    definition: Definition
    missed: float = 1.0
    best: float = 0.0
    reason: str = ""

    def add(self, gain: float, reason: str) -> None:
        if gain > CERTAIN:
            gain = CERTAIN
        self.missed *= 1.0 - gain
        if gain > self.best:
            self.best, self.reason = gain, reason


@dataclass(slots=True)
class Offers:
    """Collects probabilities. Of those for one thing with the same reason only the best counts."""

    _singles: dict[_Key, tuple[Definition, dict[str, float]]] = field(default_factory=dict)
    _groups: dict[int, tuple[Shares, dict[str, float]]] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether anything was found so far."""
        return bool(self._singles or self._groups)

    def one(self, definition: Definition, gain: float, reason: str) -> None:
        """A definition that is used with the probability `gain`."""
        _, gains = self._singles.setdefault(_key(definition), (definition, {}))
        gains[reason] = max(gain, gains.get(reason, 0.0))

    def shared(self, shares: Shares, mass: float, reason: str) -> None:
        """Definitions of which one is used with the probability `mass`; give the same object for the same ones."""
        if shares:
            _, masses = self._groups.setdefault(id(shares), (shares, {}))
            masses[reason] = max(mass, masses.get(reason, 0.0))

    def paths(self) -> list[str]:
        """The files in which something was found, in the order of the finds."""
        found = dict.fromkeys(definition.path for definition, _ in self._singles.values())
        for shares, _ in self._groups.values():
            found.update(dict.fromkeys(definition.path for definition, _ in shares))
        return list(found)

    def candidates(self, situation: Situation, retriever: RetrieverName) -> Iterator[Candidate]:
        """The best of what was found in other files."""
        for gain, offer in self._best(situation.query.path, situation.likelihood):
            definition, language = offer.definition, situation.language
            symbol = definition.symbol
            if symbol is not None:
                yield Candidate(
                    definition.path,
                    symbol.start_line,
                    symbol.end_line,
                    language.reduced(symbol),
                    Evidence(retriever, offer.reason, gain),
                    symbol,
                    "" if situation.likelihood.is_seen(symbol) else language.brief(symbol),
                )

    def _best(self, own_path: str, likelihood: Likelihood) -> Iterable[tuple[float, _Offer]]:
        found: dict[_Key, _Offer] = {}
        known: dict[int, _Offer] = {}  # by symbol, which is most often the same object: keys take long to make
        for key, (definition, gains) in self._singles.items():
            found[key] = known[id(definition.symbol)] = offer = _Offer(definition)
            for reason, gain in gains.items():
                offer.add(gain, reason)
        for shares, masses in self._groups.values():
            reasons = list(masses.items())
            for definition, share in shares:
                symbol = definition.symbol
                if symbol is None or definition.path == own_path:
                    continue
                shared = known.get(id(symbol))
                if shared is None:
                    key = (definition.path, symbol.start_line, symbol.name)
                    shared = known[id(symbol)] = found.setdefault(key, _Offer(definition))
                for reason, mass in reasons:
                    shared.add(mass * share, reason)
        ordered = [
            (-likelihood.used(symbol, 1.0 - offer.missed), key)
            for key, offer in found.items()
            if (symbol := offer.definition.symbol) is not None
        ]
        return ((-gain, found[key]) for gain, key in nsmallest(MAX_OFFERED, ordered) if gain < 0.0)


def _key(definition: Definition) -> _Key:
    symbol = definition.symbol
    return (definition.path, symbol.start_line, symbol.name) if symbol is not None else (definition.path, 0, "")
