"""Which models are in a folder, and under which names. Unfinished downloads have another suffix and are never found."""

from dataclasses import dataclass
from pathlib import Path

from dovetail_models.catalog.entry import CatalogEntry
from dovetail_models.catalog.pins import read_pin
from dovetail_models.catalog.read import catalog, find_entry
from dovetail_models.errors import ModelError

MODEL_SUFFIX = ".gguf"
PART_SUFFIX = ".part"
"""What is appended to the name of a file that is not complete."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A complete file in the folder of models.

    name: its name in the catalogue, else the file's name without suffix.
    path: the file.
    entry: its row in the catalogue; None for a file of the user's own.
    """

    name: str
    path: Path
    entry: CatalogEntry | None


def installed_models(folder: Path) -> tuple[InstalledModel, ...]:
    """Return the models in a folder by name. A folder that cannot be read holds none."""
    try:
        paths = [path for path in folder.iterdir() if path.suffix.lower() == MODEL_SUFFIX and path.is_file()]
    except OSError:
        return ()
    entries = {file: entry for entry in catalog() if (file := file_of(entry, folder)) is not None}
    found = []
    for path in paths:
        entry = entries.get(path.name)
        found.append(InstalledModel(path.stem if entry is None else entry.name, path, entry))
    return tuple(sorted(found, key=lambda model: model.name))


def find_installed(name: str, folder: Path) -> InstalledModel | None:
    """Return the model of that name: a name of the catalogue, or a file's name without suffix."""
    entry = find_entry(name)
    return next(
        (
            model
            for model in installed_models(folder)
            if (entry is not None and model.entry == entry) or name in (model.name, model.path.stem)
        ),
        None,
    )


def file_of(entry: CatalogEntry, folder: Path) -> str | None:
    """Return the name of an entry's file; None where only the hub knows it and nothing was pulled yet."""
    if entry.file is not None:
        return entry.file
    try:
        pin = read_pin(folder, entry.name)
    except ModelError:
        return None
    return None if pin is None else pin.file
