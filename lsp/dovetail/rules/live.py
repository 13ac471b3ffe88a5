"""The current rules of one workspace: read `.dovetail.toml`, and keep the last good rules while it is broken.

Also the user's own rules, which hold in every project.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from dovetail.rules.check import check, pin_fault, tree_of
from dovetail.rules.effective import EffectiveRules, Rules, narrowed
from dovetail.rules.keys import PinRule, ProjectRules
from dovetail.rules.parse import Parsed, first_problems, parse_rules, parse_values, salvaged
from dovetail.rules.source import RULES_FILE, Problem, Source
from dovetail.settings import user_config_path
from dovetail_context.api import (
    LINKS_OUT,
    IndexSnapshot,
    Note,
    Pin,
    Retrieval,
    Selection,
    decode,
    is_excluded,
    read_project_file,
    read_source,
    redact,
)

EDITOR = "the editor's settings"
MAX_BYTES = 256_000  # of a rules file: some 8,000 lines
MAX_PREFERRED = 8  # files; a pattern for half the project prefers nothing
MAX_PATHS = 500  # of documents that are open or were open: each is asked about repeatedly
# File systems count times in steps of up to 2 s: what changed so recently may change again under the same stamp.
YOUNG_NS = 3_000_000_000


@dataclass(frozen=True, slots=True)
class RulesReading:
    """One reading of a rules file.

    `path` is the file; `stamp` is its stamp, () where there is none; `data` are its bytes, None if they cannot be read;
    `unreadable` is the reason for that, "" if there is no such file.
    """

    path: Path
    stamp: tuple[int, ...]
    data: bytes | None
    unreadable: str
    text: str
    parsed: Parsed


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The user's rules beside the project's: from a file of their own, and from the editor. Neither is ever narrowed.

    `trusted` is whether the user trusts the workspace; an untrusted workspace can only leave things out. `reading` is
    the user's file as it was read, None if it was not read.
    """

    user: ProjectRules = field(default_factory=ProjectRules)
    editor: ProjectRules = field(default_factory=ProjectRules)
    trusted: bool = True
    problems: tuple[Problem, ...] = ()
    reading: RulesReading | None = None


def user_rules_path() -> Path:
    """Return the path of the user's own `rules.toml`, next to `config.toml`."""
    return user_config_path().with_name("rules.toml")


def own_rules(editor: Mapping[str, Any] | None = None, trusted: bool = True) -> OwnRules:
    """Return the user's own rules, read again, and those of the editor's settings, which are values already."""
    parsed = parse_values(editor or {}, EDITOR)
    given = OwnRules(editor=parsed.rules or ProjectRules(), trusted=trusted, problems=parsed.problems)
    path = user_rules_path()
    return _with_user_file(given, read_rules(path, str(path), None), str(path))


def changed_own_rules(own: OwnRules) -> OwnRules | None:
    """Return the user's own rules if their file has changed; None if it has not, or never was read."""
    path = user_rules_path()
    reading = None if own.reading is None else read_rules(path, str(path), None, own.reading)
    return None if reading is None else _with_user_file(replace(own, problems=()), reading, str(path))


def are_current(own: OwnRules) -> bool:
    """Return whether the user's own file bears the stamp that it was read with. Reads no file."""
    return own.reading is None or own.reading.stamp == _stamp(own.reading.path)


def lasts(reading: RulesReading | None) -> bool:
    """Return whether every later change of the file shows in its stamp."""
    return reading is not None and not _is_young(reading.stamp)


def _with_user_file(own: OwnRules, reading: RulesReading | None, name: str) -> OwnRules:
    if reading is None:
        return own
    user = reading.parsed.rules or salvaged(reading.text, name)
    return replace(own, user=user, problems=(*reading.parsed.problems, *own.problems), reading=reading)


@dataclass(frozen=True, slots=True)
class ContextRules:
    """What the rules give a query at one path: the fields of the same names of `Query`."""

    pinned: tuple[Pin, ...] = ()
    notes: tuple[Note, ...] = ()
    preferred: tuple[tuple[str, str], ...] = ()
    retrieval: Retrieval = field(default_factory=Retrieval)


