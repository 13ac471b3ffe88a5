"""The rules of one workspace as they stand now: reads `.dovetail.toml`, and keeps the last good rules while it is
broken. Also the user's own rules, which hold in every project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from dovetail.rules.check import check, pin_fault, tree_of
from dovetail.rules.effective import EffectiveRules, Rules, narrowed
from dovetail.rules.keys import PinRule, ProjectRules
from dovetail.rules.parse import Parsed, parse_rules, parse_values, salvaged
from dovetail.rules.source import RULES_FILE, Problem, Source
from dovetail.settings import user_config_path
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.query import Note, Pin, Retrieval
from dovetail_context.workspace.read import decode, read_source
from dovetail_context.workspace.scan import is_excluded
from dovetail_context.workspace.secrets import redact

EDITOR = "the editor's settings"
MOST_BYTES = 256_000  # of a rules file; more is none
MOST_PREFERRED = 8  # files; a pattern for half the project prefers nothing


@dataclass(frozen=True, slots=True)
class OwnRules:
    """What the user says beside the project: in a file of their own, and through the editor. Neither is ever narrowed.

    `trusted` is whether the user trusts the workspace; one that is not trusted only leaves things out.
    """

    user: ProjectRules = field(default_factory=ProjectRules)
    editor: ProjectRules = field(default_factory=ProjectRules)
    trusted: bool = True
    problems: tuple[Problem, ...] = ()


def user_rules_path() -> Path:
    """Where the user's own `rules.toml` is looked for: beside `config.toml`."""
    return user_config_path().with_name("rules.toml")


def own_rules(editor: Mapping[str, Any] | None = None, trusted: bool = True) -> OwnRules:
    """The user's own rules, read anew, and those of the editor's settings, which are values already."""
    path = user_rules_path()
    read = _read(path, str(path))
    user = Parsed(ProjectRules(), ()) if read is None else read[1]
    said = parse_values(editor or {}, EDITOR)
    return OwnRules(
        user.rules or salvaged(read[0] if read else "", str(path)),
        said.rules or ProjectRules(),
        trusted,
        (*user.problems, *said.problems),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules give a query at one path: the fields of the same names of `Query`."""

    pinned: tuple[Pin, ...] = ()
    notes: tuple[Note, ...] = ()
    preferred: tuple[tuple[str, str], ...] = ()
    retrieval: Retrieval = field(default_factory=Retrieval)


class WorkspaceRules:
    """Holds what is in force in a workspace. Changed by whoever owns the workspace, and by one thread alone."""

    def __init__(self, root: Path, own: OwnRules | None = None) -> None:
        """Reads the file at once."""
        self.root = root
        self.file = root / RULES_FILE
        self.own = own_rules() if own is None else own
        self._project = ProjectRules()
        self._has_good = False
        self._text = ""
        self._rules = Rules()
        self._texts: dict[str, tuple[tuple[int, int], str]] = {}
        self._preferred: dict[tuple[str, int], tuple[tuple[str, str], ...]] = {}
        self.parsed = self.reload()

    @property
    def rules(self) -> Rules:
        """What holds now."""
        return self._rules

    @property
    def text(self) -> str:
        """The text of the file as it was read last, for the columns of problems."""
        return self._text

    def reload(self, own: OwnRules | None = None) -> Parsed:
        """Read the file anew. If it is sound it holds from now on; if not, what held before goes on."""
        self.own = own or self.own
        read = _read(self.file, RULES_FILE, self.root)
        self._text, self.parsed = ("", Parsed(ProjectRules(), ())) if read is None else read
        if self.parsed.is_sound and self.parsed.rules is not None:
            self._project, self._has_good = self.parsed.rules, True
        elif not self._has_good:
            self._project = self.parsed.rules or salvaged(self._text, RULES_FILE)
        project = self._project if self.own.trusted else narrowed(self._project)
        self._rules = Rules((self.own.user, project, self.own.editor))
        self._texts.clear()  # what may be shown may have changed
        self._preferred.clear()
        return self.parsed

    def problems(self, text: str | None = None) -> tuple[Problem, ...]:
        """Everything that is wrong with the file, or with `text` in its place; walks the workspace, in place order."""
        parsed = self.parsed if text is None else parse_rules(text, RULES_FILE)
        found = [*parsed.problems]
        if parsed.rules is not None and parsed.rules != ProjectRules():
            others = Rules((self.own.user, parsed.rules, self.own.editor)).selection
            found += check(parsed.rules, tree_of(self.root), lambda pin: pin_fault(self.root, pin, others))
        return tuple(sorted(found, key=lambda problem: (problem.source.place is not None, problem.source.place or 0)))

    def standing(self, path: str, snapshot: IndexSnapshot) -> Standing:
        """What a query at `path` is given. Pins that cannot be shown are left out: the problems tell of them."""
        effective = self._rules.for_path(path)
        pins = (self._pin(pin, snapshot) for pin in effective.pins if pin.path != path)
        notes = tuple(Note(note.text, f"a note of {note.source}") for note in effective.notes)
        pinned = tuple(pin for pin in pins if pin is not None)
        return Standing(pinned, notes, self._preferred_at(effective, snapshot), effective.retrieval())

    def _preferred_at(self, effective: EffectiveRules, snapshot: IndexSnapshot) -> tuple[tuple[str, str], ...]:
        """Asked with every keystroke, and a question to every path of the project: so the answer is kept until files
        come or go."""
        if not effective.prefer:
            return ()
        key = (effective.path, len(snapshot.files))
        if key not in self._preferred:
            found = effective.preferred(tuple(snapshot.files))
            told = ((path, f"preferred by {said.source}") for path, said in found.items())
            self._preferred[key] = tuple(islice(told, MOST_PREFERRED))
        return self._preferred[key]

    def _pin(self, pin: PinRule, snapshot: IndexSnapshot) -> Pin | None:
        reason = f"pinned by {pin.source}"
        if pin.path in snapshot.files:
            return Pin(pin.path, pin.start_line, pin.end_line, reason)
        text = self._text_of(pin.path)
        return Pin(pin.path, pin.start_line, pin.end_line, reason, text) if text else None

    def _text_of(self, path: str) -> str:
        """The text of a file that the index does not hold, without secrets; "" if it is not to be shown."""
        full = self.root / path
        try:
            status = full.stat()
        except (OSError, ValueError):
            return ""
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._texts.get(path)
        if known is None or known[0] != stamp:
            allowed = is_excluded(self.root, path, self._rules.selection) is None
            known = self._texts[path] = (stamp, redact(read_source(full).text or "") if allowed else "")
        return known[1]


def _read(path: Path, name: str, root: Path | None = None) -> tuple[str, Parsed] | None:
    """The text of a rules file, parsed; None where there is no such file. A link may not lead out of `root`."""

    def unreadable(why: str) -> tuple[str, Parsed]:
        return "", Parsed(None, (Problem("error", f"{name} {why}", Source(name)),))

    try:
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            return unreadable("is a link that leads out of the workspace; put a file in its place")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:
        return unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(data) > MOST_BYTES:
        return unreadable(f"has more than {MOST_BYTES // 1000} kB; rules are short")
    text, odd = decode(data)
    parsed = parse_rules(text, name)
    if odd:
        parsed = Parsed(
            parsed.rules, (*parsed.problems, Problem("error", f"{name} is {odd}; TOML is UTF-8", Source(name)))
        )
    return text, parsed
