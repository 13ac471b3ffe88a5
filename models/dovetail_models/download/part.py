"""A partial file with its journal. Bytes are appended; `commit` makes them durable, and only then counts them."""

import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from dovetail_models.catalog.installed import PART_SUFFIX
from dovetail_models.download.durable import sync_file
from dovetail_models.download.journal import Journal, read_journal, write_journal


def part_path(target: Path) -> Path:
    """Return where the partial file of `target` is. No lookup of models accepts its suffix."""
    return target.with_name(target.name + PART_SUFFIX)


def journal_path(target: Path) -> Path:
    """Return where the journal of the partial file is."""
    return target.with_name(f"{target.name}{PART_SUFFIX}.json")


def remove_part(target: Path) -> bool:
    """Remove the partial file of `target`. Return whether there was one. Raises OSError."""
    was_there = part_path(target).exists()
    journal_path(target).unlink(missing_ok=True)
    part_path(target).unlink(missing_ok=True)
    return was_there


def unfinished_pulls(folder: Path) -> dict[str, tuple[Path, Journal]]:
    """Return by name in the catalogue what was not pulled to its end: the file that it would be, and its journal."""
    found = {}
    for path in folder.glob(f"*{PART_SUFFIX}.json"):
        journal = read_journal(path)
        target = path.with_name(path.name.removesuffix(f"{PART_SUFFIX}.json"))
        if journal is not None and part_path(target).exists():
            found[journal.model] = (target, journal)
    return found


class Part:
    """An open partial file. `length` counts what is written, `durable` what would survive a crash."""

    def __init__(self, target: Path, journal: Journal) -> None:
        """Continue the existing part if it belongs to the same file; otherwise begin a new one. Raises OSError."""
        self.path = part_path(target)
        self._journal_path = journal_path(target)
        before = read_journal(self._journal_path)
        is_same = before is not None and (before.sha256, before.size_bytes) == (journal.sha256, journal.size_bytes)
        self._journal = replace(before, commit=journal.commit) if before is not None and is_same else journal
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            durable = min(self._journal.durable, os.fstat(self._file).st_size)
            self._journal = replace(self._journal, durable=durable)
            self._cut(durable)
            write_journal(self._journal_path, self._journal)
        except OSError:
            os.close(self._file)
            raise

    def __enter__(self) -> "Part":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._file)

    @property
    def durable(self) -> int:
        return self._journal.durable

    @property
    def etag(self) -> str:
        return self._journal.etag

    def append(self, data: bytes) -> None:
        """Append bytes to the part. Raises OSError; the part is then cut back to its durable length."""
        view = memoryview(data)
        try:
            while view:
                written = os.write(self._file, view)
                self.length += written
                view = view[written:]
        except OSError:
            self._cut(self._journal.durable)
            raise

    def commit(self, etag: str = "") -> None:
        """Make the written bytes durable. Raises OSError; the count then stays the same."""
        if self.length == self.durable and (not etag or etag == self.etag):
            return
        sync_file(self._file)
        journal = replace(self._journal, durable=self.length, etag=etag or self.etag)
        write_journal(self._journal_path, journal)
        self._journal = journal

    def forget_etag(self) -> None:
        """Let any server continue: the hub reports that the bytes are the same. Raises OSError."""
        self._journal = replace(self._journal, etag="")
        write_journal(self._journal_path, self._journal)

    def _cut(self, length: int) -> None:
        os.ftruncate(self._file, length)
        os.lseek(self._file, length, os.SEEK_SET)
        self.length = length
