"""The `callers` retriever: how other code of this project calls, or constructs, the callee at the cursor.

The word index returns the files that hold the name, and the retriever searches their lines for calls. It analyses the
calls most like the surroundings of the cursor as it does the cursor, to reject another callee of the same name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest

import numpy as np

from dovetail_context.index.words import LINE_END
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.query import RetrieverName
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.excerpt import MAX_CHARACTERS, excerpt
from dovetail_context.retrieve.situation import Situation
from dovetail_context.retrieve.windows import likeness
from dovetail_context.work import counted

# The share of completions that a call of the same thing elsewhere helps, the best of them and the next.
GAINS = (0.4, 0.25)
UNSURE = 0.5  # a call of something of the same name, whose meaning is unknown here or there
ALIKE = 0.5  # the part of the gain that depends on how alike the surroundings are
MAX_CALLEES = 2  # of nested calls, innermost first
MAX_HOLDING = 300  # files that hold a name which everybody uses, the nearest
MAX_FILES = 12  # looked through for calls of one name
MAX_SITES_OF_FILE = 8
MAX_READ = 6  # sites whose meaning is read
MAX_LINES = 6  # of a call that is shown; the beginning of a long argument list is enough
LINES_AROUND = 4  # compared with the surroundings of the cursor
MIN_NAME_CHARS = 3

_DEFINING = re.compile(r"\b(?:class|def|fn|func|function|struct|impl|new class)\s+$")


@dataclass(frozen=True, slots=True)
class Callers:
    """See the module."""

    name: RetrieverName = "callers"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        for depth, callee in enumerate(situation.view.callees[:MAX_CALLEES]):
            yield from _shown_calls(callee, 1.0 / (1 + depth), situation)
        if situation.view.expected and not situation.view.callees:
            yield from _shown_calls(situation.view.expected, 1.0, situation)


@dataclass(frozen=True, slots=True)
class _Site:
    """A call; `position` is the offset of its opening bracket in its line."""

    path: str
    line: int
    position: int
    alike: float


def _shown_calls(callee: str, share: float, situation: Situation) -> Iterator[Candidate]:
    name = re.split(r"[.:~\[\]()<>]+", callee.rstrip("()[]~"))[-1]
    if len(name) < MIN_NAME_CHARS:
        return
    meant = {_identity(value) for value in situation.inference.evaluate(callee, situation.place)}
    found = read = 0
    for site in sorted(_sites(name, situation), key=lambda site: (-site.alike, site.path, site.line)):
        record = situation.record_of(site.path)
        if any(symbol.name == name and symbol.start_line in (site.line, site.line - 1) for symbol in record.symbols):
            continue  # it is no call, but the definition
        read += 1
        if read > MAX_READ:
            return
        same = _is_same(site, meant, situation)
        if same is False:
            continue
        shown = excerpt(record, site.line, _end_of_call(record, site))
        if shown is None:
            continue
        gain = GAINS[found] * share * (1.0 - ALIKE + ALIKE * site.alike) * (1.0 if same else UNSURE)
        reason = f"calls {name}" if same else f"calls something named {name}"
        yield Candidate(site.path, shown.start_line, shown.end_line, shown.text, Evidence("callers", reason, gain))
        found += 1
        if found == len(GAINS):
            return


def _sites(name: str, situation: Situation) -> Iterator[_Site]:
    """Find the calls of `name` in other files, as far as a single line shows them."""
    call = re.compile(rf"(?<![\w$]){re.escape(name)}\s*(?:::)?(?:<[^<>()]*>)?\s*[({{]")
    for path in counted(_files(name, situation)):
        record, given = situation.record_of(path), 0
        for line in counted(_lines_with(name, path, situation)):
            text = "".join(record.lines_between(line, line))
            match = call.search(text) if len(text) <= MAX_CHARACTERS else None
            if match is None or _DEFINING.search(text[: match.start()]):
                continue
            around = "\n".join(record.lines_between(line - LINES_AROUND, line + LINES_AROUND))
            yield _Site(path, line, match.end() - 1, likeness(around, situation.rarities))
            given += 1
            if given == MAX_SITES_OF_FILE:
                break


def _files(name: str, situation: Situation) -> list[str]:
    """The files that hold the name: those that look like the current one first, then those near by."""
    words, own = situation.snapshot.words, situation.query.path
    numbers = np.concatenate([words.numbers_with(form) for form in (name, "." + name)])
    alike = {window.path: window.likeness for window in reversed(situation.echoes)}
    if len(numbers) > MAX_HOLDING:  # numbers follow paths: those near in number are near by
        like = np.isin(numbers, [words.files[path].number for path in alike])
        distances = np.abs(numbers.astype(np.int64) - words.place_of(own))
        numbers = numbers[like | (distances <= np.partition(distances, MAX_HOLDING)[MAX_HOLDING])]
    holding = set(map(words.path_of, numbers.tolist())) - {own}
    near = cache(lambda folder: -_near(folder, own.rpartition("/")[0]))
    ordered = [(-alike.get(path, 0.0), near(path.rpartition("/")[0]), path) for path in holding]
    return [path for _, _, path in nsmallest(MAX_FILES, ordered)]


def _near(path: str, other: str) -> int:
    """How many leading folders two folders have in common."""
    count = 0
    for one, two in zip(path.split("/") if path else (), other.split("/"), strict=False):
        if one != two:
            break
        count += 1
    return count


def _lines_with(name: str, path: str, situation: Situation) -> list[int]:
    words = situation.snapshot.words
    ids = np.frombuffer(words.files[path].ids, dtype=np.uint32)
    wanted = [known for form in (name, "." + name) if (known := words.id_of(form)) is not None]
    places = np.flatnonzero(np.logical_or.reduce([ids == known for known in wanted])) if wanted else ()
    ends = np.flatnonzero(ids == LINE_END)
    return [int(line) + 1 for line in np.unique(np.searchsorted(ends, places))]


def _is_same(site: _Site, meant: set[tuple[str, str]], situation: Situation) -> bool | None:
    """Return whether the call is one of the intended callee; None if that is unknown."""
    if not meant:
        return None
    record = situation.record_of(site.path)
    around = _around(record, site.line)
    first = around.start_line if around is not None else site.line
    *before, last = record.lines_between(first, site.line)
    text = "\n".join([*before, last[: site.position + 1]])
    view = situation.language.cursor(text + ")", len(text))
    if not view.callees:
        return None
    container = around.container if around is not None else ""
    values = situation.inference.evaluate(view.callees[0], ExpressionScope(site.path, container, view.bindings))
    return any(_identity(value) in meant for value in values) if values else None


def _around(record: FileRecord, line: int) -> Symbol | None:
    """The innermost function around a line."""
    found = [
        symbol
        for symbol in counted(record.symbols)
        if symbol.kind in ("function", "method", "property") and symbol.start_line <= line <= symbol.end_line
    ]
    return max(found, key=lambda symbol: symbol.start_line, default=None)


def _identity(value: Value) -> tuple[str, str]:
    symbol = value.definition.symbol
    return value.definition.path, symbol.qualified if symbol is not None else ""


def _end_of_call(record: FileRecord, site: _Site) -> int:
    """The line in which the bracket is closed, if it is near."""
    depth = 0
    for line, text in enumerate(record.lines_between(site.line, site.line + MAX_LINES - 1), start=site.line):
        for character in text[site.position :] if line == site.line else text:
            depth += (character in "([{") - (character in ")]}")
            if not depth:
                return line
    return site.line
