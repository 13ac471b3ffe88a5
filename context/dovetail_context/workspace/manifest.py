"""Manifests of projects (TOML, JSON, JSON with comments) to values, within bounds.

A manifest is written by anybody. What a parser does with one that is nested a thousand levels deep, holds a number of a
million digits or is no manifest at all ends here, as one line for the user. Nothing here knows what a manifest means.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

MAX_DEPTH = 64  # tables and lists inside one another; real manifests stay below 12
MAX_KEY_PARTS = 64  # of a dotted key: `tomllib` takes time that grows with the square of their number
MAX_MESSAGE = 120  # characters of a parser's message, which may quote a key
MAX_ENTRIES = 2000  # of a table or list that a resolver searches for every import

# The types that the value of a key may have, by the path of the key. Other keys are not kept.
Shapes = Mapping[tuple[str, ...], tuple[type, ...]]

# Each pattern takes all that belongs to it even where its end is missing: so no character is looked at twice.
_TOML_TEXT = re.compile(
    r"""\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?|'{3}(?:[^']|'(?!''))*+(?:'{3,5})?"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
_DOTTED = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+)++")
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?')
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|,(?=\s*[}\]])')
_SPACE = re.compile(r"[\s,]*")
_NAMES = {dict: "a table", list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}


class ManifestError(ValueError):
    """The problem of a manifest, in one line."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The top table of a manifest; empty if there is a `problem`, which is one line."""

    value: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProjectText:
    """What is kept of a manifest for an import resolver, and "" or what is wrong with it, in one line."""

    text: str
    problem: str = ""


def load_toml(text: str) -> dict[str, Any]:
    """Parse TOML. Raises ManifestError; its cause is the parser's error where there is one."""
    if _has_long_key(text):
        raise ManifestError(f"a key has more than {MAX_KEY_PARTS} parts")
    try:
        value = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"not TOML: {_one_line(error)}") from error
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise _out_of_bounds(error) from error
    _check_depth(value)
    return value


def load_json(text: str, comments: bool = False) -> Any:
    """Parse JSON, with `comments` and trailing commas if these are allowed. Raises ManifestError."""
    text = text.removeprefix("\ufeff")
    try:
        value = json.loads(_without_comments(text) if comments else text)
    except json.JSONDecodeError as error:
        raise ManifestError(f"not JSON: {_one_line(error)}") from error
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise _out_of_bounds(error) from error
    _check_depth(value)
    return value


def read_toml(text: str) -> Manifest:
    """Read a TOML file, or what was kept of one, which is JSON (and no TOML begins with a brace)."""
    return _manifest(load_json if text.startswith("{") else load_toml, text)


def read_json(text: str) -> Manifest:
    """Read a JSON file whose value is an object; an empty file is one without keys."""
    return _manifest(load_json, text or "{}")


def read_json_with_comments(text: str) -> Manifest:
    """Read such a file that may have comments and trailing commas."""
    return _manifest(partial(load_json, comments=True), text or "{}")


def kept_text(manifest: Manifest, shapes: Shapes) -> ProjectText:
    """Return as JSON what a resolver reads of a manifest."""
    value, problem = kept(manifest.value, shapes)
    return ProjectText(json.dumps(value) if value else "", manifest.problem or problem)


def json_entries(text: str) -> Iterator[Any]:
    """Read the entries of a JSON list one by one, without holding them all. Raises ManifestError where it breaks."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    if text[start : start + 1] != "[":
        raise ManifestError("not a list")
    decoder, place = json.JSONDecoder(), start + 1
    while True:
        gap = _SPACE.match(text, place)
        place = gap.end() if gap else place
        if text[place : place + 1] == "]":
            return
        try:
            entry, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise ManifestError(f"not JSON: {_one_line(error)}") from error
        except (ValueError, RecursionError, OverflowError, MemoryError) as error:
            raise _out_of_bounds(error) from error
        _check_depth(entry)
        yield entry


def kept(value: Mapping[str, Any], shapes: Shapes) -> tuple[dict[str, Any], str]:
    """Return what `value` holds under the keys of `shapes`, and "" or the first that has another type, which is left
    out. Long lists and tables are cut off.
    """
    found: dict[str, Any] = {}
    problem = ""
    for path, types in shapes.items():
        here: Any = value
        for depth, key in enumerate(path):
            if not isinstance(here, dict):
                problem = problem or _wrong(path[:depth], here, (dict,))
                here = None
            here = None if here is None else here.get(key)
            if here is None:  # null means the same as a missing key
                break
        if here is None:
            continue
        if type(here) not in types:
            problem = problem or _wrong(path, here, types)
            continue
        target = found
        for key in path[:-1]:
            target = target.setdefault(key, {})
        target[path[-1]] = _cut(here)
    return found, problem


def _manifest(load: Callable[[str], Any], text: str) -> Manifest:
    try:
        value = load(text)
    except ManifestError as error:
        return Manifest(problem=str(error))
    if not isinstance(value, dict):
        return Manifest(problem=f"is {_name(value)}, not a table")
    return Manifest(value)


def _has_long_key(text: str) -> bool:
    """Whether a key has too many parts. Strings and comments do not count; a quoted part counts as any other."""
    bare = _TOML_TEXT.sub(lambda found: "" if found[0].startswith("#") else "x", text)
    return any(found[0].count(".") >= MAX_KEY_PARTS for found in _DOTTED.finditer(bare))


def _check_depth(value: Any) -> None:
    """Level by level: a function that called itself could go no deeper than the parser."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        inner = (part for each in level for part in (each.values() if isinstance(each, dict) else each))
        level = [part for part in inner if isinstance(part, dict | list)]
    if level:
        raise ManifestError(f"nested more than {MAX_DEPTH} levels deep")


def _out_of_bounds(error: BaseException) -> ManifestError:
    if isinstance(error, RecursionError):
        return ManifestError(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(error, MemoryError):
        return ManifestError("too large to be parsed")
    return ManifestError("holds a number of too many digits")


def _without_comments(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda found: found[1] or "", _COMMENT.sub(lambda found: found[1] or " ", text))


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return value[:MAX_ENTRIES]
    if isinstance(value, dict) and len(value) > MAX_ENTRIES:
        return dict(list(value.items())[:MAX_ENTRIES])
    return value


def _wrong(path: tuple[str, ...], value: Any, types: tuple[type, ...]) -> str:
    wanted = " or ".join(dict.fromkeys(_NAMES[each] for each in types))
    return f"{'.'.join(path) or 'it'} is {_name(value)}, not {wanted}"


def _name(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), "a date or time")


def _one_line(error: Exception) -> str:
    line = " ".join(str(error).split())
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}..."
