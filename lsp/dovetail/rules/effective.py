"""What the rules mean: which files are read, and what holds at a path. Pure; the layers of rules come from `live.py`.

Layers stand over one another: the user's own rules, the project's, the editor's. Whatever one of them leaves out is
left out; pins and notes add up; of a weight, a share or a switch the last one that speaks wins, and in a layer
`[[rules]]` win over the whole file and later ones over earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import cast

from dovetail.rules.globs import STEM, deciding, matching, stem_of, with_stem
from dovetail.rules.keys import PathRule, PinRule, ProjectRules, RetrieverRule, keys_of
from dovetail.rules.source import Said, Source
from dovetail_context.languages.registry import language_for
from dovetail_context.query import RETRIEVER_NAMES, Retrieval, RetrieverName
from dovetail_context.workspace.exclude import excluded_name
from dovetail_context.workspace.selection import left_out

_LEAVES_OUT = {"exclude": "excluded", "generated": "generated code", "vendored": "vendored code"}


@dataclass(frozen=True, slots=True)
class RulesSelection:
    """What the rules leave out of the index: a `Selection`. Equal if they say the same, wherever it stands."""

    layers: tuple[ProjectRules, ...] = ()

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        """Why a path is left out, naming the line that says so; None if it is not."""
        verdict = self.verdict(path, is_folder, language)
        return None if verdict is None else f"{verdict[0]} by {verdict[1]}"

    def verdict(self, path: str, is_folder: bool, language: str = "") -> tuple[str, Source] | None:
        """Why a path is left out, and what says so. `language` is the id of a file's language where its path does not
        say that."""
        given = f"{path}/" if is_folder else path
        for layer in self.layers:
            for key, reason in _LEAVES_OUT.items():
                said = _deciding(getattr(layer, key), given)
                if said is not None:
                    return reason, said.source
            if is_folder:
                continue
            found = language_for(path, language)
            off = next((each for each in layer.languages_off if found and each.text == found.name), None)
            if off is not None:
                return f"{off.text} is switched off", off.source
            if layer.include and _deciding(layer.include, path) is None:
                return "not included", layer.include[0].source
        return None


@dataclass(frozen=True, slots=True)
class Ruled:
    """A value, and what set it."""

    value: float | bool
    source: Source


@dataclass(frozen=True, slots=True)
class EffectiveRules:
    """What holds while the file `path` is edited.

    `completion` is whether anything is suggested there, `no_completion` why not. `not_context` is by what rule the file
    is never shown while others are edited, "" if it may be. `prefer` are patterns with their stems in place.
    """

    path: str
    no_completion: str
    not_context: str
    pins: tuple[PinRule, ...]
    notes: tuple[Said, ...]
    prefer: tuple[Said, ...]
    retrievers: MappingProxyType[tuple[str, str], Ruled]

    @property
    def completion(self) -> bool:
        return not self.no_completion

    def retrieval(self) -> Retrieval:
        """The weights, shares and switches as retrieval takes them."""

        def said(what: str) -> dict[RetrieverName, float]:
            return {
                cast(RetrieverName, name): ruled.value for (name, key), ruled in self.retrievers.items() if key == what
            }

        enabled = said("enabled")
        return Retrieval(
            enabled=frozenset(name for name in RETRIEVER_NAMES if enabled.get(name, True)),
            weights=MappingProxyType(said("weight")),
            shares=MappingProxyType(said("share")),
        )

    def preferred(self, files: Sequence[str]) -> dict[str, Said]:
        """Those of `files` that are preferred, with what says so; never the edited file itself."""
        found: dict[str, Said] = {}
        for said in self.prefer:
            for path in matching(said.text, files):
                if path != self.path:
                    found.setdefault(path, said)
        return found


@dataclass(frozen=True, slots=True)
class Rules:
    """The layers of rules of a workspace, weakest first."""

    layers: tuple[ProjectRules, ...] = ()

    @property
    def selection(self) -> RulesSelection:
        """What of them says which files are read, for the index."""
        narrowing = ("include", "exclude", "generated", "vendored", "languages_off")
        return RulesSelection(
            tuple(ProjectRules(**{name: getattr(layer, name) for name in narrowing}) for layer in self.layers)
        )

    def for_path(self, path: str, language: str = "") -> EffectiveRules:
        """What holds at a path (posix, relative to the root). `language` is the id of the language that its text is in,
        "" if its path says that."""
        speaking = [(layer, tuple(self._matching(layer, path))) for layer in self.layers]
        not_context = left_out(self.selection, path, language) or ""
        return EffectiveRules(
            path=path,
            no_completion=_no_completion(speaking, path, language),
            not_context=not_context,
            pins=tuple(dict.fromkeys(pin for layer, ruled in speaking for pin in _pins(layer, ruled))),
            notes=tuple(dict.fromkeys(note for layer, ruled in speaking for note in _notes(layer, ruled))),
            prefer=tuple(
                Said(with_stem(said.text, stem), said.source)
                for _, ruled in speaking
                for rule, stem in ruled
                for said in rule.prefer
            ),
            retrievers=MappingProxyType(_retrievers(speaking)),
        )

    @staticmethod
    def _matching(layer: ProjectRules, path: str) -> Iterator[tuple[PathRule, str]]:
        """The rules of a layer that hold at a path, with what `{stem}` stands for."""
        for rule in layer.rules:
            said = _deciding(rule.paths, path)
            if said is not None:
                stem = stem_of(path, said.text)
                if stem is not None:
                    yield rule, stem


def narrowed(rules: ProjectRules) -> ProjectRules:
    """What of a project's rules holds where the project is not trusted: what only leaves things out."""
    kept = {name: getattr(rules, name) for name, key in keys_of(ProjectRules).items() if key.narrows}
    silent = tuple(
        PathRule(rule.source, **{name: getattr(rule, name) for name, key in keys_of(PathRule).items() if key.narrows})
        for rule in rules.rules
        if rule.completion is False
    )
    return ProjectRules(**{**kept, "rules": silent})


