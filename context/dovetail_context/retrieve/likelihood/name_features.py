"""Features of a name, derived from the words of a project for any query. Computed once for a state of the disk.

The same names occur in query after query, and looking up a name with its parts takes longer than weighing it. The
image, which typing does not change, provides the number of files that use a word. A word that is newer than the image
counts as unused.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.words import WordBase
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.retrieve.likelihood.affinity import parts_of

MAX_NAMES = 30_000  # some 10 MB; then it starts again
MAX_FILES = 400  # whose names are kept as columns, 100 kB each at most; then it starts again
MAX_WORDS = 6  # of a name; longer names are equally unlikely
MAX_SYMBOLS_OF_FILE = 400  # of one file; longer ones are generated, or lists of constants


class NameTraits(NamedTuple):
    """What a name brings to its likelihood wherever the cursor is."""

    popularity: float  # the logarithm of the number of files that use the name as a member
    words: float  # at most `MAX_WORDS`
    underscore: float  # 1 for a name that begins with one, else 0


class NameFeatures(NamedTuple):
    """The numbers of the word alone and after a dot (None if not in the base), the words of the name with the rarity of
    each (1 for an unused word), and its traits."""

    alone: int | None
    member: int | None
    parts: tuple[tuple[str, float], ...]
    traits: NameTraits


class NamesOfFile(NamedTuple):
    """The first symbols of a file with the features of their names, as columns that are weighed in one step.

    `alone` and `member` are the numbers of a name alone and after a dot, -1 for those not in the base. The n-th
    symbol's words are `parts[starts[n]:starts[n + 1]]`, with `rarities` beside them; a name without words has "" there,
    which occurs nowhere. `whole` is the sum of a symbol's rarities (1 where that is 0). `traits` has a row for each
    field of `NameTraits`, then of `KindTraits`.
    """

    symbols: Sequence[Symbol]
    alone: Sequence[int]
    member: Sequence[int]
    parts: Sequence[str]
    rarities: npt.NDArray[np.float64]
    starts: npt.NDArray[np.intp]
    whole: npt.NDArray[np.float64]
    traits: npt.NDArray[np.float64]


class KindTraits(NamedTuple):
    """What the kind of a symbol brings to its likelihood: 0 or 1 each."""

    exported: float
    callable: float
    type: float  # a class or another type
    member: float
    no_member: float


def kind_traits(symbol: Symbol) -> KindTraits:
    """Return the traits of a symbol apart from its name."""
    return KindTraits(
        symbol.exported,
        symbol.kind in ("function", "method"),
        symbol.kind in ("class", "type"),
        bool(symbol.container),
        not symbol.container,
    )


class NameFeatureTable:
    """The features of names over one base."""

    def __init__(self, base: WordBase) -> None:
        self.base = base
        self._known: dict[str, NameFeatures] = {}
        self._rarities: dict[str, float] = {}
        self._files: dict[tuple[str, str], NamesOfFile] = {}

    def of(self, name: str) -> NameFeatures:
        """The features of a name."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= MAX_NAMES:
                self._known, self._rarities = {}, {}
            known = self._known[name] = self._read(name)
        return known

    def of_file(self, record: FileRecord) -> NamesOfFile:
        """The features of the names that a file defines."""
        key = (record.path, record.digest)
        known = self._files.get(key)
        if known is None:
            if len(self._files) >= MAX_FILES:
                self._files = {}
            known = self._files[key] = self._columns(record)
        return known

    def _columns(self, record: FileRecord) -> NamesOfFile:
        symbols = record.symbols[:MAX_SYMBOLS_OF_FILE]
        features = [self.of(symbol.name) for symbol in symbols]
        words = [each.parts or (("", 0.0),) for each in features]
        rarities = np.array([rarity for parts in words for _, rarity in parts])
        starts = np.cumsum([0, *(len(parts) for parts in words[:-1])]) if words else np.zeros(0, dtype=np.intp)
        whole = np.add.reduceat(rarities, starts) if words else rarities
        return NamesOfFile(
            symbols,
            [-1 if each.alone is None else each.alone for each in features],
            [-1 if each.member is None else each.member for each in features],
            [part for parts in words for part, _ in parts],
            rarities,
            starts,
            np.where(whole == 0.0, 1.0, whole),
            _matrix([(*of.traits, *kind_traits(one)) for one, of in zip(symbols, features, strict=True)]),
        )

    def _read(self, name: str) -> NameFeatures:
        alone, member = self.base.id_of(name), self.base.id_of("." + name)
        users = 0 if member is None else self.base.frequency(member)
        parts = tuple((part, self._rarity(part)) for part in parts_of(name))
        traits = NameTraits(math.log1p(users), min(len(parts), MAX_WORDS), name.startswith("_"))
        return NameFeatures(alone, member, parts, traits)

    def _rarity(self, part: str) -> float:
        known = self._rarities.get(part)
        if known is None:
            known = self._rarities[part] = 1.0 / (1.0 + math.log1p(self._users(part)))
        return known

    def _users(self, word: str) -> int:
        known = self.base.id_of(word)
        return 0 if known is None else self.base.frequency(known)


def _matrix(rows: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    """Return the rows as columns, also where there are none."""
    return np.array(rows, dtype=np.float64).reshape(-1, len(NameTraits._fields) + len(KindTraits._fields)).T


def features_of(snapshot: IndexSnapshot) -> NameFeatureTable:
    """The features of names over the base of a snapshot's words."""
    base = snapshot.words.log.base
    known = snapshot.analysis.find(NameFeatureTable)
    if known is None or known.base is not base:
        known = NameFeatureTable(base)
        snapshot.analysis.keep(known)
    return known
