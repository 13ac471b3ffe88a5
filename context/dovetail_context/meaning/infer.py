"""Light type inference: what an access path (see `index/record.py`) leads to. The same for all languages.

It follows annotations, constructor calls, assignments, return types, fields of `self`, elements of containers and base
classes. It never fails: what it cannot tell is an empty answer.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from dovetail_context.index.access import alternatives
from dovetail_context.index.record import Symbol
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.language import TypeRules
from dovetail_context.languages.registry import language_named
from dovetail_context.meaning.names import Definition, Names
from dovetail_context.meaning.types import TypeExpression, parse_type

MAX_DEPTH = 24  # nested steps of one inference; longer ones are cycles
MAX_STEPS = 1000  # questions asked on the way to one answer; types that all speak of each other would take millions
MAX_VALUES = 8  # alternatives followed at each step: wide unions say little
MAX_BASES = 40  # classes looked through for a member

_BASE = re.compile(r"<(?P<type>[^<>]*)>|(?P<name>[A-Za-z_$][\w$]*)")
_MEMBER = re.compile(r"[A-Za-z_$][\w$]*\.[A-Za-z_$][\w$]*")
_STEP = re.compile(r"\.(?P<member>[A-Za-z_$][\w$]*)|(?P<call>\(\))|\[(?P<index>\d*)\]|(?P<awaited>~)")


class Value(NamedTuple):
    """What an expression may be.

    `instance` and `class` speak of the class `definition`; `function` of a callable; `module` of a module;
    `container` is an instance of a generic type outside the project (list, dict) called `name`. `arguments` are type
    arguments as written in the file `written_in`; `owner` is the class through which a function was reached.
    """

    kind: Literal["instance", "class", "function", "module", "container"]
    definition: Definition
    name: str = ""
    arguments: tuple[tuple[TypeExpression, ...], ...] = ()
    written_in: str = ""
    owner: "Value | None" = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands: its file, the class around it and the local names it sees."""

    path: str
    container: str = ""
    bindings: Mapping[str, str] = field(default_factory=dict)
    owner: Value | None = None


