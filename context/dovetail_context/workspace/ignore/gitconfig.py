"""Git's settings for ignored files: `core.excludesFile` and `core.ignoreCase`, and nothing else.

A project's own configuration can only exclude more files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dovetail_context.workspace.ignore.repository import Repository, bounded_bytes
from dovetail_context.workspace.ignore.wildmatch import Automaton, MalformedPattern, fold_case, tokenize

_MAX_INCLUDE_DEPTH = 10  # as in git: a file may include itself
_TRUE = ("true", "yes", "on", "1")
_HEADER = re.compile(r'\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?\]')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*(=?)")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "\\": "\\", '"': '"', "\n": ""}


@dataclass(frozen=True, slots=True)
class IgnoreConfig:
    """The user's own file of patterns, and whether upper and lower case are the same."""

    excludes_file: Path | None
    ignore_case: bool


def ignore_config(repository: Repository | None) -> IgnoreConfig:
    """Read the configuration files that git would read. Of several values the last one wins."""
    settings = _Settings(repository)
    for file in config_files(repository):
        settings.read(file)
    if repository is not None and settings.values.get("extensions.worktreeconfig", "").lower() in _TRUE:
        settings.read(repository.git / "config.worktree")
    ignore_case = settings.values.get("core.ignorecase", "").lower() in _TRUE
    excludes = settings.values.get("core.excludesfile")
    if excludes is None:
        excludes_file = _user_folder() / "ignore"
    else:
        excludes_file = (repository.top if repository else _home()) / _expanded(excludes)
    return IgnoreConfig(None if excludes == "" else excludes_file, ignore_case)


def config_files(repository: Repository | None) -> Iterator[Path]:
    """The files with the configuration of the system, the user and the repository."""
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in _TRUE:
        yield Path(os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig"))
    if "GIT_CONFIG_GLOBAL" in os.environ:
        yield Path(os.environ["GIT_CONFIG_GLOBAL"])
    else:
        yield _user_folder() / "config"
        yield _home() / ".gitconfig"
    if repository is not None:
        yield repository.common / "config"


class _Settings:
    """The values of all files read so far, by `section.key` in lower case."""

    def __init__(self, repository: Repository | None) -> None:
        self.values: dict[str, str] = {}
        self._repository = repository

    def read(self, file: Path, depth: int = 0) -> None:
        data, _ = bounded_bytes(file)
        if data is None or depth > _MAX_INCLUDE_DEPTH:
            return
        for section, condition, key, value in parse_config(data):
            if section in ("include", "includeif") and key == "path":
                if section == "include" or self._holds(condition, file.parent):
                    self.read(file.parent / _expanded(value), depth + 1)
            elif not condition:
                self.values[f"{section}.{key}"] = value

    def _holds(self, condition: str, folder: Path) -> bool:
        """Whether a conditional file is included; conditions on branches and remotes never hold here."""
        kind, _, pattern = condition.partition(":")
        if kind not in ("gitdir", "gitdir/i") or self._repository is None:
            return False
        if pattern.startswith("./"):
            pattern = f"{folder.as_posix()}{pattern[1:]}"
        pattern = _expanded(pattern)
        if not Path(pattern).is_absolute():
            pattern = f"**/{pattern}"
        if pattern.endswith("/"):
            pattern += "**"
        fold = kind.endswith("i")
        try:
            tokens = tokenize(pattern.removeprefix("/"), is_path=True, fold=fold)
        except MalformedPattern:
            return False
        automaton = Automaton([(0, tokens, True)])
        git = self._repository.git
        for path in {git.as_posix(), os.path.realpath(git).replace(os.sep, "/")}:
            parent, _, name = (fold_case(path) if fold else path).removeprefix("/").rpartition("/")
            if automaton.last(parent, name) >= 0:
                return True
        return False


@lru_cache(maxsize=32)
def parse_config(data: bytes) -> tuple[tuple[str, str, str, str], ...]:
    """Section, subsection, key and value of every setting; section and key in lower case. What follows a mistake is
    not read: git refuses the whole file.
    """
    text = os.fsdecode(data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    found: list[tuple[str, str, str, str]] = []
    section = subsection = ""
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
        elif character in "#;":
            at = _line_end(text, at)
        elif header := _HEADER.match(text, at):
            section, subsection, at = header[1].lower(), re.sub(r"\\(.)", r"\1", header[2] or ""), header.end()
        elif key := _KEY.match(text, at):
            value, at = _value(text, key.end()) if key[2] else ("true", _line_end(text, key.end()))
            found.append((section, subsection, key[1].lower(), value))
        else:
            break
    return tuple(found)


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at `at`, and where its line ends."""
    value: list[str] = []
    kept = 0  # without the spaces at the end
    is_quoted = False
    while at < len(text) and (character := text[at]) != "\n":
        at += 1
        if character == '"':
            is_quoted = not is_quoted
            kept = len(value)
        elif character in "#;" and not is_quoted:
            at = _line_end(text, at)
            break
        elif character == "\\":
            value.append(_ESCAPES.get(text[at : at + 1], ""))
            at += 1
            kept = len(value)
        elif value or is_quoted or character not in " \t":
            value.append(character)
            kept = kept if character in " \t" and not is_quoted else len(value)
    return "".join(value[:kept]), at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _expanded(path: str) -> str:
    """The path, with `~` for the user's home folder."""
    return f"{_home()}{path[1:]}" if path == "~" or path.startswith("~/") else path


def _user_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return Path(base, "git") if base else _home() / ".config" / "git"


def _home() -> Path:
    return Path(os.environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