_Speaking = list[tuple[ProjectRules, tuple[tuple[PathRule, str], ...]]]


def _no_completion(speaking: _Speaking, path: str, language: str) -> str:
    """Why nothing is suggested at a path, "" if something is."""
    if excluded_name(path.rpartition("/")[2]) == "may hold secrets":
        return "may hold secrets, by its name"
    found = language_for(path, language)
    reason = ""
    for layer, ruled in speaking:
        for off in layer.languages_off:
            if found is not None and off.text == found.name:
                return f"{off.text} is switched off by {off.source}"
        said = _deciding(layer.completion_off, path)
        if said is not None:
            return f"switched off by {said.source}"
        for rule, _ in ruled:
            if rule.completion is not None:
                reason = "" if rule.completion else f"switched off by {rule.source}"
    return reason


def _pins(layer: ProjectRules, ruled: Sequence[tuple[PathRule, str]]) -> Iterator[PinRule]:
    yield from layer.pins
    for rule, stem in ruled:
        for pin in rule.pins:
            yield replace(pin, path=pin.path.replace(STEM, stem))


def _notes(layer: ProjectRules, ruled: Sequence[tuple[PathRule, str]]) -> Iterator[Said]:
    yield from layer.notes
    for rule, _ in ruled:
        yield from rule.notes


def _retrievers(speaking: _Speaking) -> dict[tuple[str, str], Ruled]:
    found: dict[tuple[str, str], Ruled] = {}
    for layer, ruled in speaking:
        for each in (*layer.retrievers, *(each for rule, _ in ruled for each in rule.retrievers)):
            for name in keys_of(RetrieverRule):
                value = getattr(each, name)
                if value is not None:
                    found[each.name, name] = Ruled(value, each.source)
    return found


def _deciding(patterns: Sequence[Said], path: str) -> Said | None:
    index = deciding([said.text for said in patterns], path) if patterns else None
    return None if index is None else patterns[index]
