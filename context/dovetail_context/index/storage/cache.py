"""The folder in which the index keeps its data between starts. The caller names it. It holds one store of records and
an image of each project. The index can do without it: a fault never stops the index, and `problem` reports it.
"""

import io
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from dovetail_context.index.storage.image import Entry, Image, open_image, write_image
from dovetail_context.index.storage.private import make_private, make_private_folder
from dovetail_context.index.storage.store import RecordStore, owner_of
from dovetail_context.index.storage.version import extractor_version
from dovetail_context.records.packed import DamagedError

STORE_NAME = "records.sqlite"
UNFINISHED_S = 600  # an image that was not finished in this time never will be: the largest take a minute


@dataclass(frozen=True, slots=True)
class IndexCache:
    """A folder with a limit in bytes: half for records, half for images. Several processes may share it."""

    folder: Path
    limit_bytes: int

    def store(self, root: Path) -> RecordStore:
        """A connection of its own to the store of records, for the project at `root`."""
        return RecordStore(self.folder / STORE_NAME, self.limit_bytes // 2, owner_of(root))

    def open_image(self, root: Path, on_damage: Callable[[str], None]) -> Image | None:
        """Return the newest intact image of the project, or None. Make everything in the folder private."""
        self._tidy()
        for path in sorted(self.folder.glob(f"{_name(root)}-{_version()}-*.image"), reverse=True):
            with suppress(OSError, DamagedError):
                image = open_image(path, on_damage)
                with suppress(OSError):
                    os.utime(path)  # the least recently opened are evicted first
                return image
        return None

    def write_image(
        self, root: Path, entries: Sequence[Entry], words: Sequence[str], on_damage: Callable[[str], None]
    ) -> Image:
        """Write and open an image in place of the project's older ones. Raises OSError if the disk does not let it."""
        make_private_folder(self.folder)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                write_image(out, entries, words)
            path = self.folder / f"{_name(root)}-{_version()}-{time.time_ns():020}.image"
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        self._make_room(path)
        try:
            return open_image(path, on_damage)
        except DamagedError as error:
            raise OSError(f"what was written to {path} reads otherwise: {error}") from error

    def drop_images(self, root: Path) -> None:
        """Forget the images of a project."""
        for path in self.folder.glob(f"{_name(root)}-*.image"):
            with suppress(OSError):
                path.unlink()

    def forget(self) -> None:
        """Remove all that is kept, of every project."""
        names = (f"{STORE_NAME}*", "*.image", "*.part")
        for path in [path for name in names for path in self.folder.glob(name)]:
            with suppress(OSError):
                path.unlink()

    def _tidy(self) -> None:
        """Secure the files of older versions, and clean up after processes that were killed."""
        with suppress(OSError):
            make_private_folder(self.folder)
        for path in (*self.folder.glob("*.image"), *self.folder.glob("*.part")):
            with suppress(OSError):
                make_private(path)
                if path.suffix == ".part" and time.time() - path.stat().st_mtime > UNFINISHED_S:
                    path.unlink()

    def _make_room(self, newest: Path) -> None:
        """Remove older images of the project, what was never finished, and the least recently opened of other projects
        if there is too much. A file that another process has mapped cannot be removed on Windows: it goes later."""
        self._tidy()
        own, total = newest.name.partition("-")[0], 0
        for path in sorted(self.folder.glob("*.image"), key=_opened_at, reverse=True):
            with suppress(OSError):
                total += path.stat().st_size
                too_much = total > self.limit_bytes // 2 or path.name.startswith(own)
                if path != newest and too_much:
                    path.unlink()


def image_in_memory(entries: Sequence[Entry], words: Sequence[str]) -> Image:
    """The same image, for an index that has no cache or cannot write to it."""
    out = io.BytesIO()
    write_image(out, entries, words)
    return Image(out.getvalue())


def _name(root: Path) -> str:
    return blake2b(os.fsencode(root), digest_size=12).hexdigest()


def _version() -> str:
    return extractor_version()[:16]


def _opened_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
