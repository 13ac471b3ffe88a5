"""`Situation`: what all retrievers start from. The query's text is read once here, as it is being typed."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.words import words_of
from dovetail_context.languages.embedded import embedded
from dovetail_context.languages.language import CursorView, Language
from dovetail_context.languages.registry import code_of, language_for
from dovetail_context.meaning.infer import Inference
from dovetail_context.meaning.values import ExpressionScope
from dovetail_context.query import Query
from dovetail_context.records.record import FileRecord
from dovetail_context.retrieve.as_typed import record_as_typed
from dovetail_context.retrieve.likelihood.likelihood import Likelihood
from dovetail_context.retrieve.likelihood.name_features import features_of
from dovetail_context.retrieve.windows import SimilarWindow, query_rarities, similar_windows
from dovetail_context.vicinity import head_and_vicinity

MAX_ECHOES = 16  # from 12 to 24 as many of the needed names are shown; fewer take less time
MAX_HELD_RECORDS = 700  # of the project's files, unpacked

_CHAIN = re.compile(r"[\w.]+")
_ASCII_CHAIN = re.compile(r"[\w.]+", re.ASCII)  # faster


@dataclass(frozen=True, slots=True)
class Situation:
    """An analysed query: `snapshot` holds the query's own text instead of the version in the index or on disk.

    `rarities` maps the words around the cursor to their rarity in the project. `echoes` are the places in other files
    that hold most of them, most alike first. `likelihood` weighs names for this place. `chains` counts the names in the
    text, each with the names that dots join to it.
    """

    query: Query
    snapshot: IndexSnapshot
    language: Language
    record: FileRecord
    view: CursorView
    inference: Inference
    rarities: Mapping[str, float]
    echoes: tuple[SimilarWindow, ...]
    likelihood: Likelihood
    chains: Mapping[str, int]

    @property
    def place(self) -> ExpressionScope:
        """The scope of expressions at the cursor."""
        return ExpressionScope(self.query.path, self.view.container, self.view.bindings)

    def record_of(self, path: str) -> FileRecord:
        """The record of a file of the snapshot. Raises KeyError if there is none."""
        record = self.inference.names.record(path)
        if record is None:
            raise KeyError(path)
        return record


def read_situation(query: Query, snapshot: IndexSnapshot) -> Situation | None:
    """The situation of a query; None if its file is in none of our languages."""
    language = language_for(query.path, query.language)
    if language is None:
        return None
    query = written = bounded(query)
    part = embedded(query.path, query.language, query.text, query.offset)
    if part is not None:
        query = replace(query, text=part.text, language=part.language)
        language = language_for(query.path, query.language) or language
    query = replace(query, text=code_of(query.text, query.language))
    record, inference = read_meaning(language, query, snapshot)
    whole = inference.snapshot
    view = language.cursor(query.text, query.offset)
    rarities = query_rarities(written.text, query.offset, snapshot.words)
    echoes = tuple(similar_windows(rarities, query.path, snapshot.words, MAX_ECHOES))
    chains = Counter((_ASCII_CHAIN if query.text.isascii() else _CHAIN).findall(query.text))
    present = words_of(" ".join(chains))
    likelihood = Likelihood(
        query.text, query.offset, present, language.rules, snapshot.words, echoes, features_of(snapshot), query.path
    )
    return Situation(query, whole, language, record, view, inference, rarities, echoes, likelihood, chains)


def bounded(query: Query) -> Query:
    """The query with the part of a large text that is read for its cursor."""
    text, offset = head_and_vicinity(query.text, query.offset)
    return query if text is query.text else replace(query, text=text, offset=offset)


def read_meaning(language: Language, query: Query, snapshot: IndexSnapshot) -> tuple[FileRecord, Inference]:
    """The record of the query's text as it is being typed, and inference in the snapshot with that in it."""
    known = snapshot.files.get(query.path)
    if known is not None and known.language != language.name:
        known = None  # the path sets the language of the file on disk, the editor that of the query
    if known is not None and known.text == query.text and not known.problems:
        record = known
    else:
        record = record_as_typed(language, query, known)
    if known is not None and record is not known and _is_equivalent(record, known):
        record = known
    return record, _inference(snapshot, record)


def hand_back(inference: Inference) -> None:
    """Let the next question about the same project go on from what was inferred for this one."""
    if inference.held_records <= MAX_HELD_RECORDS:
        inference.snapshot.analysis.keep(inference)


def _inference(snapshot: IndexSnapshot, record: FileRecord) -> Inference:
    """One for the snapshot with `record` in it: that of the last question if nothing has changed since."""
    spare = snapshot.analysis.take(Inference)
    if spare is not None:
        before = spare.snapshot
        same = before.version_apart_from(record.path) == snapshot.version_apart_from(record.path)
        if same and before.complete == snapshot.complete and before.files.get(record.path) is record:
            return spare
    return Inference(snapshot if snapshot.files.get(record.path) is record else snapshot.with_record(record))


def _is_equivalent(record: FileRecord, known: FileRecord) -> bool:
    """Whether two records of a file differ in nothing that another file, or the cursor, could see."""
    return (record.symbols, record.imports, record.exports, record.packages) == (
        known.symbols,
        known.imports,
        known.exports,
        known.packages,
    )
