"""What the rules mean: which files are read, and what holds at a path. Pure; the layers of rules come from `live.py`.

The layers, from lowest to highest, are the user's own rules, the project's and the editor's. What any layer leaves out
is left out; pins and notes add up. The last layer that sets a weight, a share or a switch wins. Within a layer,
`[[rules]]` win over the whole file, and later ones over earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from dovetail.rules.globs import STEM, Globs, stem_of, with_stem
from dovetail.rules.keys import PathRule, PinRule, ProjectRules, RetrieverRule, keys_of
from dovetail.rules.source import RuleText, Source
from dovetail_context.api import RETRIEVER_NAMES, Retrieval, RetrieverName, excluded_name, language_for, left_out

_KEPT_PATHS = 100  # more than anybody edits at a time
_LEAVES_OUT = {"exclude": "excluded", "generated": "generated code", "vendored": "vendored code"}


@dataclass(frozen=True, slots=True)
class RulesSelection:
    """What the rules leave out of the index: a `Selection`. Equal if the rules are, wherever they appear."""

    layers: tuple[ProjectRules, ...] = ()
    _leaving_out: tuple[_LeavingOut, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leaving_out", tuple(map(_LeavingOut.of, self.layers)))

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        """Return why a path is left out, naming the line that excludes it; None if it is not left out."""
        verdict = self.verdict(path, is_folder, language)
        return None if verdict is None else f"{verdict[0]} by {verdict[1]}"

    def verdict(self, path: str, is_folder: bool, language: str = "") -> tuple[str, Source] | None:
        """Return why a path is left out, and the source of that rule.

        `language` is the id of a file's language where its path does not determine it.
        """
        given = f"{path}/" if is_folder else path
        for layer, compiled in zip(self.layers, self._leaving_out, strict=True):
            for reason, patterns, globs in compiled.patterns:
                number = globs.deciding(given)
                if number is not None:
                    return reason, patterns[number].source
            if is_folder:
                continue
            found = language_for(path, language)
            off = next((each for each in layer.languages_off if found and each.text == found.name), None)
            if off is not None:
                return f"{off.text} is switched off", off.source
            if layer.include and compiled.include.deciding(path) is None:
                return "not included", layer.include[0].source
        return None


@dataclass(frozen=True, slots=True)
class _LeavingOut:
    """The patterns of a layer that leave files out, each list with the reason, and those that files must match."""

    patterns: tuple[tuple[str, tuple[RuleText, ...], Globs], ...]
    include: Globs

    @staticmethod
    def of(layer: ProjectRules) -> _LeavingOut:
        lists = ((reason, getattr(layer, key)) for key, reason in _LEAVES_OUT.items())
        patterns = tuple((reason, patterns, _globs_of(patterns)) for reason, patterns in lists if patterns)
        return _LeavingOut(patterns, _globs_of(layer.include))


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
    notes: tuple[RuleText, ...]
    prefer: tuple[RuleText, ...]
    retrievers: MappingProxyType[tuple[str, str], Ruled]

    @property
    def completion(self) -> bool:
        return not self.no_completion

    def retrieval(self) -> Retrieval:
        """Return the weights, shares and switches as retrieval takes them."""

        def chosen(what: str) -> dict[RetrieverName, float]:
            return {
                cast(RetrieverName, name): ruled.value for (name, key), ruled in self.retrievers.items() if key == what
            }

        enabled = chosen("enabled")
        return Retrieval(
            enabled=frozenset(name for name in RETRIEVER_NAMES if enabled.get(name, True)),
            weights=MappingProxyType(chosen("weight")),
            shares=MappingProxyType(chosen("share")),
        )

    def preferred(self, files: Sequence[str]) -> dict[str, RuleText]:
        """Return the preferred ones of `files`, each with the rule that prefers it; never the edited file itself."""
        globs = Globs([each.text for each in self.prefer])
        by_number: dict[int, list[str]] = {}
        for path in files:
            number = min(globs.matching(path), default=None)
            if number is not None and path != self.path:
                by_number.setdefault(number, []).append(path)
        return {path: self.prefer[number] for number in sorted(by_number) for path in by_number[number]}


@dataclass(frozen=True, slots=True)
class Rules:
    """The layers of rules of a workspace, weakest first.

    Every keystroke asks what holds at a path, and a rules file may be long. So the answers are cached.
    """

    layers: tuple[ProjectRules, ...] = ()
    _selection: RulesSelection = field(init=False, repr=False, compare=False)
    _globs: tuple[_LayerGlobs, ...] = field(init=False, repr=False, compare=False)
    _known: dict[tuple[str, str], EffectiveRules] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        narrowing = ("include", "exclude", "generated", "vendored", "languages_off")
        layers = tuple(ProjectRules(**{name: getattr(layer, name) for name in narrowing}) for layer in self.layers)
        object.__setattr__(self, "_selection", RulesSelection(layers))
        object.__setattr__(self, "_globs", tuple(map(_LayerGlobs.of, self.layers)))

    @property
    def selection(self) -> RulesSelection:
        """The part of the rules that decides which files are read, for the index."""
        return self._selection

    def for_path(self, path: str, language: str = "") -> EffectiveRules:
        """Return what holds at a path (posix, relative to the root).

        `language` is the id of the text's language, "" if the path determines it.
        """
        key = (path, language)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KEPT_PATHS:
                self._known.clear()
            known = self._known[key] = self._for_path(path, language)
        return known

    def is_known(self, path: str, language: str = "") -> bool:
        """Return whether `for_path` has the answer already."""
        return (path, language) in self._known

    def _for_path(self, path: str, language: str) -> EffectiveRules:
        speaking = [(layer, globs.holding_at(path)) for layer, globs in zip(self.layers, self._globs, strict=True)]
        not_context = left_out(self.selection, path, language) or ""
        return EffectiveRules(
            path=path,
            no_completion=_no_completion(speaking, self._globs, path, language),
            not_context=not_context,
            pins=tuple(dict.fromkeys(pin for layer, ruled in speaking for pin in _pins(layer, ruled))),
            notes=tuple(dict.fromkeys(note for layer, ruled in speaking for note in _notes(layer, ruled))),
            prefer=tuple(
                RuleText(with_stem(each.text, stem), each.source)
                for _, ruled in speaking
                for rule, stem in ruled
                for each in rule.prefer
            ),
            retrievers=MappingProxyType(_retrievers(speaking)),
        )


@dataclass(frozen=True, slots=True)
class _LayerGlobs:
    """The patterns of a layer that hold at paths: those of all its rules in one list, and where nothing is suggested.

    `owners` has the number of the rule that each pattern belongs to.
    """

    rules: tuple[PathRule, ...]
    owners: tuple[int, ...]
    texts: tuple[str, ...]
    paths: Globs
    completion_off: Globs

    @staticmethod
    def of(layer: ProjectRules) -> _LayerGlobs:
        owned = [(number, each.text) for number, rule in enumerate(layer.rules) for each in rule.paths]
        texts = tuple(text for _, text in owned)
        owners = tuple(number for number, _ in owned)
        return _LayerGlobs(layer.rules, owners, texts, Globs(texts), _globs_of(layer.completion_off))

    def holding_at(self, path: str) -> tuple[tuple[PathRule, str], ...]:
        """Return the rules that hold at a path, each with the value of `{stem}`."""
        found = ((number, stem_of(path, self.texts[number])) for number in self.paths.deciding_each(path, self.owners))
        return tuple((self.rules[self.owners[number]], stem) for number, stem in found if stem is not None)


def narrowed(rules: ProjectRules) -> ProjectRules:
    """Return the rules of a project that hold while it is not trusted: those that only leave things out."""
    kept = {name: getattr(rules, name) for name, key in keys_of(ProjectRules).items() if key.narrows}
    silent = tuple(
        PathRule(rule.source, **{name: getattr(rule, name) for name, key in keys_of(PathRule).items() if key.narrows})
        for rule in rules.rules
        if rule.completion is False
    )
    return ProjectRules(**{**kept, "rules": silent})


_Speaking = list[tuple[ProjectRules, tuple[tuple[PathRule, str], ...]]]


def _no_completion(speaking: _Speaking, globs: Sequence[_LayerGlobs], path: str, language: str) -> str:
    """Return why nothing is suggested at a path, "" if something is."""
    if excluded_name(path) == "may hold secrets":
        return "may hold secrets, by its name"
    found = language_for(path, language)
    reason = ""
    for (layer, ruled), patterns in zip(speaking, globs, strict=True):
        for off in layer.languages_off:
            if found is not None and off.text == found.name:
                return f"{off.text} is switched off by {off.source}"
        number = patterns.completion_off.deciding(path)
        if number is not None:
            return f"switched off by {layer.completion_off[number].source}"
        for rule, _ in ruled:
            if rule.completion is not None:
                reason = "" if rule.completion else f"switched off by {rule.source}"
    return reason


def _pins(layer: ProjectRules, ruled: Sequence[tuple[PathRule, str]]) -> Iterator[PinRule]:
    yield from layer.pins
    for rule, stem in ruled:
        for pin in rule.pins:
            yield replace(pin, path=pin.path.replace(STEM, stem))


def _notes(layer: ProjectRules, ruled: Sequence[tuple[PathRule, str]]) -> Iterator[RuleText]:
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


def _globs_of(patterns: Sequence[RuleText]) -> Globs:
    return Globs(tuple(each.text for each in patterns))
