"""Classes: their members, own and inherited, wherever in the project those are written. The same for all languages."""

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.language import TypeRules
from dovetail_context.languages.registry import language_named
from dovetail_context.meaning.extensions import ANY, extensions_of
from dovetail_context.meaning.names import Definition, Names
from dovetail_context.meaning.types import Alternatives, TypeExpression, parse_type, substituted
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.work import checkpoint, counted

FEW_FILES = 4  # which are opened without a look at their words
MAX_BASES = 40  # classes looked through for a member


class Classes(ABC):
    """The classes of one snapshot. What a base class is written as, is read by the layer above."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        self.snapshot = snapshot
        self.names = Names(snapshot)
        self._known_extensions: dict[str, Mapping[str, Mapping[str, Mapping[str, tuple[Symbol, ...]]]]] = {}
        self._known_bases: dict[Definition, tuple[Value, ...]] = {}
        self.known_additions: dict[Definition, Any] = {}  # what `additions` has found out
        self.known_macros: dict[str, tuple[tuple[str, str], ...]] = {}  # by file: names, and what each stands for
        self._known_reached: dict[tuple[str, int, str, str] | None, tuple[Definition, ...]] = {}
        self._known_parts: dict[Definition, tuple[tuple[str, Mapping[str, tuple[Symbol, ...]]], ...]] = {}

    @abstractmethod
    def instances(self, type_: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What a value of the declared type `type_` is."""

    @abstractmethod
    def base(self, expression: TypeExpression, place: ExpressionScope) -> tuple[Value, ...]:
        """The class that a base names; arguments of generics of other projects (Generic[T]) are no bases."""

    @abstractmethod
    def arguments_of(self, value: Value) -> Mapping[str, Alternatives]:
        """What the type parameters of a value's class stand for in that value."""

    def members(self, value: Value) -> Iterator[tuple[Definition, Value]]:
        """All members of a class or an instance with the class that holds each, own ones before inherited ones."""
        seen: set[str] = set()
        for holder in self.lineage(value):
            for path, members in self._parts(holder.definition):
                for name, definitions in counted(members.items()):
                    if name not in seen:
                        seen.add(name)
                        yield Definition(path, definitions[-1]), holder

    def reached(self, value: Value) -> Sequence[Definition]:
        """The members that a dot reaches: where it matters, static ones of classes and others of objects."""
        definition, symbol = value.definition, value.definition.symbol
        key = (definition.path, symbol.start_line, symbol.qualified, value.kind) if symbol is not None else None
        known = self._known_reached.get(key)
        if known is None:
            known = tuple(self._reached(value))
            if key is not None:
                self._known_reached[key] = known
        return known

    def _reached(self, value: Value) -> Iterator[Definition]:
        static_matters = self._rules(value.definition.path).static_members
        for definition, holder in self.members(value):
            symbol, of_class = definition.symbol, holder.definition.symbol
            if symbol is None or of_class is None or not static_matters or _is_reached(symbol, of_class, value):
                yield definition
                continue
            record = self.names.record(definition.path)
            overloads = record.members(symbol.container).get(symbol.name, ()) if record is not None else ()
            yield from (Definition(definition.path, each) for each in overloads if _is_reached(each, of_class, value))

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
        pending, seen = deque([value]), set[tuple[str, str]]()
        while pending and len(seen) < MAX_BASES:
            checkpoint()
            current = pending.popleft()
            symbol = current.definition.symbol
            key = (current.definition.path, symbol.qualified if symbol else "")
            if symbol is None or not symbol.has_members or key in seen:
                continue
            seen.add(key)
            yield current
            pending.extend(self._bases_of(current))

    def is_closed(self, value: Value) -> bool:
        """Whether all base classes of a value's class are of this project, so that all its members are known. (Those of
        an enumeration's member are not: `value`, `ordinal()`.)"""
        for holder in self.lineage(value):
            symbol, rules = holder.definition.symbol, self._rules(holder.definition.path)
            if symbol is not None and symbol.kind != "class":
                return False  # what else is put into the object is not followed
            known = rules.root_bases | rules.enumerations | {"Callable"}
            for base in counted(symbol.bases if symbol is not None else ()):
                for each in parse_type(base):
                    if each.last_name not in known and not self.base(each, ExpressionScope(holder.definition.path)):
                        return False
        return not self._is_enumeration(value) or value.kind == "class"

    def bases(self, value: Value) -> Iterator[Definition]:
        """The base classes of a value's class, nearest first."""
        for holder in list(self.lineage(value))[1:]:
            yield holder.definition

    def own_class(self, place: ExpressionScope, kind: Literal["instance", "class"] = "instance") -> tuple[Value, ...]:
        """The class around a place, as an instance or as itself."""
        if place.owner is not None and place.owner.definition.symbol is not None:
            return (Value(kind, place.owner.definition, "", place.owner.arguments, place.owner.written_in),)
        record = self.names.record(place.path)
        container, _, name = place.container.rpartition(".")
        symbols = record.members(container).get(name, ()) if record is not None else ()
        found = tuple(Definition(place.path, symbol) for symbol in symbols)
        if not found and not container:  # its methods may be in another file than the class
            found = self.names.top_level(place.path, name)
        return tuple(Value(kind, each) for each in found if each.symbol is not None and each.symbol.kind == "class")

    def _parts(self, definition: Definition) -> tuple[tuple[str, Mapping[str, tuple[Symbol, ...]]], ...]:
        """Return the members of a class by name, each with its file: the class's own file, then its companions."""
        known = self._known_parts.get(definition)
        record = self.names.record(definition.path)
        if known is not None or record is None or definition.symbol is None:
            return known or ()
        symbol = definition.symbol
        found: list[tuple[str, Mapping[str, tuple[Symbol, ...]]]] = []
        partial = self._rules(record.path).partial_classes
        for path in (record.path, *self._companions(record, symbol.name)):
            other = self.names.record(path)
            if other is None or not (members := other.members(symbol.qualified)):
                continue
            if path == record.path or partial or symbol.name not in other.members(symbol.container):
                found.append((path, members))
        extensions = self._extensions(record)
        found.extend(part for name in (symbol.name, ANY) for part in extensions.get(name, {}).items())
        self._known_parts[definition] = tuple(found)
        return self._known_parts[definition]

    def _companions(self, record: FileRecord, name: str) -> Sequence[str]:
        """The other files that may define members of a class of a file: those that hold its name, if that is a word."""
        companions = self.snapshot.resolver(record.language).companions(record.path)
        if len(companions) <= FEW_FILES:
            return companions
        words = self.snapshot.words
        holders = {*words.files_with(name), *words.files_with(f".{name}")}
        return [other for other in companions if other in holders] if holders else companions

    def _container_bases(self, value: Value) -> Iterator[Value]:
        """The containers of other projects that a class extends: `class Purse extends ArrayList<Money>`."""
        for holder in self.lineage(value):
            symbol = holder.definition.symbol
            for base in symbol.bases if symbol is not None else ():
                for found in self.instances(base, ExpressionScope(holder.definition.path)):
                    if found.kind == "container":
                        given = self.arguments_of(holder)
                        yield found._replace(arguments=tuple(substituted(each, given) for each in found.arguments))

    def _extensions(self, record: FileRecord) -> Mapping[str, Mapping[str, Mapping[str, tuple[Symbol, ...]]]]:
        """Functions that are called like members, by the type that they extend, the file and the name."""
        language = record.language
        if language not in self._known_extensions:
            rules = language_named(language).rules
            some = (record.path, *self.snapshot.resolver(language).companions(record.path))
            self._known_extensions[language] = extensions_of(
                self.snapshot, some if rules.extension_mark or rules.extension_receiver else ()
            )
        return self._known_extensions[language]

    def _bases_of(self, value: Value) -> tuple[Value, ...]:
        """The base classes that a class names, with the type arguments that they have through `value`."""
        found = self._named_bases(value.definition)
        symbol = value.definition.symbol
        if symbol is None or not symbol.type_parameters or not any(base.arguments for base in found):
            return found
        given = self.arguments_of(value)
        return tuple(
            base._replace(arguments=tuple(substituted(each, given) for each in base.arguments)) for base in found
        )

    def _named_bases(self, definition: Definition) -> tuple[Value, ...]:
        """The base classes that a class names, as its definition writes them."""
        if definition not in self._known_bases:
            self._known_bases[definition] = ()  # while they are looked for: a base may be nested in its own heir
            symbol = definition.symbol
            place = ExpressionScope(definition.path, symbol.container if symbol is not None else "")
            self._known_bases[definition] = tuple(
                value
                for base in counted(symbol.bases[:MAX_BASES] if symbol is not None else ())
                for expression in parse_type(base)
                for value in self.base(expression, place)
            )
        return self._known_bases[definition]

    def extensions(self, path: str) -> Iterator[tuple[str, tuple[Definition, ...]]]:
        """The functions that are called like members, by the name of the type that they extend."""
        record = self.names.record(path)
        for type_, files in counted(self._extensions(record).items()) if record is not None else ():
            yield (
                type_,
                tuple(Definition(file, symbols[-1]) for file, names in files.items() for symbols in names.values()),
            )

    def is_enumeration(self, value: Value) -> bool:
        """Whether the values of a class are the ones that it lists."""
        symbol = value.definition.symbol
        listed = symbol is not None and re.search(r"\benum\b", symbol.signature) is not None
        return listed or self._is_enumeration(value)

    def _is_enumeration(self, value: Value) -> bool:
        enumerations = self._rules(value.definition.path).enumerations
        return any(
            parse_type(base)[:1] and parse_type(base)[0].last_name in enumerations
            for holder in self.lineage(value)
            if holder.definition.symbol is not None
            for base in holder.definition.symbol.bases
        )

    def _rules(self, path: str) -> TypeRules:
        record = self.names.record(path)
        return language_named(record.language).rules if record is not None else TypeRules()


def _is_reached(symbol: Symbol, of_class: Symbol, value: Value) -> bool:
    """Whether a dot behind a value reaches a member of its class `of_class`."""
    if symbol.static or symbol.kind in ("class", "type"):
        extends = symbol.container != of_class.qualified  # an extension method, which belongs to another class
        return (value.kind == "class") != extends
    return value.kind != "class" and symbol.name != of_class.name  # constructors are reached by `new` alone
