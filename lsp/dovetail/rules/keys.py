"""Every key of `.dovetail.toml`, once: its name, kind, one sentence and an example, as frozen dataclasses.

The parser, the JSON schema and the table of the README follow from these declarations. `effective.py` defines what a
rule does to a path.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from dovetail.rules.source import RuleText, Source
from dovetail_context.api import LANGUAGES, RETRIEVER_NAMES

Kind = Literal["globs", "pins", "notes", "languages", "flag", "number", "retrievers", "rules"]

LANGUAGE_NAMES = tuple(language.name for language in LANGUAGES)
RETRIEVERS: tuple[str, ...] = RETRIEVER_NAMES
MAX_NOTE_CHARACTERS = 2000  # some 500 tokens; every prompt contains the notes
HIGHEST_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Key:
    """The kind of a key. `narrows` keys also hold in an untrusted workspace, because they only leave things out."""

    kind: Kind
    sentence: str
    example: str
    narrows: bool = False
    least: float = 0.0
    most: float = 0.0


def _key(kind: Kind, sentence: str, example: str, **more: Any) -> Any:
    """Return a field of a rules table, absent until the file sets it."""
    many = kind in ("globs", "pins", "notes", "languages", "retrievers", "rules")
    return field(default=() if many else None, metadata={"key": Key(kind, sentence, example, **more)})


@dataclass(frozen=True, slots=True)
class PinRule:
    """A pinned file, or lines of it (`end_line` 0 is the file's end). `path` may hold `{stem}`."""

    path: str
    start_line: int
    end_line: int
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class RetrieverRule:
    """`[retrievers.NAME]`: the weight of one retriever."""

    name: str
    source: Source = field(compare=False)
    enabled: bool | None = _key("flag", "Whether this retriever is asked at all.", "enabled = false")
    weight: float | None = _key(
        "number",
        "Factor on the odds of what it finds; 1 changes nothing.",
        "weight = 1.5",
        most=HIGHEST_WEIGHT,
    )
    share: float | None = _key(
        "number", "Most of the context's tokens that its finds may take, from 0 to 1.", "share = 0.5", most=1.0
    )


@dataclass(frozen=True, slots=True)
class PathRule:
    """`[[rules]]`: what holds in the files that `paths` name."""

    source: Source = field(compare=False)
    paths: tuple[RuleText, ...] = _key(
        "globs",
        "The files in which this rule holds; one `{stem}` may stand for a part of the name. Required.",
        'paths = ["tests/**/test_{stem}.py"]',
        narrows=True,
    )
    prefer: tuple[RuleText, ...] = _key(
        "globs",
        "Files that help most there, as the module under test; `{stem}` is what it stood for in `paths`, or else the "
        "file's name without suffix and without `test`.",
        'prefer = ["src/**/{stem}.py"]',
    )
    pins: tuple[PinRule, ...] = _key("pins", "Files or lines that are always shown there.", 'pins = ["tests/kit.py"]')
    notes: tuple[RuleText, ...] = _key("notes", "Texts that are always shown there.", 'notes = ["Use pytest."]')
    retrievers: tuple[RetrieverRule, ...] = _key(
        "retrievers", "As `[retrievers.NAME]`, for these files alone.", "retrievers.similar.weight = 2"
    )
    completion: bool | None = _key("flag", "Whether anything is suggested there.", "completion = false", narrows=True)


@dataclass(frozen=True, slots=True)
class ProjectRules:
    """A whole file of rules."""

    include: tuple[RuleText, ...] = _key(
        "globs",
        "Only these files are read for context; without it, all that are not left out. It brings nothing back that "
        "is left out otherwise.",
        'include = ["src/**", "tests/**"]',
        narrows=True,
    )
    exclude: tuple[RuleText, ...] = _key(
        "globs", "Files and folders that are never read for context.", 'exclude = ["legacy/"]', narrows=True
    )
    generated: tuple[RuleText, ...] = _key(
        "globs",
        "Generated code, left out, too; what bears a mark of its generator is known without.",
        'generated = ["src/api/gen/"]',
        narrows=True,
    )
    vendored: tuple[RuleText, ...] = _key(
        "globs", "Other people's code, left out, too.", 'vendored = ["extern/"]', narrows=True
    )
    languages_off: tuple[RuleText, ...] = _key(
        "languages",
        "Languages in which nothing is suggested and of which nothing is read.",
        'languages_off = ["cpp"]',
        narrows=True,
    )
    completion_off: tuple[RuleText, ...] = _key(
        "globs", "Files in which nothing is suggested.", 'completion_off = ["*.md"]', narrows=True
    )
    pins: tuple[PinRule, ...] = _key(
        "pins",
        "Files, or lines of them, that are always shown: `path`, `path:line` or `path:first-last`.",
        'pins = ["src/types.py:10-40"]',
    )
    notes: tuple[RuleText, ...] = _key(
        "notes", "Texts that are always shown before everything else.", 'notes = ["Python 3.11, pydantic 2."]'
    )
    retrievers: tuple[RetrieverRule, ...] = _key(
        "retrievers", "How much each way of finding context counts.", "[retrievers.similar]"
    )
    rules: tuple[PathRule, ...] = _key(
        "rules", "What holds in some files only; later ones win.", "[[rules]]", narrows=True
    )


def keys_of(table: type) -> dict[str, Key]:
    """Return the keys that a table of rules may have, in order."""
    return {each.name: each.metadata["key"] for each in fields(table) if "key" in each.metadata}
