"""Every option of Dovetail, once: its name, type, default and one sentence.

Values come from these sources, weakest first: the defaults here, the user's own `config.toml`, and the editor or the
command line. A project never sets any of these. An editor never sets `[remote]` either, because an editor's settings
may come with a project. `docs/settings.md` is generated from this module (a test keeps it current).
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dovetail.user_folders import user_folder

COMMAND_LINE = "the command line"
MAX_SHOWN = 80  # characters of a wrong value in a message
REMOTE_DIALECTS = ("auto", "llama.cpp", "openai")


class SettingsError(Exception):
    """One line that names the option, what is wrong with it and where it is set (`origin`).

    `is_whole_file` is whether the user's file cannot be read at all, so that none of its options apply.
    """

    def __init__(self, origin: str, message: str, is_whole_file: bool = False) -> None:
        super().__init__(f"{origin}{message}")
        self.origin = origin
        self.is_whole_file = is_whole_file


@dataclass(frozen=True, slots=True)
class LanguageSwitches:
    """Where completions are on: pairs of a language, as editors name it, and whether; "*" means all others."""

    entries: tuple[tuple[str, bool], ...] = (("*", True),)

    def allow(self, language: str) -> bool:
        """Return whether a language is on. Its own entry wins over "*"; without either it is."""
        entries = dict(self.entries)
        return entries.get(language, entries.get("*", True))


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """A server that completes in place of a model on this machine: the table `[remote]` of the user's `config.toml`.

    Nothing is sent anywhere as long as `url` is empty. Each field is documented in its sentence.
    """

    url: str = field(default="", metadata={"sentence": "Address of a server that completes instead of this machine."})
    dialect: str = field(
        default="auto", metadata={"sentence": '`"llama.cpp"`, `"openai"`, or `"auto"` to ask the server.'}
    )
    model: str = field(default="", metadata={"sentence": "Name of a model on the server; empty means its first."})
    format: str = field(default="deepseek-coder", metadata={"sentence": "Family whose prompt format the model knows."})
    ca_file: str = field(default="", metadata={"sentence": "PEM file of certificates to trust for this server."})
    proxy: str = field(default="", metadata={"sentence": "HTTP proxy to use; those of the environment are not used."})
    first_token_s: int = field(default=10, metadata={"sentence": "Seconds to wait for the beginning of an answer."})
    fallback: bool = field(
        default=True, metadata={"sentence": "Whether the model on this machine answers while the server does not."}
    )


def _option(
    default: str | int | bool | LanguageSwitches | RemoteSettings,
    sentence: str,
    minimum: int | None = None,
    one_of: tuple[str, ...] = (),
) -> Any:
    return field(default=default, metadata={"sentence": sentence, "minimum": minimum, "one_of": one_of})


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, with their defaults."""

    model: str = _option("starter", "Name of a model, or the path of a GGUF file with fill-in-the-middle tokens.")
    context_tokens: int = _option(
        1024, "The maximum number of tokens from other files to show the model; 0 shows none.", 0
    )
    max_tokens: int = _option(64, "The maximum length of a completion, in tokens.", 1)
    target_ms: int = _option(300, "Milliseconds to the first suggestion that a slow machine works towards.", 50)
    enable: LanguageSwitches = _option(  # noqa: RUF009 - the default never changes
        LanguageSwitches(), 'Languages in which to complete, as the editor names them; `"*"` stands for all others.'
    )
    in_comments: bool = _option(False, "Whether to complete comments and texts of several lines unasked.")
    menu_items: bool = _option(
        False, "Whether to offer completions in the editor's own list too, for editors that show no ghost text."
    )
    context_window: int = _option(
        0,
        "Tokens the model can see at once, never more than it was trained for; 0 lets Dovetail choose "
        "(4096 on a CPU, 8192 on a GPU, less where memory is short).",
        0,
    )
    threads: int = _option(0, "CPU threads of the model; 0 lets Dovetail choose.", 0)
    statistics: bool = _option(
        True, "Whether to count what becomes of suggestions, for `dovetail stats` on this computer."
    )
    calibrate_when_idle: bool = _option(
        False,
        "Whether to run `dovetail calibrate` on the open project while nobody types, on mains power only.",
    )
    index_cache_mb: int = _option(
        1000, "The most disk space, in megabytes, for the index of all projects between starts; 0 keeps nothing.", 0
    )
    kv_cache_mb: int = _option(
        0,
        "The most disk space, in megabytes, for what the model has read (KV states) between starts; 0 keeps nothing.",
        0,
    )
    gpu_layers: int = _option(-1, "Layers of the model to put on the GPU; -1 means as many as fit.", -1)
    kv_type: str = _option(
        "auto",
        "Type of the model's KV cache: `f16`, `q8_0` (half the memory) or `auto` (f16 while memory lasts).",
        one_of=("auto", "f16", "q8_0"),
    )
    flash_attention: str = _option(
        "auto",
        "Whether the model uses flash attention: `on`, `off` or `auto` (off on a CPU, where it is slower).",
        one_of=("auto", "on", "off"),
    )
    micro_batch: int = _option(
        0, "Tokens that the model reads in one step; 0 lets Dovetail choose (128 on a CPU, 512 on a GPU).", 0
    )
    unload_after_s: int = _option(
        1800, "Seconds without a request after which the model leaves memory until the next one; 0 keeps it there.", 0
    )
    sandbox: bool = _option(
        True, "Whether the model's process gives up the network and all files that it does not need."
    )
    remote: RemoteSettings = _option(  # noqa: RUF009 - the default never changes
        RemoteSettings(), "A server that completes in place of this machine; only in the user's own `config.toml`."
    )


