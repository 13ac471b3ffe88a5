"""The store of records: the data extracted from a text, by a key of everything that determined it. Processes share it.

The index can do without it: any fault of the file or the disk ends its use, and `problem` reports it once.
"""

import marshal
import sqlite3
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dovetail_context.index.storage.private import make_private, make_private_file, make_private_folder
from dovetail_context.index.words import TextWords, read_ids
from dovetail_context.records.packed import PackedRecord

# Another process that writes holds the file for some 100 ms; after this wait the disk is in trouble.
BUSY_S = 5.0
# Seconds before the age of a record is written again, so that not every read causes a write.
AGE_STEP_S = 24 * 3600
KEYS_OF_QUERY = 500  # SQLite allows 999 values in a statement
EVICTED_SHARE = 0.1  # more than what is too much goes, so that the next build need not evict again

_FORMAT = 2  # of the tables; a store of another format is replaced
_SCHEMA = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS records
        (key BLOB PRIMARY KEY, place INTEGER, used INTEGER, bytes INTEGER, owner INTEGER, data BLOB);
    CREATE INDEX IF NOT EXISTS places ON records (place);
    CREATE INDEX IF NOT EXISTS owners ON records (owner, place);
    PRAGMA user_version = {_FORMAT};
    COMMIT
"""
SIDE_FILES = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file

Stored = tuple[PackedRecord, TextWords]


def key_of(path: str, text: str, version: str) -> bytes:
    """What decides a record: the text, the file's path in its project (some languages read it), who extracts."""
    hashed = blake2b(f"{version}\0{path}\0".encode("utf-8", "surrogatepass"), digest_size=16)
    hashed.update(text.encode("utf-8", "surrogatepass"))
    return hashed.digest()


def _place_of(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=7).digest(), "little")


def owner_of(root: Path) -> int:
    """The number of a project, for the records that it puts into the store."""
    return _place_of(str(root))


