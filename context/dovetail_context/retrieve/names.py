"""Names of related files, found by their words alone.

Types lead to few names in code without types, behind macros, or through values of other packages. But the words of the
next name often appear around the cursor already, or similar code uses it. So the names of the files most related to
the current one are offered with a small probability, which `Likelihood.used` raises for those that fit.
"""

from collections.abc import Iterable, Iterator

from dovetail_context.meaning.names import Definition
from dovetail_context.records.record import Symbol
from dovetail_context.retrieve.likelihood.name_features import MAX_SYMBOLS_OF_FILE
from dovetail_context.retrieve.offers import Offers
from dovetail_context.retrieve.situation import Situation
from dovetail_context.work import checkpoint

UNSEEN = 0.0007  # the probability of a name of a related file that nothing at the cursor leads to
MAX_SYMBOLS = 600  # looked at, of the most related files first
NEIGHBOURS = 8  # files of the same folder on each side, in path order
REASON = "its name fits the code at the cursor"


def offer_names(situation: Situation, offers: Offers) -> None:
    """Offer the names of related files that the current file does not use yet."""
    left, likelihood = MAX_SYMBOLS, situation.likelihood
    for path in _related(situation, offers):
        record = situation.snapshot.files[path]  # not held: few of its names are offered
        looked_at = min(left, MAX_SYMBOLS_OF_FILE, len(record.heads.names))
        checkpoint(looked_at)
        for symbol in likelihood.fitting(record, looked_at):
            if _is_reachable(symbol, path, situation):
                offers.one(Definition(path, symbol), UNSEEN, REASON)
        left -= looked_at
        if left <= 0:
            return


def _is_reachable(symbol: Symbol, path: str, situation: Situation) -> bool:
    rules = situation.language.rules
    if symbol.exported or rules.hidden_members:
        return True
    return rules.package_members and path.rpartition("/")[0] == situation.query.path.rpartition("/")[0]


def _related(situation: Situation, offers: Offers) -> Iterator[str]:
    """Yield the related files of the same language, each once, the most related ones first."""
    files, language = situation.snapshot.files, situation.record.language
    for other in dict.fromkeys(_candidates(situation, offers)):
        if other != situation.query.path and files.language_of(other) == language:
            yield other


def _candidates(situation: Situation, offers: Offers) -> Iterable[str]:
    for window in situation.echoes:
        yield window.path
    yield from offers.paths()
    words = situation.snapshot.words
    folder, place = situation.query.path.rpartition("/")[0], words.place_of(situation.query.path)
    for number in range(max(place - NEIGHBOURS, 0), min(place + NEIGHBOURS, len(words.log.base.paths))):
        if words.log.base.paths[number].rpartition("/")[0] == folder:
            yield words.log.base.paths[number]