def user_config_path() -> Path:
    """Return where the user's own `config.toml` is looked for."""
    return user_folder("config") / "config.toml"


def user_model() -> str | None:
    """Return the model that the user's own file asks for; None if it asks for none, or cannot be read."""
    _, values = _user_layer(lambda problem: None)
    model = values.get("model")
    return model if isinstance(model, str) else None


def load_settings(
    *layers: tuple[str, Mapping[str, object]], on_problem: Callable[[SettingsError], None] | None = None
) -> Settings:
    """Return the defaults, overridden by the user's file, then by `layers`: pairs of a name (for messages) and values.

    A file that cannot be read, an unknown option, and a value of the wrong type or range are each given to
    `on_problem`, and all other options hold. Without it the first of them is raised: a SettingsError.
    """

    def problem(error: SettingsError) -> None:
        if on_problem is None:
            raise error
        on_problem(error)

    settings = Settings()
    for origin, values in (_user_layer(problem), *layers):
        settings = dataclasses.replace(settings, **_checked(origin, values, problem))
    return settings


def settings_table() -> str:
    """Return the options as a Markdown table, for `docs/settings.md`."""
    rows = ["| option | default | meaning |", "|---|---|---|"]
    for name, default, sentence in documented_options():
        rows.append(f"| `{name}` | `{json.dumps(default)}` | {sentence} |")
    return "\n".join(rows)


def documented_options() -> Iterator[tuple[str, object, str]]:
    """Yield the name, default and sentence of each option, those of `[remote]` as `remote.NAME`."""
    for option in dataclasses.fields(Settings):
        default = option.default
        if isinstance(default, RemoteSettings):
            for inner in dataclasses.fields(RemoteSettings):
                sentence = inner.metadata["sentence"].removesuffix(".")
                yield f"remote.{inner.name}", inner.default, f"{sentence} (only in `config.toml`)."
        else:
            shown = dict(default.entries) if isinstance(default, LanguageSwitches) else default
            yield option.name, shown, option.metadata["sentence"]


_OnProblem = Callable[[SettingsError], None]


