"""The `scope` retriever: what the names visible at the cursor mean.

Members of the object before the dot; the function whose arguments are being written; the types of what is in scope;
imported names; base classes. Each is followed to its definition in another file. The numbers are estimates of how often
such a thing is used next; their order matters more than their size.
"""

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import nlargest

from dovetail_context.languages.language import Mention
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.query import RetrieverName
from dovetail_context.records.record import Import
from dovetail_context.retrieve.candidate import Candidate
from dovetail_context.retrieve.likelihood.affinity import parts_of
from dovetail_context.retrieve.names import offer_names
from dovetail_context.retrieve.namesakes import last_name, namesakes
from dovetail_context.retrieve.offers import Offers
from dovetail_context.retrieve.situation import Situation
from dovetail_context.retrieve.uses import stands_once, uses
from dovetail_context.work import Exhausted, counted

# The share of completions that use one of ...
RECEIVER = 0.95  # the members of the object before the dot
BEHIND = 0.15  # the members of what the members of that object hold or return
EXTENSIONS = 0.6  # the functions that extend a type that the object before the dot may be of, by their names
UNLIKELY_EXTENSIONS = 0.15  # those that extend another type of another project
NAMESAKE = 0.6  # the members of the classes that the object before the dot is named after, if its type is unknown
MENTIONED_NAMESAKE = 0.3  # the same of an object that a nearby line mentions
MAX_NAMESAKES = 16  # names in nearby lines whose namesakes are looked for, the nearest first
NAMESAKE_NEARNESS = 0.25  # of a mention that is looked for so; of those further away there are too many
CALLEE = 0.8  # the types in the signature of the call being written
ARGUMENT = 0.4  # the types of a call's parameters, in comparison with its signature
MENTIONED_VALUE = 0.5  # the members of an object that a nearby line mentions
IN_SCOPE_VALUE = 0.25  # the members of a parameter or local variable
OWN_BASES = 0.3  # the inherited members, inside a method
OWN_FIELDS = 0.15  # the members of what a member of the own class holds or returns
UNDECLARED = 0.5  # inside a class, its members that other files define and it does not declare yet
RESULT = 0.4  # the type that the function returns or the variable is declared with
MENTIONED_NAME = 0.35  # a name that occurs again nearby
IMPORTED_NAME = 0.06  # a name that the file imports
UNUSED_IMPORT = 0.35  # an imported name that the file does not use yet, and its members
IMPORTED_MEMBERS = 0.1  # the members of an imported module or class that the file uses through a dot
VISIBLE_NAMES = 0.75  # the names of other files that need no import, as those of the same package
MODULE_NAMES = 0.3  # the names of a module that is used through a dot
# Everything else, once the object before the dot is known. With 0.4, at 495 places, 684 further names were expected
# (those found by words alone apart), and 12 were needed.
BESIDE_RECEIVER = 0.1
BESIDE_GUESS = 0.4  # the same where its type is a guess
MAX_VISIBLE = 60  # names proposed because they are visible; those after these hardly ever fit
MAX_MEMBERS = 120  # of one object or module; those after these hardly ever fit
MAX_BEHIND = 16  # members of the object before the dot whose own members are proposed, the likeliest first
MAX_OWN_FIELDS = 20  # members of the own class whose types are followed, the likeliest ones
MAX_MENTIONS = 48  # names near the cursor, nearest first; those behind them count for little
MAX_PARTS = 16  # of a chain of members; what is longer is data
HALF_LIFE_LINES = 8  # at this distance a mention counts half


@dataclass(frozen=True, slots=True)
class Scope:
    """See the module."""

    name: RetrieverName = "scope"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        reading = _Reading(situation)
        with suppress(Exhausted):  # the results so far are the nearest ones
            reading.receiver()
            if reading.offers.anything:
                reading.certainty = BESIDE_RECEIVER if reading.is_known else BESIDE_GUESS
            reading.surroundings()
            offer_names(situation, reading.offers)
        return reading.offers.candidates(situation, self.name)


