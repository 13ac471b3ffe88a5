"""Every option of Dovetail, once: its name, type, default and one sentence.

Values come from, in rising order: the defaults here, the user's own `config.toml`, and what the editor or the command
line says. A project never sets any of these. The README's table is generated from this module (a test holds it true).
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

COMMAND_LINE = "the command line"


class SettingsError(Exception):
    """One line that names the option, what is wrong with it and where it stands (`origin`)."""

    def __init__(self, origin: str, message: str) -> None:
        super().__init__(f"{origin}{message}")
        self.origin = origin


def _option(default: str | int | bool, sentence: str, minimum: int | None = None) -> Any:
    return field(default=default, metadata={"sentence": sentence, "minimum": minimum})


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, with their defaults."""

    model: str = _option("starter", "Name of a model, or the path of a GGUF file with fill-in-the-middle tokens.")
    context_tokens: int = _option(1024, "Most tokens of other files to show the model; 0 shows none.", 0)
    max_tokens: int = _option(64, "Most tokens of one completion.", 1)
    target_ms: int = _option(300, "Milliseconds to the first suggestion that a slow machine works towards.", 50)
    in_comments: bool = _option(False, "Whether to complete comments and texts of several lines unasked.")
    context_window: int = _option(4096, "Tokens the model can see at once; never more than it was trained for.", 256)
    threads: int = _option(0, "CPU threads of the model; 0 lets Dovetail choose.", 0)
    statistics: bool = _option(
        True, "Whether to count what becomes of suggestions, for `dovetail stats` on this computer."
    )
    index_cache_mb: int = _option(
        1000, "Most megabytes that the index of all projects keeps on disk between starts; 0 keeps nothing.", 0
    )
    kv_cache_mb: int = _option(
        0,
        "Most megabytes of what the model has read (KV states) that are kept on disk between starts; 0 keeps nothing.",
        0,
    )
    gpu_layers: int = _option(-1, "Layers of the model to put on the GPU; -1 means as many as there are.", -1)


def user_config_path() -> Path:
    """Where the user's own `config.toml` is looked for."""
    return platformdirs.user_config_path("dovetail", appauthor=False) / "config.toml"


def load_settings(*layers: tuple[str, Mapping[str, object]]) -> Settings:
    """The defaults under the user's file under `layers`, each a pair of the place's name (for messages) and values.

    Raises SettingsError for a file that cannot be read, an unknown option, or a value of the wrong type or range.
    """
    settings = Settings()
    for origin, values in (_user_layer(), *layers):
        settings = dataclasses.replace(settings, **_checked(origin, values))
    return settings


def settings_table() -> str:
    """The options as a Markdown table, for the README."""
    rows = ["| option | default | |", "|---|---|---|"]
    for option in dataclasses.fields(Settings):
        rows.append(f"| `{option.name}` | `{json.dumps(option.default)}` | {option.metadata['sentence']} |")
    return "\n".join(rows)


def _user_layer() -> tuple[str, Mapping[str, object]]:
    path = user_config_path()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return str(path), {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(path), f" cannot be read: {error}. Mend or remove it.") from None
    model = values.get("model")
    if isinstance(model, str) and model.endswith(".gguf"):
        values["model"] = str(path.parent / model)  # a file is named as seen from the one that names it
    return str(path), values


def _checked(origin: str, values: Mapping[str, object]) -> dict[str, Any]:
    known = {option.name: option for option in dataclasses.fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        option = known.get(name)
        if option is None:
            raise SettingsError(origin, f": there is no option {name!r}; the options are {', '.join(known)}.")
        wanted = type(option.default)
        if type(value) is not wanted:
            raise SettingsError(origin, f": {name} must be {_named(wanted)}, not {value!r}.")
        minimum = option.metadata["minimum"]
        if minimum is not None and isinstance(value, int) and value < minimum:
            raise SettingsError(origin, f": {name} must be at least {minimum}, not {value}.")
        checked[name] = value
    return checked


def _named(wanted: type) -> str:
    return {str: "a text", int: "a whole number", bool: "true or false"}[wanted]
