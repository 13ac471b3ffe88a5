"""Writes into the user's `config.toml`. Comments and all other options stay as they are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from dovetail.settings import SettingsError, user_config_path


def set_model(model: str) -> Path:
    """Write `model = "..."` and return the file. Raises SettingsError for a file that cannot be read or written."""
    path = user_config_path()
    try:
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        document = tomlkit.parse(text)
        document["model"] = model
        _write(path, tomlkit.dumps(document))
    except (ParseError, UnicodeDecodeError) as error:
        what = " ".join(str(error).split())
        raise SettingsError(str(path), f" cannot be read ({what}): correct or remove it.") from error
    except TOMLKitError as error:
        raise SettingsError(str(path), f" cannot be changed ({error}): write `model` into it by hand.") from error
    except OSError as error:
        raise SettingsError(
            str(path), f" cannot be written ({error.strerror}): check the permissions of its folder."
        ) from error
    return path


def _write(path: Path, text: str) -> None:
    """Write the whole text or nothing. A link stays a link; the file keeps its mode."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".config-", suffix=".toml", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        Path(draft).replace(target)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