class _Reading:
    """One situation, read for what its names mean. `certainty` scales the gain of what is found, and `is_known` is
    whether the object before the dot has a type."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._inference = situation.inference
        self._view = situation.view
        self._path = situation.query.path
        self.certainty = 1.0
        self.is_known = False
        self.offers = Offers()
        self._uses = uses(situation.chains, {imported.alias for imported in situation.record.imports})
        self._shares: dict[tuple[str, str, str, str], list[tuple[Definition, float]]] = {}
        self._nearest: dict[str, str] = {}
        self._namesakes_of: dict[str, tuple[Definition, ...]] = {}

    def receiver(self) -> None:
        """The members of what the cursor follows a dot of; a whole name before the cursor may get its dot next."""
        view = self._view
        if view.module:
            for definition in self._inference.names.module(view.module, self._path):
                self._module(Value("module", definition), RECEIVER, f"offered by {view.module}", typed=view.typed)
            self.is_known = self.offers.anything
            return
        longer = f"{view.receiver}.{view.typed}" if view.receiver else view.typed
        if view.typed and (values := self._values(longer)):
            for value in values:
                self._members(value, RECEIVER, f"member of {longer}")
        elif view.receiver:
            values = self._values(view.receiver)
            for value in values:
                self._members(value, RECEIVER, f"member of {view.receiver}", view.typed)
                self._behind(value, view.receiver)
            self.is_known = bool(values)
            if all(value.kind == "container" for value in values):
                self._extensions()
            if not values:
                self._namesakes(view.receiver, NAMESAKE, view.typed)

    def surroundings(self) -> None:
        """Everything else that is visible."""
        for depth, callee in enumerate(self._view.callees):
            self._callee(callee, CALLEE / (1 + 2 * depth))
        self._subject()
        self._result()
        self._own_class()
        for name in counted(self._view.bindings):
            for value in self._values(name):
                self._members(value, IN_SCOPE_VALUE, f"member of {name}")
        for mention in self._view.mentions[:MAX_MENTIONS]:
            self._mention(mention)
        for imported in counted(self._situation.record.imports):
            if imported.alias and imported.line:  # what no statement imports is reached where it is mentioned
                self._import(imported)
        self._visible()

    def _behind(self, value: Value, receiver: str) -> None:
        """The members of what the members before the cursor hold or return: a chain often goes on with one of them."""
        if value.kind != "instance":
            return
        likely = sorted(self._shared(self._inference.reached(value), self._view.typed), key=lambda one: -one[1])
        masses: dict[Value, float] = {}
        names: dict[Value, str] = {}
        for definition, share in likely[:MAX_BEHIND]:
            for held in self._inference.result(definition, value):
                if held.kind == "instance" and held.definition != value.definition and definition.symbol is not None:
                    masses[held] = masses.get(held, 0.0) + share
                    names.setdefault(held, definition.symbol.name)
        for held, share in masses.items():
            self._members(held, BEHIND * share, f"member of {receiver}.{names[held]}")

    def _namesakes(self, access: str, mass: float, typed: str = "") -> None:
        """The members of the classes that an object without a known type is named after."""
        name = last_name(access)
        if name not in self._namesakes_of:
            if len(self._namesakes_of) >= MAX_NAMESAKES:
                return
            self._namesakes_of[name] = namesakes(name, self._situation)
        classes = self._namesakes_of[name]
        for definition in classes:
            share = mass / len(classes) ** 0.5
            self._members(Value("instance", definition), share, f"{access} may be one", typed)

    def _extensions(self) -> None:
        """What the project adds to types of other projects, if the object before the dot may be of one of those."""
        view = self._view
        if not self._situation.language.rules.extension_mark:
            return
        last = view.receiver.rpartition(".")[2]
        bound = view.bindings.get(view.receiver, "")
        wanted = {part for text in (last, bound) for part in parts_of(text)}
        for type_, definitions in self._inference.extensions(self._path):
            common = wanted & set(parts_of(type_))
            share = EXTENSIONS if common else UNLIKELY_EXTENSIONS
            if not self._inference.names.top_level(self._path, type_):
                reason = f"extends {type_}, which {view.receiver} may be"
                self.offers.shared(self._shared(definitions, view.typed), share, reason)

    def _subject(self) -> None:
        """The values or classes that the cases around the cursor distinguish."""
        subject = self._view.subject
        for value in self._values(subject) if subject else ():
            reason = f"is what the cases distinguish: {subject}"
            self._definition(value.definition, CALLEE, reason)
            if self._listed(value) != value:
                self._members(self._listed(value), RECEIVER, reason)

    def _listed(self, value: Value) -> Value:
        """For a value of an enumeration the class, which lists all values that it may be."""
        listed = value.kind == "instance" and self._inference.is_enumeration(value)
        return value._replace(kind="class") if listed else value

    def _callee(self, callee: str, gain: float) -> None:
        """Return the signature of a call; for a class, its constructor or the fields that replace one."""
        reason = f"{callee} is being called"
        for value in self._values(callee):
            if value.kind not in ("function", "class"):
                continue
            self._definition(value.definition, gain, reason)
            constructors = self._inference.constructors(value) if value.kind == "class" else ()
            for definition in constructors:
                self._definition(definition, gain, reason)
            for definition in constructors or (value.definition,):
                self._taken(definition, gain * ARGUMENT, f"{callee} takes it")
            if value.kind == "class" and not constructors:
                for definition, _ in self._inference.members(value):
                    if definition.symbol is not None and definition.symbol.kind == "field":
                        self._definition(definition, gain / 2, reason)

    def _taken(self, definition: Definition, gain: float, reason: str) -> None:
        """The types that a callable's parameters are declared with, and their members."""
        symbol = definition.symbol
        place = ExpressionScope(definition.path, symbol.container if symbol is not None else "")
        for _, type_ in symbol.parameters if symbol is not None else ():
            for value in self._inference.instances(type_, place) if type_ else ():
                self._definition(value.definition, gain, reason)
                self._members(self._listed(value), gain, f"member of a type: {reason}")

    def _result(self) -> None:
        """The type that the variable being set or the function's result must have."""
        view = self._view
        for type_, what in (
            (view.expected, "is the type of the variable being set"),
            (view.returns, f"is what {view.function} returns"),
        ):
            for value in self._inference.instances(type_, self._situation.place) if type_ else ():
                self._definition(value.definition, RESULT, what)
                self._members(self._listed(value), RESULT / 2, f"member of a type that {what}")

    def _own_class(self) -> None:
        """What the class around the cursor inherits, and the types that its members hold or return."""
        container = self._view.container
        for own in self._inference.own_class(self._situation.place) if container else ():
            for definition in self._inference.bases(own):
                self._definition(definition, OWN_BASES / 2, f"base class of {container}")
            self._members(own, OWN_BASES, f"inherited by {container}")
            reasons: dict[Value, str] = {}
            held = list(self._inference.members(own))
            self._undeclared(own, held)
            members = [each for each, _ in held]
            for definition in self._likeliest(members, MAX_OWN_FIELDS):
                for value in self._inference.result(definition, own):
                    if value.kind == "instance" and definition.symbol is not None:
                        reasons.setdefault(value, f"member of the own {definition.symbol.name}")
            for value, reason in reasons.items():
                self._members(value, OWN_FIELDS, reason)

    def _undeclared(self, own: Value, members: Iterable[tuple[Definition, Value]]) -> None:
        """Those of the own class's members that only other files have, where it must declare them."""
        if self._view.function or not self._situation.language.rules.declares_apart:
            return
        apart = [each for each, holder in members if holder == own and each.path != own.definition.path]
        reason = f"defined for {self._view.container}, which does not declare it yet"
        self.offers.shared(self._shared(apart, self._view.typed), UNDECLARED * self.certainty, reason)

    def _mention(self, mention: Mention) -> None:
        """What a name near the cursor means, and the members of what it holds."""
        nearness = 0.5 ** (abs(mention.distance) / HALF_LIFE_LINES)
        parts = mention.access.split(".", MAX_PARTS)[:MAX_PARTS]
        where = f"line {self._view.line + mention.distance}"
        first = parts[0].removesuffix("()")
        if first not in self._view.bindings:
            for definition in self._inference.names.top_level(self._path, first):
                self._definition(definition, MENTIONED_NAME * nearness, f"used as {first} in {where}")
        for length in range(1, len(parts) + 1):
            access = ".".join(parts[:length])
            values = self._values(access)
            if not values and nearness > NAMESAKE_NEARNESS and access != f"{first}()":
                self._namesakes(access, MENTIONED_NAMESAKE * nearness)
            for value in values:
                if value.kind == "module":
                    used = parts[length].removesuffix("()") if length < len(parts) else ""
                    self._module(value, MODULE_NAMES * nearness, f"member of {access}", used)
                elif value.kind == "function":
                    self._definition(value.definition, MENTIONED_NAME * nearness, f"used in {where}")
                else:
                    named = value.kind == "class" and length == len(parts)  # a class alone represents its objects
                    whose = value._replace(kind="instance") if named else value
                    at = self._nearest.setdefault(access, where)  # several lines with one name prove no more than one
                    self._members(whose, MENTIONED_VALUE * nearness, f"member of {access}, used in {at}")

    def _import(self, imported: Import) -> None:
        """An imported name counts by how often the file uses it; so do the members of what it uses through a dot."""
        own_uses, members_uses = self._uses[imported.alias], self._uses[imported.alias + "."]
        # Where it is bound and, at most, in the path of its module, which the chains of a text do not tell from code.
        unused = own_uses <= 2 and not members_uses and stands_once(self._situation.query.text, imported)
        gain = UNUSED_IMPORT if unused else IMPORTED_NAME * (1 + math.log1p(own_uses) / 2)
        reason = f"imported in line {imported.line}" + (" and not used yet" if unused else "")
        for definition in self._inference.names.imported(imported, self._path):
            self._definition(definition, gain, reason)
            if members_uses or unused:
                mass = UNUSED_IMPORT if unused else IMPORTED_MEMBERS * math.log1p(members_uses)
                for value in self._inference.of_symbol(definition):
                    self._members(value, mass, f"member of {imported.alias}, {reason}")

    def _visible(self) -> None:
        """The names of other files that are visible without being named in an import."""
        names, likelihood = self._inference.names, self._situation.likelihood
        typed = "" if self._view.receiver else self._view.typed
        table = names.visible(self._path)
        members = {name: found[-1] for name, found in names.taken_in(self._path) if self._reachable(found[-1])}
        exported = dict(table.exported())
        exported.update((name, each.symbol.exported) for name, each in members.items() if each.symbol is not None)
        weights = {
            name: likelihood.weight_of(name, flag) for name, flag in counted(exported.items()) if name.startswith(typed)
        }
        whole = sum(weights.values())
        shared = [
            (found[-1], weights[name] / whole)
            for name in nlargest(MAX_VISIBLE, weights, key=weights.__getitem__)
            if (found := (members[name],) if name in members else table[name])
        ]
        self.offers.shared(shared, VISIBLE_NAMES * self.certainty, "visible without an import")

    def _values(self, access: str) -> tuple[Value, ...]:
        return self._inference.through_guards(self._inference.evaluate(access, self._situation.place))

    def _module(self, value: Value, mass: float, reason: str, used: str = "", typed: str = "") -> None:
        """The names of a module; the one that is `used` at the current place counts as such."""
        offered = self._inference.names.exported(value.definition)
        key = (value.definition.path, value.definition.module, value.kind, typed)
        if key not in self._shares:
            self._shares[key] = self._shared([found[-1] for found in offered.values()], typed)
        self.offers.shared(self._shares[key], mass * self.certainty, reason)
        for definition in offered.get(used, ()):
            self._definition(definition, MENTIONED_NAME * min(1.0, mass / MODULE_NAMES), f"{reason}, used near by")

    def _members(self, value: Value, mass: float, reason: str, typed: str = "") -> None:
        """The members of an object, class or module share the probability `mass` that one of them is used."""
        if value.kind == "module":
            self._module(value, mass, reason, typed=typed)
        elif value.kind in ("instance", "class"):
            symbol = value.definition.symbol
            key = (value.definition.path, symbol.qualified if symbol is not None else "", value.kind, typed)
            if key not in self._shares:
                self._shares[key] = self._shared(self._inference.reached(value), typed)
            self.offers.shared(self._shares[key], mass * self.certainty, reason)

    def _shared(self, definitions: Iterable[Definition], typed: str) -> list[tuple[Definition, float]]:
        """Definitions whose names go on from what is typed, with the share of the uses that each is expected to get."""
        fitting = [
            each
            for each in counted(definitions)
            if each.symbol is not None and each.symbol.name.startswith(typed) and self._reachable(each)
        ]
        weights = [self._situation.likelihood.weight(each.symbol) for each in fitting if each.symbol is not None]
        whole = sum(weights)
        shared = [(definition, weight / whole) for definition, weight in zip(fitting, weights, strict=True)]
        if len(shared) > MAX_MEMBERS:
            shared = sorted(shared, key=lambda one: -one[1])[:MAX_MEMBERS]
        return shared

    def _likeliest(self, definitions: Sequence[Definition], most: int) -> Sequence[Definition]:
        """The definitions that are most likely used, in their order; all of a few."""
        if len(definitions) <= most:
            return definitions
        weights = [self._situation.likelihood.weight(each.symbol) if each.symbol else 0.0 for each in definitions]
        kept = nlargest(most, range(len(definitions)), weights.__getitem__)
        return [definitions[place] for place in sorted(kept)]

    def _reachable(self, definition: Definition) -> bool:
        """Return whether a symbol of another file may be used here. Other files may hold parts of the own class."""
        symbol, rules = definition.symbol, self._situation.language.rules
        if symbol is None or symbol.exported or rules.hidden_members:
            return True
        if not symbol.container or symbol.container == self._view.container:
            return True
        return rules.package_members and definition.path.rpartition("/")[0] == self._path.rpartition("/")[0]

    def _definition(self, definition: Definition, gain: float, reason: str) -> None:
        """Return one definition in another file. The last of several conditional definitions represents them all."""
        symbol, language = definition.symbol, self._situation.language
        if symbol is None or definition.path == self._path or gain <= 0:
            return
        record = self._inference.names.record(definition.path)
        if record is None:
            return
        same = record.members(symbol.container)[symbol.name]
        if not language.rules.overloads and same[-1] != symbol:
            return
        if self._reachable(definition):
            self.offers.one(definition, gain * self.certainty, reason)
