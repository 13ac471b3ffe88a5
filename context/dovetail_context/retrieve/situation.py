"""`Situation`: what all retrievers start from. The query's text is read once here, as it is being typed."""

from dataclasses import dataclass
from functools import lru_cache

from dovetail_context.index.record import FileRecord
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.language import CursorView, Language
from dovetail_context.languages.registry import language_for, language_named
from dovetail_context.meaning.infer import Inference, Place
from dovetail_context.query import Query
from dovetail_context.retrieve.windows import Window, similar_windows

MAX_ECHOES = 32


@dataclass(frozen=True, slots=True)
class Situation:
    """A query, read: `snapshot` holds the query's own text in place of what index and disk know of its file.

    `echoes` are the places in other files that look like the surroundings of the cursor, most alike first.
    """

    query: Query
    snapshot: IndexSnapshot
    language: Language
    record: FileRecord
    view: CursorView
    inference: Inference
    echoes: tuple[Window, ...]

    @property
    def place(self) -> Place:
        """Where expressions at the cursor stand."""
        return Place(self.query.path, self.view.container, self.view.bindings)


def read_situation(query: Query, snapshot: IndexSnapshot) -> Situation | None:
    """The situation of a query; None if its file is in none of our languages."""
    language = language_for(query.path)
    if language is None:
        return None
    known = snapshot.files.get(query.path)
    record = known
    if record is None or record.problems or record.text != query.text:
        record = _extracted(language.name, query.path, query.text, query.offset)
    whole = snapshot if record is known else snapshot.with_record(record)
    view = language.cursor(query.text, query.offset)
    echoes = tuple(similar_windows(query.text, query.offset, query.path, snapshot.words, MAX_ECHOES))
    return Situation(query, whole, language, record, view, Inference(whole), echoes)


@lru_cache(maxsize=8)  # the same text is asked about several times while the cursor moves
def _extracted(language: str, path: str, text: str, offset: int) -> FileRecord:
    """The record of a text being typed; if that does not parse, of the text with its statement mended."""
    speaker = language_named(language)
    record = speaker.extract(path, text, references=False)
    if not record.problems:
        return record
    mended = speaker.extract(path, speaker.mended(text, offset), references=False)
    return mended if len(mended.symbols) >= len(record.symbols) else record
