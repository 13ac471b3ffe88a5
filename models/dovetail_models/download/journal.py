"""The journal beside a partial file: whose part it is, and how many of its first bytes are durable."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dovetail_models.download.durable import write_file


@dataclass(frozen=True, slots=True)
class Journal:
    """The known facts about a partial file.

    model: the name in the catalogue that is pulled.
    sha256: of the whole file, as the hub states it.
    size_bytes: of the whole file.
    commit: the commit of the repository that it is from.
    etag: the ETag of the server that sent the bytes; "" if it sent none that can be relied on.
    durable: bytes from the first on that are on the medium.
    """

    model: str
    sha256: str
    size_bytes: int
    commit: str
    etag: str
    durable: int


def read_journal(path: Path) -> Journal | None:
    """Return the journal, None where there is none or it cannot be relied on."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        journal = Journal(**values)
    except (OSError, ValueError, TypeError):
        return None
    is_sound = all(type(getattr(journal, field.name)) is field.type for field in fields(journal))
    return journal if is_sound and 0 <= journal.durable <= journal.size_bytes else None


def write_journal(path: Path, journal: Journal) -> None:
    """Write the journal; a crash leaves the one before. Raises OSError."""
    write_file(path, json.dumps(asdict(journal)) + "\n")
