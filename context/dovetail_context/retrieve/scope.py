"""The `scope` retriever: what the names visible at the cursor mean.

Members of the object before the dot; the function whose arguments are being written; the types of what is in scope;
imported names; base classes. Each is followed to its definition in another file. The numbers are estimates of how
often such a thing is used next; their order matters more than their size.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dovetail_context.index.record import Import, Symbol
from dovetail_context.index.words import words_of
from dovetail_context.languages.language import Mention
from dovetail_context.meaning.infer import Value
from dovetail_context.meaning.names import Definition
from dovetail_context.retrieve.affinity import Surroundings
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.situation import Situation

# The share of completions that use one of ...
RECEIVER = 0.95  # the members of the object before the dot
CALLEE = 0.8  # what the signature of the call being written says
MENTIONED_VALUE = 0.5  # the members of an object that stands on a line near by
IN_SCOPE_VALUE = 0.25  # the members of a parameter or local variable
OWN_BASES = 0.3  # the inherited members, inside a method
OWN_FIELDS = 0.15  # the members of what a field of self holds
RESULT = 0.4  # the type that the function returns or the variable is declared with
MENTIONED_NAME = 0.35  # a name that stands near by again
IMPORTED_NAME = 0.06  # a name that the file imports
IMPORTED_MEMBERS = 0.1  # the members of an imported module or class that the file uses through a dot
MODULE_NAMES = 0.3  # the names of a module that is used through a dot
BESIDE_RECEIVER = 0.4  # everything else, once the object before the dot is known
HIDDEN = 0.4  # a member with a leading underscore, in comparison with others
POPULARITY = 0.5
AFFINITY = 8.0
ECHO = 8.0
PRESENT = 0.5  # a name that stands in the file: its use shows much of what the definition would
HALF_LIFE_LINES = 8  # at this distance a mention counts half

_USE = re.compile(r"(?<!\.)\b[^\W\d]\w*\.?")


@dataclass(frozen=True, slots=True)
class Scope:
    """See the module."""

    name: str = "scope"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        yield from _Scope(situation).candidates()


class _Scope:
    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._inference = situation.inference
        self._view = situation.view
        self._path = situation.query.path
        self._surroundings = Surroundings(situation.query.text, situation.query.offset, situation.snapshot.words)
        self._present = words_of(situation.query.text)
        self._uses = Counter(_USE.findall(situation.query.text))
        self._focused = False
        self._echoed = _echoed(situation)
        self._shares: dict[tuple[Definition, str], list[tuple[Definition, float]]] = {}
        self._known_weights: dict[str, float] = {}

    def candidates(self) -> Iterator[Candidate]:
        view = self._view
        receiver = self._receiver()
        for value in self._values(receiver) if receiver else ():
            yield from self._members(value, RECEIVER, f"member of {receiver}", view.typed if view.receiver else "")
            self._focused = True
        for depth, callee in enumerate(view.callees):
            yield from self._callee(callee, CALLEE / (1 + 2 * depth))
        for type_, what in (
            (view.expected, "is the type of the variable being set"),
            (view.returns, f"is what {view.function} returns"),
        ):
            for value in self._inference.instances(type_, self._situation.place) if type_ else ():
                yield from self._definition(value.definition, RESULT, what)
                yield from self._members(value, RESULT / 2, f"member of a type that {what}")
        yield from self._own_class()
        yield from self._bindings()
        for mention in view.mentions:
            yield from self._mention(mention)
        for imported in self._situation.record.imports:
            if imported.alias:
                yield from self._import(imported)

    def _import(self, imported: Import) -> Iterator[Candidate]:
        """An imported name counts by how often the file uses it; so do the members of what it uses through a dot."""
        uses = self._uses.get(imported.alias, 0)
        share = math.log1p(uses) / 2
        reason = f"imported in line {imported.line}"
        for definition in self._inference.names.imported(imported, self._path):
            yield from self._definition(definition, IMPORTED_NAME * (1 + share), reason)
            if self._uses.get(imported.alias + ".", 0):
                for value in self._inference.of_symbol(definition):
                    yield from self._members(value, IMPORTED_MEMBERS * share, f"member of {imported.alias}, {reason}")

    def _receiver(self) -> str:
        """What the cursor follows a dot of; a whole name before the cursor may get its dot next."""
        view = self._view
        if view.receiver:
            longer = f"{view.receiver}.{view.typed}"
            return longer if view.typed and self._values(longer) else view.receiver
        return view.typed if self._values(view.typed) else ""

    def _values(self, access: str) -> tuple[Value, ...]:
        return self._inference.evaluate(access, self._situation.place)

    def _own_class(self) -> Iterator[Candidate]:
        view = self._view
        if not view.container:
            return
        for value in self._inference.evaluate("self", self._situation.place):
            for definition in self._inference.bases(value):
                yield from self._definition(definition, OWN_BASES / 2, f"base class of {view.container}")
            yield from self._members(value, OWN_BASES, f"inherited by {view.container}")
        for name, symbols in self._situation.record.members(view.container).items():
            access = f"self.{name}()" if symbols[0].kind == "method" else f"self.{name}"
            for value in self._values(access):
                if value.kind == "instance" and value.definition.path != self._path:
                    yield from self._members(value, OWN_FIELDS, f"member of {access}")

    def _bindings(self) -> Iterator[Candidate]:
        for name in self._view.bindings:
            for value in self._values(name):
                yield from self._members(value, IN_SCOPE_VALUE, f"member of {name}")

    def _mention(self, mention: Mention) -> Iterator[Candidate]:
        nearness = 0.5 ** (abs(mention.distance) / HALF_LIFE_LINES)
        parts = mention.access.split(".")
        where = f"line {self._view.line + mention.distance}"
        first = parts[0].removesuffix("()")
        if first not in self._view.bindings:
            for definition in self._inference.names.top_level(self._path, first):
                if definition.symbol is not None:
                    yield from self._definition(definition, MENTIONED_NAME * nearness, f"used as {first} in {where}")
        for length in range(1, len(parts) + 1):
            access = ".".join(parts[:length])
            for value in self._values(access):
                if value.kind == "module":
                    yield from self._module(value, access, parts[length : length + 1], MODULE_NAMES * nearness)
                elif value.kind == "function":
                    yield from self._definition(value.definition, MENTIONED_NAME * nearness, f"used in {where}")
                else:
                    yield from self._members(value, MENTIONED_VALUE * nearness, f"member of {access}, used in {where}")

    def _module(self, value: Value, access: str, used: list[str], mass: float, typed: str = "") -> Iterator[Candidate]:
        offered = self._inference.names.exported(value.definition)
        shown = [definitions[-1] for definitions in offered.values() if definitions[-1].symbol is not None]
        wanted = used[0].removesuffix("()") if used else ""
        for definition, share in self._shared(shown, typed):
            yield from self._definition(definition, mass * share, f"member of {access}")
        for definition in offered.get(wanted, ()):
            yield from self._definition(
                definition, MENTIONED_NAME * min(1.0, mass / MODULE_NAMES), f"used as {access}.{wanted}"
            )

    def _callee(self, callee: str, gain: float) -> Iterator[Candidate]:
        for value in self._values(callee):
            reason = f"{callee} is being called"
            if value.kind == "function":
                yield from self._definition(value.definition, gain, reason)
            elif value.kind == "class":
                yield from self._definition(value.definition, gain, reason)
                constructors = self._inference.constructors(value)
                for definition in constructors:
                    yield from self._definition(definition, gain, reason)
                if not constructors:
                    for definition, _ in self._inference.members(value):
                        if definition.symbol is not None and definition.symbol.kind == "field":
                            yield from self._definition(definition, gain / 2, reason)

    def _members(self, value: Value, mass: float, reason: str, typed: str = "") -> Iterator[Candidate]:
        if value.kind == "module":
            yield from self._module(value, value.definition.module, [], mass, typed)
            return
        if value.kind not in ("instance", "class"):
            return
        key = (value.definition, typed)
        if key not in self._shares:
            everything = [definition for definition, _ in self._inference.members(value)]
            self._shares[key] = self._shared(everything, typed)
        for definition, share in self._shares[key]:
            yield from self._definition(definition, mass * share, reason)

    def _shared(self, definitions: Iterable[Definition], typed: str) -> list[tuple[Definition, float]]:
        """Definitions whose names go on from what is typed, with the share of the uses that each is expected to get."""
        fitting = [each for each in definitions if each.symbol is not None and each.symbol.name.startswith(typed)]
        weights = [self._weight(each.symbol) for each in fitting if each.symbol is not None]
        whole = sum(weights)
        return [(definition, weight / whole) for definition, weight in zip(fitting, weights, strict=True)]

    def _definition(self, definition: Definition, gain: float, reason: str) -> Iterator[Candidate]:
        symbol = definition.symbol
        if symbol is None or definition.path == self._path or gain <= 0:
            return
        if self._focused and not reason.startswith("member of " + self._receiver()):
            gain *= BESIDE_RECEIVER
        language = self._situation.language
        yield Candidate(
            definition.path,
            symbol.start_line,
            symbol.end_line,
            language.reduced(symbol),
            Evidence("scope", reason, min(gain, 0.95)),
            symbol,
            language.brief(symbol),
        )

    def _weight(self, symbol: Symbol) -> float:
        """How likely one member is used in comparison with the others of its class."""
        if symbol.name not in self._known_weights:
            self._known_weights[symbol.name] = self._weight_of_name(symbol)
        return self._known_weights[symbol.name]

    def _weight_of_name(self, symbol: Symbol) -> float:
        if symbol.name.startswith("__"):
            return 0.05
        weight = 1.0 if symbol.exported else HIDDEN
        weight *= 1.0 + POPULARITY * math.log1p(self._situation.snapshot.words.frequency("." + symbol.name))
        weight *= 1.0 + AFFINITY * self._surroundings.affinity(symbol.name)
        weight *= 1.0 + ECHO * self._echoed.get(symbol.name, 0.0)
        return weight * (PRESENT if symbol.name in self._present else 1.0)


def _echoed(situation: Situation) -> dict[str, float]:
    """The names that stand where the code looks like that at the cursor, with the likeness of the best such place."""
    found: dict[str, float] = {}
    for window in situation.echoes:
        lines = situation.snapshot.files[window.path].lines[window.start_line - 1 : window.end_line]
        for word in words_of("\n".join(lines)):
            found[word] = max(found.get(word, 0.0), window.likeness)
    return found