class Inference:
    """Evaluates access paths in one snapshot."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        self.snapshot = snapshot
        self.names = Names(snapshot)
        self._known_values: dict[Hashable, tuple[Value, ...]] = {}
        self._bindings: dict[int, Mapping[str, str]] = {}  # held, so that no other ones get the same id
        self._asking: set[Hashable] = set()
        self._steps = 0
        self._cut = 0  # how often a question was not pursued, because it led back to itself or too far
        self._known_nested: dict[tuple[str, str, str], tuple[Definition, ...]] = {}
        self._known_extensions: dict[str, Mapping[str, Mapping[str, Mapping[str, tuple[Symbol, ...]]]]] = {}
        self._known_bases: dict[Definition, tuple[Value, ...]] = {}
        self._known_parts: dict[Definition, tuple[tuple[str, Mapping[str, tuple[Symbol, ...]]], ...]] = {}

    @property
    def held_records(self) -> int:
        """How many files' records this holds; one may be kept from question to question until they are too many."""
        return self.names.held_records

    def evaluate(self, access: str, place: Place) -> tuple[Value, ...]:
        """What `access` leads to at `place`; several where it may be one of several, empty where unknown."""
        if place.bindings:
            self._bindings[id(place.bindings)] = place.bindings
        return self._once(
            (access, *self._key(place), id(place.bindings) if place.bindings else 0),
            lambda: (value for alternative in alternatives(access) for value in self._evaluate_one(alternative, place)),
        )

    def instances(self, type_: str, place: Place) -> tuple[Value, ...]:
        """What a value of the declared type `type_` is."""
        return self._instances(parse_type(type_), place)

    def members(self, value: Value) -> Iterator[tuple[Definition, Value]]:
        """All members of a class or an instance with the class that holds each, own ones before inherited ones."""
        seen: set[str] = set()
        for holder in self.lineage(value):
            for path, members in self._parts(holder.definition):
                for name, definitions in members.items():
                    if name not in seen:
                        seen.add(name)
                        yield Definition(path, definitions[-1]), holder

    def reached(self, value: Value) -> Iterator[Definition]:
        """The members that a dot reaches: where it matters, static ones of classes and others of objects."""
        static_matters = self._rules(value.definition.path).static_members
        for definition, holder in self.members(value):
            symbol, of_class = definition.symbol, holder.definition.symbol
            if symbol is None or of_class is None or not static_matters:
                yield definition
            elif symbol.static or symbol.kind in ("class", "type"):
                extends = symbol.container != of_class.qualified  # an extension method, which belongs to another class
                if (value.kind == "class") != extends:
                    yield definition
            elif value.kind != "class" and symbol.name != of_class.name:  # constructors are reached by `new` alone
                yield definition

    def member(self, value: Value, name: str) -> tuple[Definition, ...]:
        """The definition of one member, the nearest in the line of base classes."""
        for holder in self.lineage(value):
            for path, members in self._parts(holder.definition):
                if name in members:
                    return tuple(Definition(path, each) for each in members[name])
        return ()

    def constructors(self, value: Value) -> tuple[Definition, ...]:
        """The methods that make an instance of a class: own ones, or inherited ones where they are inherited."""
        symbol = value.definition.symbol
        if symbol is None:
            return ()
        name = self._rules(value.definition.path).constructor
        return self.member(value, name or symbol.name)

    def lineage(self, value: Value) -> Iterator[Value]:
        """The class of a value and its base classes in this project, nearest first."""
        pending, seen = [value], set[tuple[str, str]]()
        while pending and len(seen) < MAX_BASES:
            current = pending.pop(0)
            symbol = current.definition.symbol
            key = (current.definition.path, symbol.qualified if symbol else "")
            if symbol is None or symbol.kind != "class" or key in seen:
                continue
            seen.add(key)
            yield current
            pending.extend(self._bases_of(current.definition))

    def is_closed(self, value: Value) -> bool:
        """Whether all base classes of a value's class are of this project, so that all its members are known. (Those of
        an enumeration's member are not: `value`, `ordinal()`.)"""
        for holder in self.lineage(value):
            symbol, rules = holder.definition.symbol, self._rules(holder.definition.path)
            known = rules.root_bases | rules.enumerations
            for base in symbol.bases if symbol is not None else ():
                for each in parse_type(base):
                    if each.last_name not in known and not self._base(each, Place(holder.definition.path)):
                        return False
        return not self._is_enumeration(value) or value.kind == "class"

    def bases(self, value: Value) -> Iterator[Definition]:
        """The base classes of a value's class, nearest first."""
        for holder in list(self.lineage(value))[1:]:
            yield holder.definition

    def own_class(self, place: Place, kind: Literal["instance", "class"] = "instance") -> tuple[Value, ...]:
        """The class around a place, as an instance or as itself."""
        if place.owner is not None and place.owner.definition.symbol is not None:
            return (Value(kind, place.owner.definition, "", place.owner.arguments, place.owner.written_in),)
        record = self.names.record(place.path)
        container, _, name = place.container.rpartition(".")
        symbols = record.members(container).get(name, ()) if record is not None else ()
        found = tuple(Definition(place.path, symbol) for symbol in symbols)
        if not found and not container:  # its methods may stand in another file than the class
            found = self.names.top_level(place.path, name)
        return tuple(Value(kind, each) for each in found if each.symbol is not None and each.symbol.kind == "class")

    def result(self, definition: Definition, owner: Value | None = None) -> tuple[Value, ...]:
        """What a definition gives when it is used: what a callable returns, what a variable holds."""
        symbol = definition.symbol
        if symbol is not None and symbol.kind in ("function", "method", "property"):
            return self._returned(definition, owner)
        return self.of_symbol(definition, owner)

    def of_symbol(self, definition: Definition, owner: Value | None = None) -> tuple[Value, ...]:
        """What the name of a definition stands for in an expression."""
        symbol = definition.symbol
        if symbol is None:
            return (Value("module", definition),)
        if symbol.kind == "class":
            return (Value("class", definition),)
        if symbol.kind in ("function", "method"):
            return (Value("function", definition, owner=owner),)
        place = Place(definition.path, symbol.container, owner=owner)
        if symbol.kind == "type":
            return tuple(
                Value("class", each.definition, each.name, each.arguments, each.written_in)
                for each in self.instances(symbol.type, place)
            )
        if symbol.type:
            return self.instances(symbol.type, place)
        if symbol.kind == "field" and owner is not None and self._is_enumeration(owner):
            return (Value("instance", owner.definition),)
        return self.evaluate(symbol.value, place) if symbol.value else ()

    def _parts(self, definition: Definition) -> tuple[tuple[str, Mapping[str, tuple[Symbol, ...]]], ...]:
        """The members of a class by name, with the file that they stand in: its own file, then its companions."""
        known = self._known_parts.get(definition)
        record = self.names.record(definition.path)
        if known is not None or record is None or definition.symbol is None:
            return known or ()
        symbol = definition.symbol
        found: list[tuple[str, Mapping[str, tuple[Symbol, ...]]]] = []
        partial = self._rules(record.path).partial_classes
        for path in (record.path, *self.snapshot.resolver(record.language).companions(record.path)):
            other = self.names.record(path)
            if other is None or not (members := other.members(symbol.qualified)):
                continue
            if path == record.path or partial or symbol.name not in other.members(symbol.container):
                found.append((path, members))
        found.extend(self._extensions(record.path).get(symbol.name, {}).items())
        self._known_parts[definition] = tuple(found)
        return self._known_parts[definition]

    def _container_bases(self, value: Value) -> Iterator[Value]:
        """The containers of other projects that a class extends: `class Purse extends ArrayList<Money>`."""
        for holder in self.lineage(value):
            symbol = holder.definition.symbol
            for base in symbol.bases if symbol is not None else ():
                for found in self.instances(base, Place(holder.definition.path)):
                    if found.kind == "container":
                        yield found

    def _extensions(self, path: str) -> Mapping[str, Mapping[str, Mapping[str, tuple[Symbol, ...]]]]:
        """Functions that are called like members, by the type that they extend, the file and the name."""
        language = self.snapshot.files[path].language
        if language not in self._known_extensions:
            mark = language_named(language).rules.extension_mark
            found: dict[str, dict[str, dict[str, tuple[Symbol, ...]]]] = {}
            for other in (path, *self.snapshot.resolver(language).companions(path)) if mark else ():
                record = self.names.record(other)
                for symbol in record.symbols if record is not None else ():
                    if mark in symbol.signature and symbol.parameters and (to := parse_type(symbol.parameters[0][1])):
                        of_file = found.setdefault(to[0].last_name, {}).setdefault(other, {})
                        of_file[symbol.name] = (*of_file.get(symbol.name, ()), symbol)
            self._known_extensions[language] = found
        return self._known_extensions[language]

    def _bases_of(self, definition: Definition) -> tuple[Value, ...]:
        """The base classes that a class names."""
        if definition not in self._known_bases:
            self._known_bases[definition] = ()  # while they are looked for: a base may be nested in its own heir
            symbol = definition.symbol
            place = Place(definition.path, symbol.container if symbol is not None else "")
            self._known_bases[definition] = tuple(
                value
                for base in (symbol.bases if symbol is not None else ())
                for expression in parse_type(base)
                for value in self._base(expression, place)
            )
        return self._known_bases[definition]

    def _base(self, expression: TypeExpression, place: Place) -> tuple[Value, ...]:
        """The class that a base names; arguments of generics of other projects (Generic[T]) are no bases."""
        if self._dotted(expression.name, place):
            return self._instances_of_one(expression, place)
        return ()

    def _is_enumeration(self, value: Value) -> bool:
        enumerations = self._rules(value.definition.path).enumerations
        return any(
            parse_type(base)[:1] and parse_type(base)[0].last_name in enumerations
            for holder in self.lineage(value)
            if holder.definition.symbol is not None
            for base in holder.definition.symbol.bases
        )

    def _evaluate_one(self, access: str, place: Place) -> tuple[Value, ...]:
        base = _BASE.match(access)
        if base is None:
            return ()
        declared, name, position = base["type"], base["name"], base.end()
        member = _MEMBER.match(access) if place.bindings else None
        if member is not None and member[0] in place.bindings:
            name, position = member[0], member.end()
        values = self._name(name, place) if declared is None else self.instances(declared, place)
        while position < len(access) and values:
            step = _STEP.match(access, position)
            if step is None:
                return ()
            position = step.end()
            values = tuple(dict.fromkeys(after for value in values for after in self._step(value, step, place)))[
                :MAX_VALUES
            ]
        return values

    def _name(self, name: str, place: Place) -> tuple[Value, ...]:
        if name in place.bindings:
            bound = place.bindings[name]
            return self.evaluate(bound, place) if bound else ()
        rules = self._rules(place.path)
        if name in rules.receivers and place.container:
            return self.own_class(place, "class" if name == "cls" else "instance")
        if name == "super" and place.container:
            return tuple(
                Value("function", Definition("", None), "super", owner=value)
                for value in self.own_class(place, "instance")
            )
        if rules.implicit_members and place.container and (found := self._implicit(name, place)):
            return found
        return tuple(
            value for definition in self.names.top_level(place.path, name) for value in self.of_symbol(definition)
        )

    def _implicit(self, name: str, place: Place) -> tuple[Value, ...]:
        """A member of the class around the place or of the classes around that, named without a receiver."""
        if place.owner is not None and (found := self._member_value(place.owner, name)):
            return found
        container = place.container
        while container:
            for value in self.own_class(Place(place.path, container), "instance"):
                if found := self._member_value(value, name):
                    return found
            container = container.rpartition(".")[0]
        return ()

    def _step(self, value: Value, step: re.Match[str], place: Place) -> tuple[Value, ...]:
        if step["member"] is not None:
            return self._member_value(value, step["member"])
        if step["call"] is not None:
            return self._called(value)
        if step["awaited"] is not None:
            return (value,)
        return self._element(value, int(step["index"]) if step["index"] else None)

    def _member_value(self, value: Value, name: str) -> tuple[Value, ...]:
        if value.kind == "module":
            return tuple(
                each
                for definition in self.names.in_module(value.definition, name)
                for each in self.of_symbol(definition)
            )
        if value.kind == "container":
            return (Value("function", value.definition, name, value.arguments, value.written_in, value),)
        if value.kind == "function":
            return ()
        owner = value if value.owner is None else value.owner
        found: list[Value] = []
        for definition in self.member(value, name):
            if definition.symbol is not None and definition.symbol.kind == "property":
                found.extend(self._returned(definition, value))
            else:
                found.extend(self.of_symbol(definition, owner))
        if not found and value.kind == "instance":
            found.extend(each for base in self._container_bases(value) for each in self._member_value(base, name))
        if not found and value.kind == "instance" and self._gives_itself(name, value):
            return (Value("function", Definition("", None), name, owner=value),)
        return tuple(found)

    def _gives_itself(self, name: str, value: Value) -> bool:
        """Whether a method that the class does not define is one that gives the object itself (`clone`)."""
        return name == "__enter__" or self._rules(value.definition.path).accessors.get(name) == ""

    def _called(self, value: Value) -> tuple[Value, ...]:
        if value.kind == "class":
            return (Value("instance", value.definition, value.name, value.arguments, value.written_in),)
        if value.kind == "function":
            if value.definition.symbol is not None:
                return self._returned(value.definition, value.owner)
            return self._built_in(value)
        if value.kind == "instance":
            return tuple(
                each for definition in self.member(value, "__call__") for each in self._returned(definition, value)
            )
        return ()

    def _built_in(self, value: Value) -> tuple[Value, ...]:
        owner = value.owner
        if owner is None:
            return ()
        if owner.kind == "container":
            effect = self._rules(owner.written_in).accessors.get(value.name)
            return () if effect is None else (self._element(owner, None) if effect else (owner,))
        if value.name == "super":
            return tuple(self.lineage(owner))[1:2]
        return (owner,)

    def _returned(self, definition: Definition, owner: Value | None) -> tuple[Value, ...]:
        symbol = definition.symbol
        if symbol is None:
            return ()
        place = Place(definition.path, symbol.container, owner=owner)
        if symbol.type:
            found = self.instances(symbol.type, place)
            return found
        return self.evaluate(symbol.value, place) if symbol.value else ()

    def _element(self, value: Value, index: int | None) -> tuple[Value, ...]:
        if value.kind == "container":
            rules = self._rules(value.written_in)
            position = rules.elements.get(value.name, 0)
            if index is not None and value.name in ("tuple", "Tuple"):
                position = index if index < len(value.arguments) else 0
            if position < len(value.arguments):
                return self._instances(value.arguments[position], Place(value.written_in))
            return ()
        if value.kind == "class":
            return (value,)
        for name in self._rules(value.definition.path).element_members:
            for definition in self.member(value, name):
                found = self._returned(definition, value)
                return tuple(
                    each for one in found for each in (self._element(one, None) if one.kind == "container" else (one,))
                )
        return tuple(each for base in self._container_bases(value) for each in self._element(base, index))

    def _instances(self, alternatives: tuple[TypeExpression, ...], place: Place) -> tuple[Value, ...]:
        return self._once(
            (alternatives, *self._key(place)),
            lambda: (
                value for expression in alternatives[:MAX_VALUES] for value in self._instances_of_one(expression, place)
            ),
        )

    def _once(self, key: Hashable, work: Callable[[], Iterable[Value]]) -> tuple[Value, ...]:
        """What `work` finds, kept under `key`. A question that leads back to itself has no answer, and is not kept.

        Without this, types that speak of themselves twice (`type Tree = dict[str, Tree] | list[Tree]`) would cost time
        that doubles with every step.
        """
        if key in self._known_values:
            return self._known_values[key]
        self._steps = self._steps + 1 if self._asking else 0
        if key in self._asking or len(self._asking) > MAX_DEPTH or self._steps > MAX_STEPS:
            self._cut += 1
            return ()
        cut = self._cut
        self._asking.add(key)
        try:
            found = tuple(dict.fromkeys(work()))[:MAX_VALUES]
        finally:
            self._asking.discard(key)
        if self._cut == cut or not self._asking:
            self._known_values[key] = found
        return found

    def _key(self, place: Place) -> tuple[Hashable, ...]:
        """What tells places apart, cheaper to hash than the place itself."""
        owner = place.owner
        if owner is None:
            return (place.path, place.container)
        symbol = owner.definition.symbol
        known = symbol.qualified if symbol is not None else ""
        return (
            place.path,
            place.container,
            owner.kind,
            owner.definition.path,
            known,
            owner.arguments,
            owner.written_in,
        )

    def _instances_of_one(self, expression: TypeExpression, place: Place) -> tuple[Value, ...]:
        rules, name = self._rules(place.path), expression.last_name
        if name in rules.ignored:
            return ()
        if name in rules.own_type:
            return self.own_class(place, "instance")
        definitions = self._dotted(expression.name, place)
        found: list[Value] = []
        for definition in definitions:
            symbol = definition.symbol
            if symbol is None:
                continue
            if symbol.kind == "class":
                found.append(Value("instance", definition, "", expression.arguments, place.path))
            elif symbol.type:
                values = self.instances(symbol.type, Place(definition.path, symbol.container))
                found.extend(_filled(value, symbol, expression, place.path) for value in values)
            elif symbol.value:
                values = self.evaluate(symbol.value, Place(definition.path, symbol.container))
                found.extend(
                    Value("instance", each.definition, each.name, each.arguments, each.written_in)
                    for each in values
                    if each.kind == "class"
                )
        if definitions:
            return tuple(found)
        if name in rules.transparent:
            return (
                self._instances(expression.arguments[-1 if name in rules.last_argument else 0], place)
                if expression.arguments
                else ()
            )
        if name in rules.class_of and expression.arguments:
            instances = self._instances(expression.arguments[0], place)
            return tuple(
                Value("class", each.definition, each.name, each.arguments, each.written_in) for each in instances
            )
        if name in rules.elements:
            arguments = _own_named(expression, rules.own_type, place.container).arguments
            return (Value("container", Definition("", None), name, arguments, place.path),)
        if expression.arguments:  # a generic of another project; most of them wrap what their first argument says
            return self._instances(expression.arguments[0], place)
        return ()

    def _dotted(self, name: str, place: Place) -> tuple[Definition, ...]:
        first, *rest = name.split(".")
        found = self._nested(first, place) or self.names.top_level(place.path, first)
        for part in rest:
            found = tuple(
                each
                for definition in found
                for each in (
                    self.names.in_module(definition, part)
                    if definition.symbol is None
                    else self.member(Value("class", definition), part)
                )
            )
        return found

    def _nested(self, name: str, place: Place) -> tuple[Definition, ...]:
        """A class defined inside the class that the type is written in."""
        if not place.container:
            return ()
        if self._rules(place.path).implicit_members:
            return self._nested_around(name, place.path, place.container)
        return self._classes_in(place.path, place.container, name)

    def _nested_around(self, name: str, path: str, container: str) -> tuple[Definition, ...]:
        """Where members are visible without a receiver, also one in its base classes and in the classes around it."""
        key = (path, container, name)
        if key not in self._known_nested:
            self._known_nested[key] = ()  # while it is looked for: bases may be written with the same name
            found = self._classes_in(path, container, name)
            for value in self.own_class(Place(path, container), "class") if not found else ():
                found += tuple(each for each in self.member(value, name) if _is_class(each))
            outer = container.rpartition(".")[0]
            self._known_nested[key] = found or (self._nested_around(name, path, outer) if outer else ())
        return self._known_nested[key]

    def _classes_in(self, path: str, container: str, name: str) -> tuple[Definition, ...]:
        record = self.names.record(path)
        symbols = record.members(container).get(name, ()) if record is not None else ()
        return tuple(found for symbol in symbols if _is_class(found := Definition(path, symbol)))

    def _rules(self, path: str) -> TypeRules:
        record = self.names.record(path)
        return language_named(record.language).rules if record is not None else TypeRules()


def _is_class(definition: Definition) -> bool:
    return definition.symbol is not None and definition.symbol.kind in ("class", "type")


def _filled(value: Value, alias: Symbol, given: TypeExpression, path: str) -> Value:
    """A container named by a generic alias (`type Checked<T> = Result<T, E>`) with the arguments given in `path`."""
    parameters = {name: argument for (name, _), argument in zip(alias.parameters, given.arguments, strict=False)}
    arguments = tuple(
        parameters.get(argument[0].name, argument) if len(argument) == 1 else argument for argument in value.arguments
    )
    if value.kind != "container" or arguments == value.arguments:
        return value
    return Value("container", value.definition, value.name, arguments, path)


def _own_named(expression: TypeExpression, own_type: frozenset[str], container: str) -> TypeExpression:
    """The type with the name of the class in place of `Self`, for those who see it from outside of the class."""
    if not container or not own_type:
        return expression
    if expression.name in own_type:
        return TypeExpression(container, expression.arguments)
    arguments = tuple(
        tuple(_own_named(each, own_type, container) for each in argument) for argument in expression.arguments
    )
    return TypeExpression(expression.name, arguments)
