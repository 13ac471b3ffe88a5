"""A text to `ProjectRules`, with every mistake in it at its place. Pure: knows no files and no project."""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from dovetail.rules.globs import STEM, fault
from dovetail.rules.keys import (
    LANGUAGE_NAMES,
    MAX_NOTE_CHARACTERS,
    RETRIEVERS,
    Key,
    PathRule,
    PinRule,
    ProjectRules,
    RetrieverRule,
    keys_of,
)
from dovetail.rules.places import Path, Placed, place_of_fault, places_in
from dovetail.rules.source import Problem, RuleText, Severity, Source, SourceRange
from dovetail.settings import Settings, user_config_path
from dovetail_context.api import counted

_PIN = re.compile(r"(?P<path>.+?)(?::(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?)?$")
# The TOML parser takes minutes for a key with more than 32 parts; our keys have at most three.
_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")
_HIGHEST_NUMBER = 10**9  # integers of any size can be written, and not all of them can be shown
MAX_PROBLEMS = 100  # reported for one file
MAX_MESSAGE = 400  # characters
_PIN_SHAPE = "write path, path:line or path:first-last, lines counted from 1"
# What others call what only the user may decide; our own options are added below.
_OF_THE_USER = frozenset(
    """
    server servers command commands cmd args arguments env environment host port url endpoint api api_key apikey token
    models model_path modelpath gguf engine executable binary python interpreter proxy plugin plugins hooks run script
    shell trusted trust log log_file cache cache_dir telemetry
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
) | frozenset(Settings.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The rules in a text, without its mistakes, and the mistakes. `rules` is None if the text is not TOML."""

    rules: ProjectRules | None
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong: only then do the rules take the place of older ones."""
        return not any(problem.severity == "error" for problem in self.problems)


def parse_rules(text: str, file: str) -> Parsed:
    """Parse the text of a rules file; `file` is its name for messages. Never raises."""
    values, place, message = _loaded(text)
    if values is None:
        return Parsed(None, (Problem("error", message, Source(file, place)),))
    return parse_values(values, file, places_in(text))


def parse_values(values: Mapping[str, Any], file: str, places: Mapping[Path, Placed] | None = None) -> Parsed:
    """Parse rules that are values already, such as an editor's settings."""
    reader = _Reader(file, places or {})
    rules, found = reader.project(values), reader.problems
    problems = [replace(each, message=_shortened(each.message)) for each in first_problems(found, file)]
    return Parsed(rules, tuple(problems))


def first_problems(found: Sequence[Problem], file: str) -> tuple[Problem, ...]:
    """Return as many problems of one file as a user would read, and a note of how many more there are."""
    rest = found[MAX_PROBLEMS:]
    if not rest:
        return tuple(found)
    severity: Severity = "error" if any(each.severity == "error" for each in rest) else "warning"
    more = f"there are {len(rest)} more mistakes in {file}; correct the first ones"
    return (*found[:MAX_PROBLEMS], Problem(severity, more, Source(file)))


def salvaged(text: str, file: str) -> ProjectRules:
    """Return the rules above the mistake in a broken text, for use where there are no older rules.

    The parser finds an unclosed bracket only at the end of the text. So leave out more and more lines until the rest is
    sound, then take back as many as possible. This avoids parsing a long text once for every line.
    """
    lines = text.split("\n")
    sound, broken, step = 0, len(lines) + 1, 1
    end = len(lines)
    while end > 0:
        values, place, _ = _loaded("\n".join(lines[:end]))
        if values is not None:
            sound = end
            break
        broken = min(end, place.line if place else 1)
        end = broken - step
        step *= 4
    while broken - sound > 1:
        middle = (sound + broken) // 2
        if _loaded("\n".join(lines[:middle]))[0] is None:
            broken = middle
        else:
            sound = middle
    return parse_rules("\n".join(lines[:sound]), file).rules or ProjectRules()


def _shortened(message: str) -> str:
    """Shorten a message: a name or a pattern in it may be of any length."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}..."


def _loaded(text: str) -> tuple[dict[str, Any] | None, SourceRange | None, str]:
    """Return the values of a TOML text; or None, the place of the mistake and what it is."""
    deep = _DEEP_KEY.search(text)
    if deep is not None:
        line = text.count("\n", 0, deep.start()) + 1
        return None, SourceRange(line, 1, line, 1), "this is nested too deeply"
    try:
        return tomllib.loads(text), None, ""
    except tomllib.TOMLDecodeError as error:
        place, message = place_of_fault(text, error)
        return None, place, f"this is not TOML: {message[:1].lower()}{message[1:]}"
    except RecursionError:
        return None, None, "this is nested too deeply"
    except ValueError:  # Python refuses to read integers of thousands of digits
        return None, None, "a number in this has too many digits"


class _Mistake(Exception):
    """Something wrong at a path of the text; only that is left out."""

    def __init__(self, path: Path, message: str, at_key: bool = False) -> None:
        super().__init__(message)
        self.path, self.message, self.at_key = path, message, at_key


class _Reader:
    """Reads tables into dataclasses and notes what is wrong."""

    def __init__(self, file: str, places: Mapping[Path, Placed]) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._places = places

    def project(self, values: Mapping[str, Any]) -> ProjectRules:
        return ProjectRules(**self._table(values, ProjectRules, ()))

    def _table(self, values: Mapping[str, Any], table: type, path: Path) -> dict[str, Any]:
        """Return the fields of `table` that the values set, without those that are wrong."""
        known = keys_of(table)
        read: dict[str, Any] = {}
        for name, value in values.items():
            with self._noting():
                if name not in known:
                    raise _Mistake((*path, name), _unknown(name, tuple(known), path), at_key=True)
                read[name] = self._value(known[name], value, (*path, name))
        return read

    def _value(self, key: Key, value: object, path: Path) -> object:
        match key.kind:
            case "flag":
                if not isinstance(value, bool):
                    raise _wrong(path, key, "true or false", value)
                return value
            case "number":
                return _number(key, value, path)
            case "retrievers":
                return self._retrievers(key, value, path)
            case "rules":
                return self._rules(key, value, path)
            case "globs" | "pins" | "notes" | "languages":
                return self._list(key, value, path)

    def _list(self, key: Key, value: object, path: Path) -> tuple[RuleText | PinRule, ...]:
        if not isinstance(value, list):
            raise _wrong(path, key, "a list of texts", value)
        read: list[RuleText | PinRule] = []
        for index, member in enumerate(counted(value)):
            here = (*path, index)
            with self._noting():
                if not isinstance(member, str):
                    raise _wrong(here, key, "a list of texts", member)
                read.append(self._member(key, member, here))
        return tuple(read)

    def _member(self, key: Key, text: str, path: Path) -> RuleText | PinRule:
        source = self._source(path)
        match key.kind:
            case "pins":
                return _pin(text, path, source)
            case "languages":
                if text not in LANGUAGE_NAMES:
                    raise _Mistake(path, f"there is no language {text!r}{_meant(text, LANGUAGE_NAMES)}")
            case "notes":
                if not text.strip():
                    raise _Mistake(path, "this note is empty; write what the model should know")
                if len(text) > MAX_NOTE_CHARACTERS:
                    size = f"{len(text)} characters, and more than {MAX_NOTE_CHARACTERS} leave no room for code"
                    raise _Mistake(path, f"this note has {size}; shorten it, or pin a file")
            case _:
                wrong = fault(text)
                if wrong is None and STEM in text and path[-2] not in ("paths", "prefer"):
                    wrong = f"has {STEM}, which only the paths, prefer and pins of [[rules]] may have"
                if wrong is not None:
                    raise _Mistake(path, f"the pattern {text!r} {wrong}")
        return RuleText(text, source)

    def _retrievers(self, key: Key, value: object, path: Path) -> tuple[RetrieverRule, ...]:
        if not isinstance(value, Mapping):
            raise _wrong(path, key, "tables such as [retrievers.similar]", value)
        read: list[RetrieverRule] = []
        for name, table in value.items():
            here = (*path, name)
            with self._noting():
                if name not in RETRIEVERS:
                    raise _Mistake(here, f"there is no retriever {name!r}{_meant(name, RETRIEVERS)}", at_key=True)
                if not isinstance(table, Mapping):
                    raise _wrong(here, key, f"a table, as [retrievers.{name}] with weight = 2 in it", table)
                read.append(RetrieverRule(name, self._source(here), **self._table(table, RetrieverRule, here)))
        return tuple(read)

    def _rules(self, key: Key, value: object, path: Path) -> tuple[PathRule, ...]:
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            raise _wrong(path, key, "tables that begin with [[rules]]", value)
        read: list[PathRule] = []
        for index, table in enumerate(value):
            here = (*path, index)
            with self._noting():
                if table.get("paths", []) == []:
                    raise _Mistake(here, 'this rule holds nowhere: add paths = ["..."] in it', at_key=True)
                read.append(PathRule(self._source(here), **self._table(table, PathRule, here)))
        return tuple(rule for rule in read if rule.paths)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except _Mistake as mistake:
            source = self._source(mistake.path, mistake.at_key)
            self.problems.append(Problem("error", mistake.message, source))

    def _source(self, path: Path, at_key: bool = False) -> Source:
        placed = self._places.get(path)
        while placed is None and path:
            path = path[:-1]
            placed = self._places.get(path)
        return Source(self._file, (placed.key if at_key else placed.value) if placed else None)


def _number(key: Key, value: object, path: Path) -> float:
    if isinstance(value, int) and abs(value) > _HIGHEST_NUMBER:
        raise _Mistake(path, f"{path[-1]} must be from {key.least:g} to {key.most:g}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(path, key, "a number", value)
    if not key.least <= value <= key.most:
        raise _Mistake(path, f"{path[-1]} must be from {key.least:g} to {key.most:g}, not {value:g}")
    return float(value)


def _pin(text: str, path: Path, source: Source) -> PinRule:
    match = _PIN.match(text)
    if match is None:
        raise _Mistake(path, f"{text!r} is no place in a file: {_PIN_SHAPE}")
    name = match["path"]
    start, end = int(match["start"] or 1), int(match["end"] or match["start"] or 0)
    if start < 1 or (end and end < start):
        raise _Mistake(path, f"{text!r} has no lines: {_PIN_SHAPE}")
    if "\\" in name:
        raise _Mistake(path, f"{name!r} has a backslash: write folders with / on every system")
    is_absolute = name.startswith("~") or PurePosixPath(name).is_absolute() or bool(PureWindowsPath(name).drive)
    if is_absolute or ".." in name.split("/"):
        raise _Mistake(path, f"{name!r} leads out of the workspace: write the path of one of its files, from its root")
    if STEM in name and path[0] != "rules":
        raise _Mistake(path, f"{name!r} has {STEM}, which only the paths, prefer and pins of [[rules]] may have")
    return PinRule(PurePosixPath(name).as_posix(), start, end, source)


def _wrong(path: Path, key: Key, wanted: str, value: object) -> _Mistake:
    name = next(part for part in reversed(path) if isinstance(part, str))
    return _Mistake(path, f"{name} must be {wanted}, not {_shown(value)}; for example {key.example}")


def _unknown(name: str, known: tuple[str, ...], path: Path) -> str:
    where = "".join(f" of {part}" for part in reversed(path) if isinstance(part, str))
    if name.replace("-", "_").lower() in _OF_THE_USER:
        whose = f"your own {user_config_path()} or the editor's settings"
        return (
            f"rules cannot set {name!r}: servers, models, commands and options come from {whose} alone; remove it here"
        )
    return f"there is no key {name!r}{where}{_meant(name, known)}"


def _meant(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


def _shown(value: object) -> str:
    """Format a value roughly as TOML writes it, and not too long. Only the author of the value sees it."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (RecursionError, ValueError):  # nested too deeply; an integer with too many digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."
