"""What a tool knows when it is asked: the text around the cursor, files that are open, definitions of names in use.

Editors decide what is open and language servers what a name means; here both are the same for all tools. Open are the
next files of the same folder, by name. Definitions are those that our index finds for names around the cursor, so the
tools that ask a language server get answers as good as ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dovetail.completion.request import CompletionRequest
from dovetail_context.gather import gather
from dovetail_context.query import Query, Retrieval
from tests.benchmarks.data import SUFFIXES

OPEN_FILES = 3
DEFINITION_TOKENS = 2048
"""More than any tool shows: each cuts what it gets to its own budget."""

COMMENTS = {".py": "#", ".rb": "#"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of another file."""

    path: str
    """The file, relative to the project."""
    text: str
    """The part."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a tool knows."""

    path: str
    """The file, relative to the project."""
    prefix: str
    """The text before the cursor."""
    suffix: str
    """The text after it."""
    definitions: tuple[Piece, ...]
    """Definitions of names around the cursor, the most relevant first."""
    open_files: tuple[Piece, ...]
    """Whole files that are open beside it."""
    window: int
    """Tokens of the model's context window."""

    @property
    def comment(self) -> str:
        """Return what begins a comment line in the file's language."""
        return COMMENTS.get(Path(self.path).suffix, "//")

    @property
    def language(self) -> str:
        """Return a name for the language, as a comment in the prompt gives it."""
        names = {".py": "python", ".ts": "typescript", ".tsx": "typescriptreact", ".rs": "rust", ".js": "javascript"}
        return names.get(Path(self.path).suffix, Path(self.path).suffix.lstrip("."))


def situation_of(request: CompletionRequest, window: int) -> Situation:
    """Return what the tools know at a request."""
    query = Query(request.path, request.text, request.offset, retrieval=Retrieval(frozenset({"scope"})))
    found = gather(query, request.snapshot, DEFINITION_TOKENS).pieces
    return Situation(
        request.path,
        request.text[: request.offset],
        request.text[request.offset :],
        tuple(Piece(piece.path, piece.text) for piece in sorted(found, key=lambda piece: -piece.score)),
        tuple(_open_files(request)),
        window,
    )


def _open_files(request: CompletionRequest) -> list[Piece]:
    """Return the files after this one in its folder, from the start again at the end."""
    file = request.snapshot.root / request.path
    names = sorted(path for path in file.parent.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if file not in names:
        return []
    at = names.index(file)
    others = (names[at + 1 :] + names[:at])[:OPEN_FILES]
    root = request.snapshot.root
    return [
        Piece(other.relative_to(root).as_posix(), other.read_bytes().decode("utf-8", "replace")) for other in others
    ]
