"""The API of the package: the one module that the server imports of it.

Each name is imported from its module when it is first used, so that a command which only needs the project's root does
not load the parsers. `__all__` lists the names by subject; `_MODULES` maps each of them to the module that defines it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dovetail_context.bundle import ContextBundle, ContextPiece
    from dovetail_context.gather import gather
    from dovetail_context.gc_tuning import tune_gc
    from dovetail_context.index.extraction.build import BuildReport
    from dovetail_context.index.index import WorkspaceIndex
    from dovetail_context.index.snapshot import IndexSnapshot
    from dovetail_context.index.storage.cache import IndexCache
    from dovetail_context.languages.identify import FIRST_LINE, IPYTHON, PLAIN, SUFFIX_OF_ID, id_of_name
    from dovetail_context.languages.python.cells import is_closed, is_python
    from dovetail_context.languages.registry import (
        LANGUAGES,
        language_for,
        language_named,
        language_of,
        reading_of,
        shown_path,
    )
    from dovetail_context.members import Members, members_with_files
    from dovetail_context.parse import ParsedText, PlaceKind, parse_text
    from dovetail_context.query import RETRIEVER_NAMES, Note, Pin, Query, RecentPlace, Retrieval, RetrieverName
    from dovetail_context.records.record import FileRecord
    from dovetail_context.syntax import Node, SyntaxTree, load_grammar
    from dovetail_context.tokens import estimate_tokens
    from dovetail_context.vicinity import head_and_vicinity
    from dovetail_context.work import LONG_STEP_S, LONG_TEXT, Cancelled, Effort, awaited, checkpoint, counted, open_work
    from dovetail_context.workspace.exclude import MAX_FILE_BYTES, excluded_name
    from dovetail_context.workspace.ignore.gitignore import GITIGNORE
    from dovetail_context.workspace.ignore.patterns import PatternList, parse_pattern
    from dovetail_context.workspace.ignore.wildmatch import MalformedPattern, empty_range, tokenize
    from dovetail_context.workspace.read import (
        LINKS_OUT,
        ReadResult,
        decode,
        read_project_file,
        read_source,
        source_of,
    )
    from dovetail_context.workspace.root import RootChoice, choose_root, find_root
    from dovetail_context.workspace.scan import OWN_RULES, is_excluded, scan
    from dovetail_context.workspace.secrets.find import find_secrets, redact
    from dovetail_context.workspace.secrets.redaction import Redaction
    from dovetail_context.workspace.selection import EVERYTHING, Selection, left_out
    from dovetail_context.workspace.verdicts import State, Verdicts, is_settled

__all__ = [  # noqa: RUF022 - grouped by subject
    # Context for a cursor: a query in, a bundle out.
    "gather",
    "Query",
    "RecentPlace",
    "Pin",
    "Note",
    "Retrieval",
    "RetrieverName",
    "RETRIEVER_NAMES",
    "ContextBundle",
    "ContextPiece",
    "estimate_tokens",
    "head_and_vicinity",
    # The names that may follow a dot.
    "members_with_files",
    "Members",
    # The index of a workspace.
    "WorkspaceIndex",
    "IndexSnapshot",
    "IndexCache",
    "BuildReport",
    "FileRecord",
    "tune_gc",
    # Languages, and which of them a text is in.
    "LANGUAGES",
    "language_for",
    "language_named",
    "language_of",
    "reading_of",
    "id_of_name",
    "shown_path",
    "SUFFIX_OF_ID",
    "PLAIN",
    "IPYTHON",
    "FIRST_LINE",
    # Cells of a notebook.
    "is_python",
    "is_closed",
    # Syntax trees.
    "parse_text",
    "ParsedText",
    "PlaceKind",
    "load_grammar",
    "SyntaxTree",
    "Node",
    # Files of a project: which of them count, and how they are read.
    "find_root",
    "choose_root",
    "RootChoice",
    "scan",
    "OWN_RULES",
    "is_excluded",
    "excluded_name",
    "left_out",
    "Selection",
    "EVERYTHING",
    "Verdicts",
    "State",
    "is_settled",
    "read_source",
    "read_project_file",
    "source_of",
    "decode",
    "ReadResult",
    "LINKS_OUT",
    "MAX_FILE_BYTES",
    "GITIGNORE",
    # Lists of path patterns.
    "PatternList",
    "parse_pattern",
    "MalformedPattern",
    "empty_range",
    "tokenize",
    # Secrets in a text.
    "find_secrets",
    "redact",
    "Redaction",
    # Work that can be cancelled and that gives way to what a user waits for.
    "open_work",
    "awaited",
    "counted",
    "checkpoint",
    "Effort",
    "Cancelled",
    "LONG_TEXT",
    "LONG_STEP_S",
]

_MODULES = {
    "bundle": "ContextBundle ContextPiece",
    "gather": "gather",
    "gc_tuning": "tune_gc",
    "index.extraction.build": "BuildReport",
    "index.index": "WorkspaceIndex",
    "index.snapshot": "IndexSnapshot",
    "index.storage.cache": "IndexCache",
    "languages.identify": "FIRST_LINE IPYTHON PLAIN SUFFIX_OF_ID id_of_name",
    "languages.python.cells": "is_closed is_python",
    "languages.registry": "LANGUAGES language_for language_named language_of reading_of shown_path",
    "members": "Members members_with_files",
    "parse": "ParsedText PlaceKind parse_text",
    "query": "RETRIEVER_NAMES Note Pin Query RecentPlace Retrieval RetrieverName",
    "records.record": "FileRecord",
    "syntax": "Node SyntaxTree load_grammar",
    "tokens": "estimate_tokens",
    "vicinity": "head_and_vicinity",
    "work": "LONG_STEP_S LONG_TEXT Cancelled Effort awaited checkpoint counted open_work",
    "workspace.exclude": "MAX_FILE_BYTES excluded_name",
    "workspace.ignore.gitignore": "GITIGNORE",
    "workspace.ignore.patterns": "PatternList parse_pattern",
    "workspace.ignore.wildmatch": "MalformedPattern empty_range tokenize",
    "workspace.read": "LINKS_OUT ReadResult decode read_project_file read_source source_of",
    "workspace.root": "RootChoice choose_root find_root",
    "workspace.scan": "OWN_RULES is_excluded scan",
    "workspace.secrets.find": "find_secrets redact",
    "workspace.secrets.redaction": "Redaction",
    "workspace.selection": "EVERYTHING Selection left_out",
    "workspace.verdicts": "State Verdicts is_settled",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Return a name of `__all__`. Raises AttributeError for any other."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"dovetail_context.{module}"), name)
    globals()[name] = value
    return value
