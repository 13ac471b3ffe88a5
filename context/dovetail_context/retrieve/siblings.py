"""The `siblings` retriever: files and classes that belong together with the current one.

What the project's rules prefer here; the test of a file and the file under test, header and source; and other
implementations of the same base class.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.types import parse_type
from dovetail_context.meaning.values import Value
from dovetail_context.query import RetrieverName
from dovetail_context.records.record import CLASS, KIND_BITS, FileRecord, Symbol
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.excerpt import excerpt
from dovetail_context.retrieve.likelihood.affinity import parts_of
from dovetail_context.retrieve.offers import Offers
from dovetail_context.retrieve.situation import Situation
from dovetail_context.work import counted

PREFERRED = 0.6  # one of the names of a file that the project's rules name is used
UNDER_TEST = 0.35  # a test uses one of the names of the file under test
COUNTERPART = 0.2  # a source uses one of the names of its header
SAME_METHOD = 0.4  # another implementation of the current method does something like it
MIXED_IN = 0.3  # code of a mixin uses one of the members of a class that takes it in
SAME_BASE = 0.06  # one of the members of another implementation
MAX_FILES = 8  # looked through for classes with the same base
MAX_USERS = 160  # files that name a base; one that everything has carries no information
MAX_CLASSES = 3
MAX_LINES = 14  # of a method that is shown

_TEST = re.compile(r"^(?:test[_-]|tests?(?=[A-Z]))|(?:[._-](?:tests?|spec|unittest)|Tests?|IT|Spec)$")
_HEADERS, _SOURCES = ("h", "hpp", "hh", "hxx"), ("c", "cc", "cpp", "cxx")


@dataclass(frozen=True, slots=True)
class Siblings:
    """See the module."""

    name: RetrieverName = "siblings"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        offers = Offers()
        for path, mass, reason in _counterparts(situation):
            offered = [symbol for symbol in situation.record_of(path).symbols if symbol.exported]
            offers.shared(_shares(path, offered, situation), mass, reason)
        for base, own in _bases(situation):
            yield from _implementations(base, own, situation, offers)
        if situation.language.rules.mixins:
            _mixed_together(situation, offers)
        yield from offers.candidates(situation, self.name)


def _counterparts(situation: Situation) -> Iterator[tuple[str, float, str]]:
    """The files that are the other half of the current one, with what one of their names is worth and why."""
    path, files = situation.query.path, situation.snapshot.files
    preferred = [(other, reason) for other, reason in situation.query.preferred if other in files and other != path]
    for other, reason in preferred:
        yield other, PREFERRED / len(preferred), reason
    folder, _, file = path.rpartition("/")
    stem, _, suffix = file.rpartition(".")
    tested = _TEST.sub("", stem)
    if tested != stem:
        for other in dict.fromkeys(_under_test(tested, suffix, folder, situation)):
            yield other, UNDER_TEST, "the file under test"
    for suffixes, what in ((_HEADERS, "the source of this header"), (_SOURCES, "the header of this source")):
        if suffix in suffixes:
            for each in _SOURCES if suffixes is _HEADERS else _HEADERS:
                other = f"{folder}/{stem}.{each}" if folder else f"{stem}.{each}"
                if other in files:
                    yield other, COUNTERPART, what


def _under_test(tested: str, suffix: str, folder: str, situation: Situation) -> Iterator[str]:
    """The files of the tested name: beside the test, in the folder that mirrors it, or among its imports."""
    files = situation.snapshot.files
    for place in (folder, folder.replace("src/test/", "src/main/"), re.sub(r"/?__tests__$|/?tests?$", "", folder)):
        other = f"{place}/{tested}.{suffix}" if place else f"{tested}.{suffix}"
        if other in files and other != situation.query.path:
            yield other
    for imported in counted(situation.record.imports):
        for definition in situation.inference.names.imported(imported, situation.query.path):
            if definition.path.rpartition("/")[2].rpartition(".")[0] == tested:
                yield definition.path


def _shares(path: str, symbols: Iterable[Symbol], situation: Situation) -> list[tuple[Definition, float]]:
    """The share of the uses that each of some symbols of a file is expected to get."""
    weights = [(symbol, situation.likelihood.weight(symbol)) for symbol in counted(symbols)]
    whole = sum(weight for _, weight in weights)
    return [(Definition(path, symbol), weight / whole) for symbol, weight in weights]


def _bases(situation: Situation) -> Iterator[tuple[str, Value]]:
    """The names of the bases of the current class, known to the project or not."""
    for own in situation.inference.own_class(situation.place) if situation.view.container else ():
        symbol = own.definition.symbol
        for base in symbol.bases if symbol is not None else ():
            for expression in parse_type(base):
                yield expression.last_name, own


def _implementations(base: str, own: Value, situation: Situation, offers: Offers) -> Iterator[Candidate]:
    """Return from other classes with the same base the unchanged method of the current name, else their members."""
    function = situation.view.function
    for record, each in _heirs(base, own, situation):
        members = record.members(each.qualified)
        reason = f"{each.name} is a {base}, too"
        for symbol in members.get(function, ())[-1:] if function else ():
            shown = excerpt(record, symbol.start_line, min(symbol.end_line, symbol.start_line + MAX_LINES - 1))
            if shown is not None:
                evidence = Evidence("siblings", f"{each.name}.{function}: {reason}", SAME_METHOD / MAX_CLASSES)
                yield Candidate(record.path, shown.start_line, shown.end_line, shown.text, evidence)
        offers.shared(_shares(record.path, [same[-1] for same in members.values()], situation), SAME_BASE, reason)


def _mixed_together(situation: Situation, offers: Offers) -> None:
    """The members of the classes that take in the current one, with those of their other mixins."""
    inference = situation.inference
    for own in inference.own_class(situation.place) if situation.view.container else ():
        symbol = own.definition.symbol
        for record, each in _heirs(symbol.name, own, situation) if symbol is not None else ():
            taker = Value("instance", Definition(record.path, each))
            members = [found for found, _ in inference.members(taker) if found.path != situation.query.path]
            weights = [situation.likelihood.weight(found.symbol) for found in members if found.symbol is not None]
            whole = sum(weights)
            shares = [(found, weight / whole) for found, weight in zip(members, weights, strict=True)]
            offers.shared(shares, MIXED_IN, f"{each.name} takes in {symbol.name if symbol is not None else ''}, too")


def _heirs(base: str, own: Value, situation: Situation) -> list[tuple[FileRecord, Symbol]]:
    """The classes of other files that name the base, those most alike in name and nearest first."""
    words, files = situation.snapshot.words, situation.snapshot.files
    if own.definition.symbol is None or words.frequency(base) > MAX_USERS:
        return []
    like = frozenset(parts_of(own.definition.symbol.name))
    folder = situation.query.path.rpartition("/")[0]
    paths = sorted(
        (path for path in words.files_with(base) if path in files and path != situation.query.path),
        key=lambda path: (path.rpartition("/")[0] != folder, path),
    )
    found = [
        (record, symbol)
        for record in map(files.__getitem__, paths[:MAX_FILES])
        for symbol in _classes(record)
        if any(each.last_name == base for one in symbol.bases for each in parse_type(one))
    ]
    found.sort(key=lambda one: -len(like.intersection(parts_of(one[1].name))))
    return found[:MAX_CLASSES]


def _classes(record: FileRecord) -> Iterator[Symbol]:
    for place, trait in enumerate(counted(record.heads.traits)):
        if trait & KIND_BITS == CLASS:
            yield record.symbol(place)
