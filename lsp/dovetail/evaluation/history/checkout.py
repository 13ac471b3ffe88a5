"""A project as it was at a commit, in a temporary folder: the user's working tree is never touched."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from dovetail.evaluation.history.git import Repository
from dovetail.rules.source import RULES_FILE
from dovetail_context.api import MAX_FILE_BYTES

_CHANGED = re.compile(rb":\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*")
_FILES = (b"100644", b"100755")
"""The modes of plain files: neither links nor submodules are written."""


class Checkout:
    """A folder that moves from commit to commit by what differs between them. A context manager."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._temporary = tempfile.TemporaryDirectory(prefix="dovetail-history-")
        # The folder's name is part of some prompts: it is that of the project.
        self.folder = Path(self._temporary.name).resolve() / repository.top.name
        self.folder.mkdir()
        self._at = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._temporary.cleanup()

    def move_to(self, commit: str) -> bool:
        """Let the folder hold the files of a commit, with the project's rules of today. Return whether it held those of
        another one. Raises CommandError."""
        if commit == self._at:
            return False
        before = self._at or self._empty_tree()
        changes = list(_changes(self.repository.read("diff-tree", "-r", "-z", "--no-renames", before, commit)))
        small = self._small([change.blob for change in changes if change.blob])
        for change in changes:
            (self.folder / change.path).unlink(missing_ok=True)
        written = [change for change in changes if change.blob in small]
        texts = _contents(self.repository.read("cat-file", "--batch", given=_listed([each.blob for each in written])))
        for change, content in zip(written, texts, strict=True):
            file = self.folder / change.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self._take_the_rules_of_today()
        self._at = commit
        return True

    def _take_the_rules_of_today(self) -> None:
        """Whoever measures wants to know what the present rules do, not those of then."""
        rules = self.repository.top / RULES_FILE
        (self.folder / RULES_FILE).unlink(missing_ok=True)
        if rules.is_file():
            shutil.copyfile(rules, self.folder / RULES_FILE)

    def _empty_tree(self) -> str:
        return self.repository.read("hash-object", "-t", "tree", "--stdin").decode("ascii").strip()

    def _small(self, blobs: list[bytes]) -> set[bytes]:
        """Return those that are not too large to be read."""
        sizes = self.repository.read("cat-file", "--batch-check=%(objectname) %(objectsize)", given=_listed(blobs))
        pairs = [line.split(b" ") for line in sizes.splitlines()]
        return {name for name, size in pairs if size.isdigit() and int(size) <= MAX_FILE_BYTES}


@dataclass(frozen=True, slots=True)
class _Change:
    """A file that differs."""

    path: str
    """Relative to the repository."""
    blob: bytes
    """What it holds now; empty where it is not there or no plain file."""


def _changes(raw: bytes) -> Iterator[_Change]:
    """Yield what `diff-tree -z` lists: a header, a path, a header, a path."""
    fields = iter(raw.split(b"\0")[:-1])
    for header, name in zip(fields, fields, strict=True):
        match = _CHANGED.match(header)
        try:
            path = name.decode("utf-8")
        except UnicodeDecodeError:
            continue  # not to be read by the index either
        if match is not None and not {"..", ".git"} & {*path.split("/")}:
            mode, blob = match.groups()
            yield _Change(path, blob if mode in _FILES else b"")


def _contents(batch: bytes) -> Iterator[bytes]:
    """Yield the contents that `cat-file --batch` prints: a header with the size, the content, a line end."""
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        size = int(batch[at:end].rpartition(b" ")[2])
        yield batch[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _listed(blobs: list[bytes]) -> bytes:
    return b"".join(blob + b"\n" for blob in blobs)
