"""The journal of a replacement: written before the first change, removed after the last.

A journal that is still there means that the replacement did not finish.
"""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from dovetail_models.backend.errors import BackendError

FILE = "journal.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """Enough to go back, without asking the environment what happened."""

    version: str
    """The version before; "" where none was installed."""

    kept: tuple[str, ...]
    """Its files, copies of which are in the folder `kept`."""

    new: tuple[str, ...]
    """The files that the new wheel installs."""

    aside: tuple[str, ...]
    """Entries beginning with "~" that were in site-packages before."""

    added: tuple[str, ...] = ()
    """Other distributions that are being installed, and were not there before."""


def write(folder: Path, journal: Journal) -> None:
    """Put the journal on disk, complete or not at all. Raises OSError."""
    new = folder / f"{FILE}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)


def exists(folder: Path) -> bool:
    """Return whether a replacement did not finish, or is under way."""
    return (folder / FILE).exists()


def read(folder: Path) -> Journal | None:
    """Return the journal of an unfinished replacement, None if there is none. Raises BackendError if it is damaged."""
    try:
        value = json.loads((folder / FILE).read_text("utf-8"))
        lists = {name: tuple(map(str, value[name])) for name in ("kept", "new", "aside", "added")}
        return Journal(str(value["version"]), **lists)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendError(f"{folder / FILE} cannot be read ({error}): remove it and install Dovetail again") from error


def clear(folder: Path) -> None:
    """Remove the journal: nothing is unfinished."""
    (folder / FILE).unlink(missing_ok=True)