class WorkspaceRules:
    """Holds the rules that are in force in a workspace.

    `read` may run on any thread; everything else belongs to the thread that owns the workspace.
    """

    def __init__(self, root: Path, own: OwnRules | None = None, *, read: bool = True) -> None:
        """Read the file at once, unless `read` is false: then no rule of the project applies until `take`."""
        self.root = root
        self.file = root / RULES_FILE
        self.own = own_rules() if own is None else own
        self.parsed = Parsed(ProjectRules(), ())
        self._project = ProjectRules()
        self._has_good = False
        self._reading: RulesReading | None = None  # the newest reading that `take` applied
        self._latest: RulesReading | None = None
        self._one_reads = threading.Lock()
        # The results for paths, by these rules and these files of the index, where no file had to be read.
        self._context_rules: dict[str, tuple[Rules, object, ContextRules]] = {}
        self._texts: dict[str, tuple[tuple[int, ...], str]] = {}  # of pinned files that the index does not hold
        self._hold(ProjectRules())
        if read:
            self.reload()

    @property
    def rules(self) -> Rules:
        """What holds now."""
        return self._rules

    @property
    def selection(self) -> Selection:
        """The part of the rules that decides which files are read; the same object until the rules change."""
        return self._selection

    @property
    def text(self) -> str:
        """The text of the file as it was read last, for the columns of problems."""
        return "" if self._reading is None else self._reading.text

    def reload(self, own: OwnRules | None = None) -> Parsed:
        """Read the file again. If it is sound, apply it from now on; if not, keep the previous rules."""
        self.take(self.read(), own)
        return self.parsed

    def read(self) -> RulesReading | None:
        """Return the newest reading, None if its stamp is that of the applied one. Never raise, and apply nothing."""
        with self._one_reads:  # several documents may ask at a time, and a long file is parsed once
            self._latest = read_rules(self.file, RULES_FILE, self.root, self._latest) or self._latest
            return None if self._latest is self._reading else self._latest

    def differs_from(self, reading: RulesReading) -> bool:
        """Return whether the contents of a reading differ from the applied ones."""
        return reading.parsed is not self.parsed

    def is_current(self) -> bool:
        """Return whether the file has the stamp of the applied reading. Reads no file."""
        return self._reading is not None and self._reading.stamp == _stamp(self._reading.path)

    def is_lasting(self) -> bool:
        """Return whether every change of the file after the last reading shows in its stamp."""
        return lasts(self._latest)

    def take(self, reading: RulesReading | None, own: OwnRules | None = None) -> None:
        """Let what was read hold from now on, or the user's `own` rules, or both."""
        if reading is not None:
            is_known, self._reading, self.parsed = not self.differs_from(reading), reading, reading.parsed
            if is_known and own is None:
                return
        self.own = own or self.own
        if self.parsed.is_sound and self.parsed.rules is not None:
            self._project, self._has_good = self.parsed.rules, True
        elif not self._has_good:
            self._project = self.parsed.rules or salvaged(self.text, RULES_FILE)
        self._hold(self._project if self.own.trusted else narrowed(self._project))

    def problems(self, text: str | None = None) -> tuple[Problem, ...]:
        """Everything that is wrong with the file, or with `text` in its place; walks the workspace, in place order."""
        parsed = self.parsed if text is None else parse_rules(text, RULES_FILE)
        found = [*parsed.problems]
        if parsed.rules is not None and parsed.rules != ProjectRules():
            others = Rules((self.own.user, parsed.rules, self.own.editor)).selection
            found += check(parsed.rules, tree_of(self.root), lambda pin: pin_fault(self.root, pin, others))
        found.sort(key=lambda problem: (problem.source.place is not None, problem.source.place or 0))
        return first_problems(found, RULES_FILE)

    def context_rules(self, path: str, snapshot: IndexSnapshot) -> ContextRules:
        """Return the context rules for a query at `path`. Omit pins that cannot be shown: the problems report them.

        May read pinned files.
        """
        rules = self._rules
        effective = rules.for_path(path)
        pins = [self._pin(pin, snapshot) for pin in effective.pins if pin.path != path]
        notes = tuple(Note(note.text, f"a note of {note.source}") for note in effective.notes)
        pinned = tuple(pin for pin in pins if pin is not None)
        found = ContextRules(pinned, notes, self._preferred_at(effective, snapshot), effective.retrieval())
        if all(pin is not None and not pin.text for pin in pins):
            while len(self._context_rules) >= MAX_PATHS:
                self._context_rules.pop(next(iter(self._context_rules)), None)
            self._context_rules[path] = (rules, snapshot.files.path_set, found)
        return found

    def known_context_rules(self, path: str, snapshot: IndexSnapshot) -> ContextRules | None:
        """Return what `context_rules` would return if it is known without reading anything, else None."""
        rules, paths, found = self._context_rules.get(path, (None, None, None))
        return found if rules is self._rules and paths is snapshot.files.path_set else None

    def _hold(self, project: ProjectRules) -> None:
        rules = Rules((self.own.user, project, self.own.editor))
        # One assignment each: another thread may be reading, and keeps the objects that it began with.
        self._preferred: dict[tuple[str, object], tuple[tuple[str, str], ...]] = {}
        self._rules, self._selection = rules, rules.selection

    def _preferred_at(self, effective: EffectiveRules, snapshot: IndexSnapshot) -> tuple[tuple[str, str], ...]:
        """Return the preferred files at a path.

        Every keystroke asks this, and it checks every path of the project. So the answer is cached until files come or
        go.
        """
        if not effective.prefer:
            return ()
        key, known = (effective.path, snapshot.files.path_set), self._preferred
        if key not in known:
            found = effective.preferred(tuple(snapshot.files))
            reasons = ((path, f"preferred by {each.source}") for path, each in found.items())
            while len(known) >= MAX_PATHS:
                known.pop(next(iter(known)), None)
            known[key] = tuple(islice(reasons, MAX_PREFERRED))
        return known[key]

    def _pin(self, pin: PinRule, snapshot: IndexSnapshot) -> Pin | None:
        reason = f"pinned by {pin.source}"
        if pin.path in snapshot.files:
            return Pin(pin.path, pin.start_line, pin.end_line, reason)
        text = self._text_of(pin.path)
        return Pin(pin.path, pin.start_line, pin.end_line, reason, text) if text else None

    def _text_of(self, path: str) -> str:
        """Return the text of a file that the index does not hold, without secrets; "" if it must not be shown.

        Check each time whether it may be shown: a file does not change when a rule excludes it.
        """
        full = self.root / path
        try:
            status = full.stat()
        except (OSError, ValueError):
            return ""
        if is_excluded(self.root, path, self._selection) is not None:
            return ""
        stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
        known = self._texts.get(path)
        if known is None or known[0] != stamp:
            known = self._texts[path] = (stamp, redact(read_source(full, within=self.root).text or ""))
        return known[1]


