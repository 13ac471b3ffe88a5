"""The `scope` retriever: what the names visible at the cursor mean.

Members of the object before the dot; the function whose arguments are being written; the types of what is in scope;
imported names; base classes. Each is followed to its definition in another file. The numbers are estimates of how
often such a thing is used next; their order matters more than their size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dovetail_context.index.record import Symbol
from dovetail_context.languages.language import Mention
from dovetail_context.meaning.infer import Value
from dovetail_context.meaning.names import Definition
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
MODULE_NAMES = 0.3  # the names of a module that is used through a dot
HALF_LIFE_LINES = 8  # at this distance a mention counts half


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

    def candidates(self) -> Iterator[Candidate]:
        view = self._view
        if view.receiver:
            for value in self._values(view.receiver):
                yield from self._members(value, RECEIVER, f"member of {view.receiver}", view.typed)
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
            for definition in self._inference.names.imported(imported, self._path) if imported.name != "*" else ():
                if definition.symbol is not None:
                    yield from self._definition(definition, IMPORTED_NAME, f"imported in line {imported.line}")

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
            if symbols[0].kind == "field":
                for value in self._values(f"self.{name}"):
                    yield from self._members(value, OWN_FIELDS, f"member of self.{name}")

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
                    yield from self._module(value, access, parts[length : length + 1], nearness)
                elif value.kind == "function":
                    yield from self._definition(value.definition, MENTIONED_NAME * nearness, f"used in {where}")
                else:
                    yield from self._members(value, MENTIONED_VALUE * nearness, f"member of {access}, used in {where}")

    def _module(self, value: Value, access: str, used: list[str], nearness: float) -> Iterator[Candidate]:
        record = self._situation.snapshot.files.get(value.definition.path)
        if record is None:
            return
        shown = [symbols[-1] for name, symbols in record.members("").items() if symbols[-1].exported]
        for symbol in shown:
            gain = MODULE_NAMES * nearness / len(shown)
            if used and symbol.name == used[0].removesuffix("()"):
                gain = MENTIONED_NAME * nearness
            yield from self._definition(Definition(record.path, symbol), gain, f"in module {access}")

    def _callee(self, callee: str, gain: float) -> Iterator[Candidate]:
        for value in self._values(callee):
            reason = f"{callee} is being called"
            if value.kind == "function":
                yield from self._definition(value.definition, gain, reason)
            elif value.kind == "class":
                yield from self._definition(value.definition, gain, reason)
                for definition in self._inference.member(value, "__init__"):
                    yield from self._definition(definition, gain, reason)
                if not any(self._inference.member(value, "__init__")):
                    for definition, _ in self._inference.members(value):
                        if definition.symbol is not None and definition.symbol.kind == "field":
                            yield from self._definition(definition, gain / 2, reason)

    def _members(self, value: Value, mass: float, reason: str, typed: str = "") -> Iterator[Candidate]:
        if value.kind == "module":
            yield from self._module(value, value.definition.module, [], mass / MODULE_NAMES)
            return
        if value.kind not in ("instance", "class"):
            return
        everything = list(self._inference.members(value))
        fitting = [each for each in everything if each[0].symbol is not None and each[0].symbol.name.startswith(typed)]
        weights = [_weight(definition.symbol) for definition, _ in fitting if definition.symbol is not None]
        whole = sum(weights)
        for (definition, _), weight in zip(fitting, weights, strict=True):
            yield from self._definition(definition, mass * weight / whole, reason)

    def _definition(self, definition: Definition, gain: float, reason: str) -> Iterator[Candidate]:
        symbol = definition.symbol
        if symbol is None or definition.path == self._path or gain <= 0:
            return
        language = self._situation.language
        yield Candidate(
            definition.path,
            symbol.start_line,
            symbol.end_line,
            language.reduced(symbol),
            Evidence("scope", reason, min(gain, 0.95)),
            symbol,
        )


def _weight(symbol: Symbol) -> float:
    if symbol.name.startswith("__"):
        return 0.05
    return 1.0 if symbol.exported else 0.3
