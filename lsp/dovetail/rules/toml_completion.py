"""Suggest what may be written at a place of a `.dovetail.toml`: keys, tables, names of languages and retrievers. Pure.

Only the current line and those above it count: a file does not parse while the user is writing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dovetail.rules.keys import (
    LANGUAGE_NAMES,
    RETRIEVERS,
    Key,
    PathRule,
    ProjectRules,
    RetrieverRule,
    keys_of,
)

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]*)\s*\]{0,2}\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([\w\-]+(?:\.[\w\-]+)*)\s*=\s*(.*)$", re.DOTALL)
_WORD = re.compile(r"[\w\-]*\Z")
_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#.*')


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` may replace the `replaced` characters before the cursor; `sentence` describes it."""

    text: str
    kind: Literal["key", "table", "value"]
    sentence: str
    replaced: int


def suggestions(text: str, offset: int) -> list[Suggestion]:
    """Return what may be written at `offset` (code points) of a file of rules."""
    before = text[:offset]
    line = before[before.rfind("\n") + 1 :]
    word = _WORD.search(line)
    replaced = len(word[0]) if word is not None else 0
    table, lines = _table_above(before)
    if line.lstrip().startswith("["):
        return [Suggestion(name, "table", sentence, len(line)) for name, sentence in _tables()]
    key = _open_key(lines)
    if key is not None:
        return list(_values(key, table, line, replaced))
    if line.strip() and line.strip() != line.strip()[len(line.strip()) - replaced :]:
        return []  # other text precedes the word
    given = {match[1] for one in lines[:-1] if (match := _KEY.match(one))}
    found = [
        Suggestion(f"{name} = {_opening(declared)}", "key", declared.sentence, replaced)
        for name, declared in keys_of(table).items()
        if name not in given and declared.kind not in ("retrievers", "rules")
    ]
    if table is ProjectRules:
        found += [Suggestion(name, "table", sentence, replaced) for name, sentence in _tables()]
    return found


def _table_above(before: str) -> tuple[type, list[str]]:
    """Return the table that the end of a text is in, and the lines of it so far."""
    table: type = ProjectRules
    lines: list[str] = []
    all_lines = before.split("\n")
    for number, line in enumerate(all_lines):
        header = _HEADER.match(line) if number < len(all_lines) - 1 else None
        if header is None or _is_inside_list(lines):
            lines.append(line)
            continue
        lines = []
        table = _named(header[2])
    return table, lines


def _named(name: str) -> type:
    if name == "rules":
        return PathRule
    return RetrieverRule if "retrievers." in name else ProjectRules


def _is_inside_list(lines: list[str]) -> bool:
    return _open_key(lines) is not None


def _open_key(lines: list[str]) -> str | None:
    """Return the key whose value is being written at the end of the lines; None where none is."""
    for number in range(len(lines) - 1, -1, -1):
        match = _KEY.match(lines[number])
        if match is None:
            continue
        value = _STRINGS.sub("", "\n".join([match[2], *lines[number + 1 :]]))
        is_last = number == len(lines) - 1
        return match[1] if is_last or value.count("[") > value.count("]") else None
    return None


def _values(key: str, table: type, line: str, replaced: int) -> Iterator[Suggestion]:
    name, _, last = key.rpartition(".")
    declared = keys_of(RetrieverRule if "retrievers" in name else table).get(last)
    if declared is None:
        return
    quoted = _STRINGS.sub("", line).count('"') % 2 == 1
    if declared.kind == "flag":
        for value in ("true", "false"):
            yield Suggestion(value, "value", declared.sentence, replaced)
    elif declared.kind == "languages":
        for language in LANGUAGE_NAMES:
            yield Suggestion(language if quoted else f'"{language}"', "value", declared.sentence, replaced)


def _tables() -> Iterator[tuple[str, str]]:
    keys = keys_of(ProjectRules)
    yield "[[rules]]", keys["rules"].sentence
    for name in RETRIEVERS:
        yield f"[retrievers.{name}]", keys["retrievers"].sentence


def _opening(key: Key) -> str:
    return {"flag": "", "number": ""}.get(key.kind, "[")
