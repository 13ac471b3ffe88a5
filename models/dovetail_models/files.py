"""Find a model file by name, and check a file before llama.cpp loads it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dovetail_models.catalog.installed import MODEL_SUFFIX, PART_SUFFIX, find_installed, installed_models
from dovetail_models.catalog.read import catalog, find_entry, near_names
from dovetail_models.errors import ModelError

STARTER = "starter"
"""The name of the small model that comes with Dovetail."""

GGUF_MAGIC = b"GGUF"
"""The first bytes of every GGUF file (GGUF specification, "File Structure")."""

KEY_HEAD_BYTES = 4 * 2**20
"""Of a file's beginning, which holds the metadata and the types of all tensors, that its key is made of."""

KEY_SAMPLES, KEY_SAMPLE_BYTES = 32, 16 * 2**10
"""Pieces of the weights that its key is made of, and their size. A fine-tune of a model differs nearly everywhere."""

_STARTER_PATH = Path(__file__).parent / "weights" / "dovetail-starter.gguf"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that can be loaded: its name for people, and where it is."""

    name: str
    path: Path
    is_starter: bool


def resolve_model(name_or_path: str | None, folder: Path | None = None) -> ModelFile:
    """Return the file of a model; the starter model if none is named.

    `folder` is where models are installed: they are found by their name in the catalogue, or the file's name without
    suffix. Raises ModelError if there is no such usable file.
    """
    if name_or_path is None or name_or_path == STARTER:
        if not _STARTER_PATH.exists():
            raise ModelError(
                f"the starter model is missing ({_STARTER_PATH}): install Dovetail again, or name a .gguf file"
            )
        check_file(_STARTER_PATH)
        return ModelFile(STARTER, _STARTER_PATH, True)
    try:
        path = Path(name_or_path).expanduser()
    except RuntimeError as error:
        raise ModelError(f"{name_or_path} begins in a home folder that is not known: give the whole path") from error
    if len(path.parts) == 1 and path.suffix.lower() != MODEL_SUFFIX and not _is_only_a_file(path, folder):
        return _named(name_or_path, folder)
    check_file(path)
    return ModelFile(path.stem, path.absolute(), False)


def model_key(path: Path) -> str:
    """Return a name for what a model file holds, 16 hexadecimal digits: not for where it is or what it is called.

    The size, the beginning and samples of the rest decide, so that a file of many gigabytes takes milliseconds. Another
    quantization of the same model has another key. Raises OSError.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        digest = hashlib.sha256(str(size).encode())
        file.seek(0)
        digest.update(file.read(KEY_HEAD_BYTES))
        for number in range(KEY_SAMPLES):
            file.seek(size * number // KEY_SAMPLES)
            digest.update(file.read(KEY_SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def _is_only_a_file(path: Path, folder: Path | None) -> bool:
    """Return whether a word is a file here and no name of a model: a project's file never takes a model's place."""
    is_name = find_entry(path.name) is not None or (folder is not None and find_installed(path.name, folder))
    return path.exists() and not is_name


def _named(name: str, folder: Path | None) -> ModelFile:
    """Return the installed model of that name. Raises ModelError that explains how to get it or lists similar names."""
    model = None if folder is None else find_installed(name, folder)
    if model is not None:
        check_file(model.path)
        return ModelFile(model.name, model.path.absolute(), False)
    if (entry := find_entry(name)) is not None:
        raise ModelError(f"{entry.name} is not installed: run `dovetail models pull {entry.name}`")
    installed = () if folder is None else tuple(model.name for model in installed_models(folder))
    near = near_names(name, (STARTER, *(entry.name for entry in catalog()), *installed))
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise ModelError(
        f'no model is called "{name}": {meant}`dovetail models list` shows all; or give the path of a .gguf file'
    )


def check_file(path: Path) -> None:
    """Raise ModelError if `path` cannot be a GGUF model."""
    if not path.exists():
        raise ModelError(f"{path} does not exist: give the path of a .gguf file")
    if path.suffix.lower() == PART_SUFFIX:
        raise ModelError(f"{path} is an unfinished download: `dovetail models pull NAME` goes on with it")
    if not path.is_file():
        raise ModelError(f"{path} is not a file: give the path of a .gguf file")
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if magic != GGUF_MAGIC:
        what = "is empty" if not magic else "is not a GGUF file"
        raise ModelError(f"{path} {what}: download it again, or convert the model to GGUF")
