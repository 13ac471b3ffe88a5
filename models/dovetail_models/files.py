"""From a name to a model file, and what can be said about a file before llama.cpp loads it."""

from dataclasses import dataclass
from pathlib import Path

from dovetail_models.errors import ModelError

STARTER = "starter"
"""The name of the small model that comes with Dovetail."""

GGUF_MAGIC = b"GGUF"
"""The first bytes of every GGUF file (GGUF specification, "File Structure")."""

_STARTER_PATH = Path(__file__).parent / "weights" / "dovetail-starter.gguf"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that can be loaded: its name for people, and where it is."""

    name: str
    path: Path
    is_starter: bool


def resolve_model(name_or_path: str | None) -> ModelFile:
    """The file of a model; the starter model if none is named. Raises ModelError if there is no such usable file."""
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
    if path.suffix.lower() != ".gguf" and not path.exists() and len(path.parts) == 1:
        raise ModelError(f'no model is called "{name_or_path}": say "{STARTER}", or give the path of a .gguf file')
    check_file(path)
    return ModelFile(path.stem, path.absolute(), False)


def check_file(path: Path) -> None:
    """Raise ModelError if `path` cannot be a GGUF model."""
    if not path.exists():
        raise ModelError(f"{path} does not exist: give the path of a .gguf file")
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
