"""What the first pull or import of a name has found, kept beside the models: one small JSON file for each name.

A later pull of the same name must bring the same bytes; `verify` compares with it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dovetail_models.errors import ModelError

FOLDER = "pins"
"""The folder in the folder of models."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The bytes that a name means.

    file: the file's name in the folder of models.
    sha256: 64 hexadecimal digits.
    size_bytes: the file's size.
    repository: where it is from; "" for an imported file.
    commit: the commit of the repository; "" for an imported file.
    """

    file: str
    sha256: str
    size_bytes: int
    repository: str = ""
    commit: str = ""


def pin_path(folder: Path, name: str) -> Path:
    """Return where the pin of a name is, or would be."""
    return folder / FOLDER / f"{name}.json"


def read_pin(folder: Path, name: str) -> Pin | None:
    """Return the pin of a name, None if it was never pulled. Raises ModelError for a damaged file."""
    path = pin_path(folder, name)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        pin = Pin(**values)
        if type(pin.size_bytes) is int and all(isinstance(value, str) for value in (pin.file, pin.sha256)):
            return pin
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except (ValueError, TypeError):
        pass
    raise ModelError(f"{path} is damaged: remove it, and pull or import the model again")


def pin_text(pin: Pin) -> str:
    """Return what the file of a pin holds."""
    return json.dumps(asdict(pin), indent=1) + "\n"
