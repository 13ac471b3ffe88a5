"""What is wrong with rules only because of what the workspace holds: patterns for nothing, pins that vanished.

`tree_of` walks the workspace and `pin_fault` opens pinned files; the rest is pure.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dovetail.rules.globs import STEM, matching
from dovetail.rules.keys import PinRule, ProjectRules
from dovetail.rules.source import Problem, Said
from dovetail.text.lines import split_lines
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import is_excluded, scan
from dovetail_context.workspace.selection import EVERYTHING, Selection

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
    """What is wrong, in no order. `fault` says what is wrong with one pin."""
    return (*_patterns(rules, tree), *_pins(rules, tree, fault))


def pin_fault(root: Path, pin: PinRule, selection: Selection = EVERYTHING) -> str | None:
    """Why a pinned file or its lines cannot be shown, None if they can."""
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
    result = read_source(full)
    if result.text is None:
        return f"cannot be shown ({result.skipped})"
    lines = len(split_lines(result.text.removesuffix("\n")))
    if max(pin.start_line, pin.end_line) > lines:
        return f"ends with line {lines}; there is no line {max(pin.start_line, pin.end_line)}"
    return None


def _patterns(rules: ProjectRules, tree: Tree) -> Iterator[Problem]:
    everything = (*tree.files, *tree.skipped)
    for name in _NARROWING:
        for said in getattr(rules, name):
            yield from _pattern(said, tree.files, tree)
    for said in rules.completion_off:
        yield from _pattern(said, everything, tree)
    for rule in rules.rules:
        for said in (*rule.paths, *rule.prefer):
            yield from _pattern(said, everything if said in rule.paths else tree.files, tree)


def _pattern(said: Said, files: Sequence[str], tree: Tree) -> Iterator[Problem]:
    pattern = said.text.removeprefix("!").replace(STEM, "*")
    if matching(pattern, files):
        return
    known = next((path for path in tree.skipped if _meets(pattern, path)), None)
    if known is None:
        told = f"the pattern {said.text!r} matches no file; correct or remove it"
    else:
        told = f"the pattern {said.text!r} matches only what is never read: {known} ({tree.skipped[known]})"
    yield Problem("warning", told, said.source)


def _meets(pattern: str, skipped: str) -> bool:
    """Whether a pattern speaks of something skipped, of a folder or of what is below one."""
    return bool(matching(pattern, [skipped, f"{skipped}/"])) or pattern.removeprefix("/").startswith(f"{skipped}/")


def _pins(rules: ProjectRules, tree: Tree, fault: Callable[[PinRule], str | None]) -> Iterator[Problem]:
    for pin in (*rules.pins, *(pin for rule in rules.rules for pin in rule.pins)):
        if STEM in pin.path:
            yield from _pattern(Said(pin.path, pin.source), tree.files, tree)
            continue
        wrong = fault(pin)
        if wrong is not None:
            yield Problem("error", f"the pinned file {pin.path} {wrong}{_moved(pin.path, tree, wrong)}", pin.source)


def _moved(path: str, tree: Tree, wrong: str) -> str:
    """Where a file of the same name stands now, if it is one file."""
    name = PurePosixPath(path).name
    same = [other for other in tree.files if PurePosixPath(other).name == name] if wrong == "does not exist" else []
    return f"; did you mean {same[0]}?" if len(same) == 1 else ""
