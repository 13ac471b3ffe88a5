"""Find the positions of keys and values in a TOML text.

`tomllib` returns what a text means, but reports positions only for errors. This module reads the positions from the
syntax tree.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dovetail.rules.source import SourceRange
from dovetail_context.api import Node, SyntaxTree, counted, load_grammar

Path = tuple[str | int, ...]

_TIMES = ("offset_date_time", "local_date_time", "local_date", "local_time")
_VALUES = frozenset({"string", "integer", "float", "boolean", "array", "inline_table", *_TIMES})
_KEYS = ("bare_key", "quoted_key", "dotted_key")
_WHERE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Placed:
    """The positions of a key and of its value; for a member of an array the two are the same."""

    key: SourceRange
    value: SourceRange


def places_in(text: str) -> dict[Path, Placed]:
    """Key and value by path: `("rules", 0, "paths", 1)` is the second path of the first `[[rules]]`."""
    tree = load_grammar("tree_sitter_toml", "dovetail.rules").parse(text)
    lines = _Lines(tree.data)
    found: dict[Path, Placed] = {}
    counts: dict[Path, int] = {}
    for node in tree.root.named_children:
        if node.type == "pair":
            _pair(node, (), tree, lines, found)
        elif node.type in ("table", "table_array_element"):
            _table(node, tree, lines, found, counts)
    return found


def place_of_fault(text: str, error: tomllib.TOMLDecodeError) -> tuple[SourceRange, str]:
    """Return the line where a text stops being TOML, and what is wrong there, without the place.

    The parser's column is only where it gave up, which helps nobody.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    match = _WHERE.search(str(error))
    message = str(error)[: match.start()].strip() if match else str(error)
    if match is not None and match[1] is not None:
        line = min(int(match[1]), len(lines))
    else:  # at the end of the document: that is the last line with anything in it
        line = max((number for number, each in enumerate(lines, 1) if each.strip()), default=1)
    content = lines[line - 1]
    return SourceRange(line, len(content) - len(content.lstrip()) + 1, line, len(content) + 1), message


def _table(node: Node, tree: SyntaxTree, lines: _Lines, found: dict[Path, Placed], counts: dict[Path, int]) -> None:
    header = next((child for child in node.named_children if child.type in _KEYS), None)
    if header is None:
        return
    path: Path = ()
    for name, _ in _names(header, tree):
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path] - 1)
    if node.type == "table_array_element":
        path = path[:-1] if path and isinstance(path[-1], int) else path
        counts[path] = counts.get(path, 0) + 1
        found.setdefault(path, Placed(_place(header, lines), _place(header, lines)))
        path = (*path, counts[path] - 1)
    for depth in range(1, len(path) + 1):
        found.setdefault(path[:depth], Placed(_place(header, lines), _place(header, lines)))
    for child in node.named_children:
        if child.type == "pair":
            _pair(child, path, tree, lines, found)


def _pair(node: Node, above: Path, tree: SyntaxTree, lines: _Lines, found: dict[Path, Placed]) -> None:
    key = next((child for child in node.named_children if child.type in _KEYS), None)
    value = next((child for child in node.named_children if child.type in _VALUES), None)
    if key is None or value is None:
        return
    path = above
    for name, part in _names(key, tree):
        path = (*path, name)
        found.setdefault(path, Placed(_place(part, lines), _place(value, lines)))
    _value(value, path, tree, lines, found)


def _value(node: Node, path: Path, tree: SyntaxTree, lines: _Lines, found: dict[Path, Placed]) -> None:
    if node.type == "array":
        members = [child for child in node.named_children if child.type in _VALUES]
        for index, member in enumerate(counted(members)):
            place = _place(member, lines)
            found[(*path, index)] = Placed(place, place)
            _value(member, (*path, index), tree, lines, found)
    elif node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                _pair(child, path, tree, lines, found)


def _names(key: Node, tree: SyntaxTree) -> Iterator[tuple[str, Node]]:
    """Yield the parts of a key with their nodes, without quotes, as TOML specifies."""
    if key.type == "dotted_key":
        for child in key.named_children:
            yield from _names(child, tree)
        return
    text = tree.text(key)
    if key.type == "quoted_key":
        with suppress(tomllib.TOMLDecodeError):  # then the whole text does not parse either, which is reported
            text = next(iter(tomllib.loads(f"{text} = 0")))
    yield text, key


def _place(node: Node, lines: _Lines) -> SourceRange:
    (start, start_byte), (end, end_byte) = node.start_point, node.end_point
    return SourceRange(start + 1, lines.column(start, start_byte), end + 1, lines.column(end, end_byte))


class _Lines:
    """Turns bytes into columns. A whole file may be one line, so its characters are counted once, not for every key."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.split(b"\n")
        self._starts: dict[int, Sequence[int]] = {}  # by row: at which bytes its characters begin

    def column(self, row: int, byte: int) -> int:
        """Return the column, counted from 1."""
        starts = self._starts.get(row)
        if starts is None:
            line = self._lines[row]
            if line.isascii():
                starts = range(len(line))
            else:
                starts = [place for place, each in enumerate(line) if each & 0xC0 != 0x80]
            self._starts[row] = starts
        return bisect_left(starts, byte) + 1
