"""Functions that are called like members of a type that they extend, file by file.

A project has hundreds of files with such functions, and every question about a class needs them all. So what a file
has is kept for the next questions, as long as the file does not change.
"""

from collections.abc import Mapping, Sequence

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import language_named
from dovetail_context.meaning.types import parse_type
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.work import counted

ANY = "*"  # the type that a function extends which takes any
MAX_KEPT_FILES = 3000

# By the type that they extend, and by their name.
FileExtensions = Mapping[str, Mapping[str, tuple[Symbol, ...]]]


class KnownExtensions:
    """What files extend, by path and digest."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], FileExtensions] = {}

    def of(self, path: str, snapshot: IndexSnapshot) -> FileExtensions:
        """What the functions of a file extend; nothing for a file that is not there."""
        digest = snapshot.files.digest_of(path)
        if digest is None:
            return {}
        known = self._known.get((path, digest))
        if known is None:
            if len(self._known) >= MAX_KEPT_FILES:
                self._known = {}
            known = self._known[path, digest] = _read(snapshot.files[path])
        return known


def extensions_of(
    snapshot: IndexSnapshot, paths: Sequence[str]
) -> dict[str, dict[str, Mapping[str, tuple[Symbol, ...]]]]:
    """What the functions of some files extend: by type, file and name."""
    known = snapshot.analysis.find(KnownExtensions)
    if known is None:
        known = KnownExtensions()
        snapshot.analysis.keep(known)
    found: dict[str, dict[str, Mapping[str, tuple[Symbol, ...]]]] = {}
    for path in counted(paths):
        for type_, by_name in known.of(path, snapshot).items():
            found.setdefault(type_, {})[path] = by_name
    return found


def _read(record: FileRecord) -> FileExtensions:
    rules = language_named(record.language).rules
    mark, receiver = rules.extension_mark, rules.extension_receiver
    found: dict[str, dict[str, tuple[Symbol, ...]]] = {}
    for symbol in counted(record.symbols if mark or receiver else ()):
        if not symbol.parameters or (receiver and symbol.parameters[0][0] != receiver):
            continue
        if mark in symbol.signature and (to := parse_type(symbol.parameters[0][1])):
            by_name = found.setdefault(ANY if to[0].last_name in rules.root_bases else to[0].last_name, {})
            by_name[symbol.name] = (*by_name.get(symbol.name, ()), symbol)
    return found
