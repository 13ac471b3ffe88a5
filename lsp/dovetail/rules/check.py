"""What is wrong with rules only because of what the workspace holds: patterns for nothing, pins that vanished.

`tree_of` walks the workspace and `pin_fault` opens pinned files; the rest is pure.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dovetail.rules.globs import STEM, first_matching
from dovetail.rules.keys import PinRule, ProjectRules
from dovetail.rules.source import Problem, RuleText
from dovetail.text.lines import split_lines
from dovetail_context.api import EVERYTHING, Selection, is_excluded, read_source, scan

_NARROWING = ("include", "exclude", "generated", "vendored")


@dataclass(frozen=True, slots=True)
class Tree:
    """What a workspace holds before its rules: the files that may be read, and what is left out in any project."""

    files: tuple[str, ...]
    skipped: Mapping[str, str]


def tree_of(root: Path) -> Tree:
    """Walk the workspace."""
    found = scan(root)
    return Tree(tuple(file.path for file in found.files), {skip.path: skip.reason for skip in found.skipped})


def check(rules: ProjectRules, tree: Tree, fault: Callable[[PinRule], str | None]) -> tuple[Problem, ...]:
    """Return the problems, in no order. `fault` returns what is wrong with one pin."""
    return (*_patterns(rules, tree), *_pins(rules, tree, fault))


def pin_fault(root: Path, pin: PinRule, selection: Selection = EVERYTHING) -> str | None:
    """Return why a pinned file or its lines cannot be shown, None if they can."""
    full = root / pin.path
    try:
        mode = full.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except (OSError, ValueError) as error:  # a name that no file can have, a folder that may not be entered
        return f"cannot be looked at ({getattr(error, 'strerror', None) or error})"
    if not stat.S_ISREG(mode):
        return "is a folder: pin single files" if stat.S_ISDIR(mode) else "is no plain file"
    reason = is_excluded(root, pin.path, selection)
    if reason is not None:
        return f"is never shown ({reason})"
    result = read_source(full, within=root)
    if result.text is None:
        return f"cannot be shown ({result.skipped})"
    lines = len(split_lines(result.text.removesuffix("\n")))
    if max(pin.start_line, pin.end_line) > lines:
        return f"ends with line {lines}; there is no line {max(pin.start_line, pin.end_line)}"
    return None


def _patterns(rules: ProjectRules, tree: Tree) -> Iterator[Problem]:
    everything = (*tree.files, *tree.skipped)
    narrowing = [each for name in _NARROWING for each in getattr(rules, name)]
    preferred = [each for rule in rules.rules for each in rule.prefer]
    yield from _for_nothing([*narrowing, *preferred], tree.files, tree)
    paths = [each for rule in rules.rules for each in rule.paths]
    yield from _for_nothing([*rules.completion_off, *paths], everything, tree)


def _for_nothing(patterns: Sequence[RuleText], paths: Sequence[str], tree: Tree) -> Iterator[Problem]:
    """Yield a problem for each pattern that matches none of the paths. Search all at once, as both may be many."""
    bare = [each.text.removeprefix("!") for each in patterns]
    found = first_matching(bare, paths)
    left = [number for number in range(len(patterns)) if number not in found]
    if not left:
        return
    both = (path for skipped in tree.skipped for path in (skipped, f"{skipped}/"))
    order = {path: place for place, path in enumerate(tree.skipped)}
    met = first_matching([bare[number] for number in left], both)
    for place, number in enumerate(left):
        each, candidates = patterns[number], _folders_of(bare[number], order)
        if place in met:
            candidates.append(met[place].removesuffix("/"))
        known = min(candidates, key=order.__getitem__, default=None)
        if known is None:
            message = f"the pattern {each.text!r} matches no file; correct or remove it"
        else:
            message = f"the pattern {each.text!r} matches only what is never read: {known} ({tree.skipped[known]})"
        yield Problem("warning", message, each.source)


def _folders_of(pattern: str, skipped: Mapping[str, int]) -> list[str]:
    """Return what was skipped of the folders that a pattern names."""
    longest = max(map(len, skipped), default=0)
    start = pattern.removeprefix("/")[: longest + 1]
    return [start[:place] for place, character in enumerate(start) if character == "/" and start[:place] in skipped]


def _pins(rules: ProjectRules, tree: Tree, fault: Callable[[PinRule], str | None]) -> Iterator[Problem]:
    pins = [*rules.pins, *(pin for rule in rules.rules for pin in rule.pins)]
    yield from _for_nothing([RuleText(pin.path, pin.source) for pin in pins if STEM in pin.path], tree.files, tree)
    by_name: dict[str, list[str]] = {}
    for path in tree.files if pins else ():
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    for pin in pins:
        wrong = None if STEM in pin.path else fault(pin)
        if wrong is not None:
            same = by_name.get(PurePosixPath(pin.path).name, []) if wrong == "does not exist" else []
            moved = f"; did you mean {same[0]}?" if len(same) == 1 else ""
            yield Problem("error", f"the pinned file {pin.path} {wrong}{moved}", pin.source)