def read_rules(path: Path, name: str, root: Path | None, before: RulesReading | None = None) -> RulesReading | None:
    """Return what a rules file holds; a link may not lead out of `root`. None if it is as it was `before`.

    Of a file that holds what it held before, only the stamp is another one: `parsed` is the same object.
    """
    stamp = _stamp(path)
    if before is not None and before.stamp == stamp and not _is_young(stamp):
        return None
    data, problem = _bytes(path, root)
    if before is not None and (before.data, before.unreadable) == (data, problem):
        return None if before.stamp == stamp else replace(before, stamp=stamp)
    if problem:
        fault = Problem("error", f"{name} {problem}", Source(name))
        return RulesReading(path, stamp, data, problem, "", Parsed(None, (fault,)))
    text, odd = decode(data or b"")
    parsed = parse_rules(text, name) if data is not None else Parsed(ProjectRules(), ())
    if odd:
        fault = Problem("error", f"{name} is {odd}; TOML is UTF-8", Source(name))
        parsed = Parsed(parsed.rules, (*parsed.problems, fault))
    return RulesReading(path, stamp, data, problem, text, parsed)


def _bytes(path: Path, root: Path | None) -> tuple[bytes | None, str]:
    """Return the bytes of a file, None where there is none, and what keeps them from being read."""
    read = read_project_file(path, MAX_BYTES, within=root)
    if read.data is not None or read.missing:
        return read.data, ""
    if read.problem == LINKS_OUT:
        return None, "is a link that leads out of the workspace; put a file in its place"
    return None, f"cannot be read ({read.problem}); put a plain file of at most {MAX_BYTES // 1000} kB in its place"


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except (OSError, RuntimeError, ValueError):
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_young(stamp: tuple[int, ...]) -> bool:
    """Return whether a file was written so recently that it may be written again under the same stamp."""
    return len(stamp) > 2 and max(stamp[2:]) > time.time_ns() - YOUNG_NS