class RecordStore:
    """One connection to the store at `path`; a file that is no store is replaced. Used by one thread.

    `owner` is the project that the records come from. What is dropped is overwritten in the file and in its log.
    """

    def __init__(self, path: Path, limit_bytes: int, owner: int = 0) -> None:
        self.problem = ""
        self._owner = owner
        self._in_log = False  # whether the log may still hold what was dropped
        self._path = path
        self._limit = limit_bytes
        self._connection: sqlite3.Connection | None = None
        self._opened = False

    def get(self, keys: Sequence[bytes], texts: Sequence[bytes]) -> dict[bytes, Stored]:
        """The records that are known for `keys`; `texts` are the packed texts, which the store does not hold."""
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), KEYS_OF_QUERY):
            part = keys[start : start + KEYS_OF_QUERY]
            marks = ",".join("?" * len(part))
            found.update(self._run(f"SELECT key, data FROM records WHERE key IN ({marks})", part))
        stored = ((key, text, found.get(key)) for key, text in zip(keys, texts, strict=True))
        return {key: read for key, text, data in stored if data is not None and (read := _read(data, text)) is not None}

    def put(self, records: Iterable[tuple[bytes, str, PackedRecord, TextWords]]) -> None:
        """Keep records by key and path. What is too much goes with `evict`."""
        now = int(time.time())
        packed = ((key, path, _written(record, words)) for key, path, record, words in records)
        rows = [(key, _place_of(path), now, len(data), self._owner, data) for key, path, data in packed]
        self._write("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)

    def touch(self, keys: Iterable[bytes]) -> None:
        """Note that these were of use."""
        now = int(time.time())
        rows = [(now, key, now - AGE_STEP_S) for key in keys]
        self._write("UPDATE records SET used = ? WHERE key = ? AND used < ?", rows)

    def evict(self) -> None:
        """Drop the least recently used records if there are too many."""
        held = self._run("SELECT key, bytes FROM records ORDER BY used DESC, key", ())
        total, kept_until = 0, self._limit * (1 - EVICTED_SHARE)
        if sum(size for _, size in held) <= self._limit:
            return
        gone = []
        for key, size in held:
            total += size
            if total > kept_until:
                gone.append((key,))
        if self._write("DELETE FROM records WHERE key = ?", gone):
            self._run("PRAGMA incremental_vacuum", ())

    def drop(self, paths: Iterable[str]) -> None:
        """Delete all records of these paths, in any project. Other users of the records extract them again."""
        self._dropped(self._write("DELETE FROM records WHERE place = ?", [(_place_of(path),) for path in paths]))

    def drop_all_but(self, paths: Iterable[str]) -> None:
        """Delete the records that this project has stored under other paths."""
        held = {place for (place,) in self._run("SELECT DISTINCT place FROM records WHERE owner = ?", (self._owner,))}
        gone = [(self._owner, place) for place in held.difference(map(_place_of, paths))]
        self._dropped(self._write("DELETE FROM records WHERE owner = ? AND place = ?", gone))

    def scrub(self) -> None:
        """Truncate the log if it may hold dropped records. If another process blocks that, keep it until the next
        time.
        """
        if self._in_log:
            self._in_log = any(busy for busy, *_ in self._run("PRAGMA wal_checkpoint(TRUNCATE)", ()))

    def close(self) -> None:
        """Close the store. May be called more than once; the next use opens it again."""
        self.scrub()
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection, self._opened = None, False

    def _dropped(self, is_written: bool) -> None:
        self._in_log = self._in_log or is_written
        self.scrub()

    def _run(self, statement: str, values: Sequence[object]) -> list[Any]:
        connection = self._open()
        if connection is None:
            return []
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> bool:
        connection = self._open() if rows else None
        if connection is None:
            return False
        try:
            with connection:
                connection.executemany(statement, rows)
        except sqlite3.Error as error:
            self._give_up(error)
            return False
        return True

    def _open(self) -> sqlite3.Connection | None:
        if self._opened:
            return self._connection
        self._opened = True
        for last_try in (False, True):
            try:
                self._connection = _connected(self._path)
            except (sqlite3.Error, OSError) as error:
                if last_try or not _is_damage(error):
                    self._give_up(error)
                else:
                    self._remove()
            else:
                break
        return self._connection

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{self._path} is not used: {error}"
        self._in_log = False
        self.close()
        self._opened = True
        if _is_damage(error):
            self._remove()

    def _remove(self) -> None:
        for suffix in ("", *SIDE_FILES):
            with suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()


def _connected(path: Path) -> sqlite3.Connection:
    make_private_folder(path.parent)
    make_private_file(path)  # what SQLite keeps beside it gets the same rights
    for suffix in SIDE_FILES:
        with suppress(FileNotFoundError):
            make_private(path.with_name(path.name + suffix))
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA secure_delete = ON")  # what is dropped must not stay in the file
        # A log beside the file: reader and writer do not wait for one another, and a killed writer leaves it whole.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        found, is_empty = connection.execute(  # in one statement: another process may be making the tables
            "SELECT user_version, NOT EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if found != _FORMAT and not is_empty:
            raise sqlite3.DatabaseError("a store of another format")
        if found != _FORMAT:
            connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_damage(error: Exception) -> bool:
    """Whether the file itself is at fault, not the disk or a lock."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _written(record: PackedRecord, words: TextWords) -> bytes:
    parts = (record.language, record.digest, record.packages, record.problems, bytes(record.body))
    data = marshal.dumps((*parts, words.vocabulary, words.ids.typecode, words.ids.tobytes()))
    return zlib.crc32(data).to_bytes(4, "little") + data


def _read(data: bytes, text: bytes) -> Stored | None:
    """What was written; None if it is damaged."""
    if zlib.crc32(memoryview(data)[4:]) != int.from_bytes(data[:4], "little"):
        return None
    language, digest, packages, problems, body, vocabulary, typecode, ids = marshal.loads(memoryview(data)[4:])
    record = PackedRecord(language, digest, packages, problems, body, text)
    return record, TextWords(vocabulary, read_ids(typecode, ids))