def _user_layer(problem: _OnProblem) -> tuple[str, Mapping[str, object]]:
    path = user_config_path()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a byte order mark
    except FileNotFoundError:
        return str(path), {}
    except (OSError, UnicodeDecodeError, RecursionError, ValueError) as error:
        problem(SettingsError(str(path), f" cannot be read ({_one_line(error)}): correct or remove it.", True))
        return str(path), {}
    # A file is named as seen from the one that names it.
    model, remote = values.get("model"), values.get("remote")
    if isinstance(model, str) and model.endswith(".gguf"):
        values["model"] = str(path.parent / model)
    if isinstance(remote, dict) and isinstance(remote.get("ca_file"), str) and remote["ca_file"]:
        remote["ca_file"] = str(path.parent / Path(remote["ca_file"]).expanduser())
    return str(path), values


def _checked(origin: str, values: Mapping[str, object], problem: _OnProblem) -> dict[str, Any]:
    """Return those of the values that can be used."""
    known = {option.name: option for option in dataclasses.fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        option = known.get(name)
        fault = f"there is no option {name!r}; the options are {', '.join(known)}" if option is None else ""
        if option is not None:
            own = str(user_config_path())
            is_foreign = name == "remote" and origin not in (COMMAND_LINE, own)
            fault = f"remote can only be set in {own}: move it there" if is_foreign else _fault(option, value)
            if not fault:
                checked[name] = _value(option, value)
        if fault:
            problem(SettingsError(origin, f": {fault}."))
    return checked


def _fault(option: dataclasses.Field[Any], value: object) -> str:
    """Return what is wrong with the value of an option, "" if nothing is."""
    wanted, minimum = type(option.default), option.metadata["minimum"]
    if wanted is RemoteSettings:
        return _remote_fault(value)
    if wanted is LanguageSwitches:
        is_sound = isinstance(value, Mapping) and all(type(on) is bool for on in value.values())
        return "" if is_sound else f"{option.name} must be {_named(wanted)}, not {_short(value)}"
    if type(value) is not wanted:
        return f"{option.name} must be {_named(wanted)}, not {_short(value)}"
    one_of = option.metadata["one_of"]
    if one_of and value not in one_of:
        return f"{option.name} must be one of {', '.join(one_of)}, not {_short(value)}"
    if minimum is not None and isinstance(value, int) and value < minimum:
        return f"{option.name} must be at least {minimum}, not {_short(value)}"
    return ""


def _value(option: dataclasses.Field[Any], value: Any) -> object:
    """Return the value of an option that has no fault."""
    if isinstance(option.default, LanguageSwitches):
        return LanguageSwitches(tuple(value.items()))
    return RemoteSettings(**value) if isinstance(option.default, RemoteSettings) else value


def _remote_fault(value: object) -> str:
    """Return what is wrong with a table `[remote]`, "" if nothing is. The engine checks whether the URL works."""
    if not isinstance(value, Mapping):
        return f"remote must be a table, not {_short(value)}"
    known = {option.name: option.default for option in dataclasses.fields(RemoteSettings)}
    for name, each in value.items():
        if name not in known:
            return f"there is no option {f'remote.{name}'!r}; its options are {', '.join(known)}"
        if type(each) is not type(known[name]):
            return f"remote.{name} must be {_named(type(known[name]))}, not {_short(each)}"
    if value.get("dialect", "auto") not in REMOTE_DIALECTS:
        return f"remote.dialect must be one of {', '.join(REMOTE_DIALECTS)}, not {_short(value['dialect'])}"
    if value.get("first_token_s", 1) < 1:
        return f"remote.first_token_s must be at least 1, not {_short(value['first_token_s'])}"
    return ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _short(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits
        return "a value too large to write"
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _named(wanted: type) -> str:
    return {
        str: "a text",
        int: "a whole number",
        bool: "true or false",
        LanguageSwitches: "a table of languages, each true or false",
    }[wanted]
