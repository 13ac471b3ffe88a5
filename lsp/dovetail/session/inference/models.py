"""The models on this machine that a user can choose: the starter model, those in the folder for models (by their names
in the catalogue, other files by their paths), and files beside the model that is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dovetail.user_folders import user_folder
from dovetail_models.api import STARTER, ModelError, fits_in_memory as fits, installed_models, resolve_model


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model by the name that the setting takes. `fits` is whether the machine has the memory for it now."""

    name: str
    path: Path
    bytes: int
    fits: bool


def models_folder() -> Path:
    """Return where users keep their models."""
    return user_folder("data") / "models"


def known_models(wanted: str) -> list[KnownModel]:
    """Return the models that can be loaded, the starter first; `wanted` is the one that the settings name."""
    folder = models_folder()
    listed = [model.name for model in installed_models(folder) if model.entry is not None]
    named = [STARTER, wanted, *listed, *map(str, _files(wanted))]
    found: dict[Path, KnownModel] = {}
    for name in named:
        with suppress(ModelError, OSError):  # not there, or no model
            path = resolve_model(name, folder).path.resolve()
            size = path.stat().st_size
            found.setdefault(path, KnownModel(name, path, size, fits(size)))
    return list(found.values())


def _files(wanted: str) -> Iterator[Path]:
    folders = [models_folder()]
    if wanted != STARTER:
        folders.append(Path(wanted).expanduser().parent)
    for folder in dict.fromkeys(folders):
        yield from sorted(_models_in(folder))


def _models_in(folder: Path) -> Iterable[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix.lower() == ".gguf"]
    except OSError:
        return []  # no such folder
