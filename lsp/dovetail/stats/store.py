"""Where the counts are kept: one small SQLite file of the user's own. Nothing else reads or writes it.

Several servers add to it at once; SQLite sees to that. It stays small by itself: counts have no more rows than there
are days, languages, models and buckets, and days older than `KEEP_DAYS` go.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dovetail.stats.tally import Key, Tally
from dovetail.user_folders import user_folder

# Where to keep what is counted, instead of the system's place for such things.
STATE_VARIABLE = "DOVETAIL_STATE_DIR"
KEEP_DAYS = 400  # a year, and the same month of the year before beside it
# Another server that writes is done in milliseconds, and who leaves does not wait long.
PATIENCE_S = 2.0

_TABLE = """
CREATE TABLE IF NOT EXISTS counts (
    day TEXT, language TEXT, model TEXT, name TEXT, bucket INTEGER, count INTEGER,
    PRIMARY KEY (day, language, model, name, bucket)
) WITHOUT ROWID
"""
_ADD = "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"


class StatsError(Exception):
    """The file cannot be read or written; one line that explains what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One count of one day."""

    day: date
    key: Key
    count: int


def stats_path() -> Path:
    """Return where the counts are kept."""
    folder = os.environ.get(STATE_VARIABLE)
    return (Path(folder) if folder else user_folder("state")) / "stats.sqlite3"


def add(path: Path, tally: Tally, day: date) -> None:
    """Add counts to those of a day. Raises StatsError; the file is then as it was before."""
    rows = [(day.isoformat(), key.language, key.model, key.name, key.bucket, count) for key, count in tally.items()]
    with _opened(path) as connection:
        connection.execute("BEGIN IMMEDIATE")  # who only begins to write later may find the file taken by then
        connection.execute(_TABLE)
        connection.execute("DELETE FROM counts WHERE day < ?", ((day - timedelta(days=KEEP_DAYS)).isoformat(),))
        connection.executemany(_ADD, rows)


def read(path: Path, since: date | None = None) -> list[Row]:
    """Return the counts, oldest day first, from a day on. None are there before any were added. Raises StatsError."""
    if not path.exists():
        return []
    with _opened(path) as connection:
        connection.execute(_TABLE)
        query = "SELECT day, language, model, name, bucket, count FROM counts WHERE day >= ? ORDER BY day"
        found = connection.execute(query, (since.isoformat() if since else "",)).fetchall()
    return [Row(date.fromisoformat(day), Key(*key), count) for day, *key, count in found]


def clear(path: Path) -> bool:
    """Delete all counts. Whether there were any. Raises StatsError."""
    existed = path.exists()
    try:
        for file in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StatsError(f"{path} cannot be deleted: {error.strerror}. Close what uses it and try again.") from None
    return existed


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection whose work is done entirely or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as connection, connection:
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise StatsError(
            f"{path} cannot be used: {error}. If it is damaged, dovetail stats --clear deletes it."
        ) from None
