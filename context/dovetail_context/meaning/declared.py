"""Resolve types as written: `dict[str, Account]`, `Option<Self>`, `shop.Till`. The same for all languages."""

from abc import abstractmethod
from collections.abc import Hashable

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.meaning.classes import Classes
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.questions import MAX_VALUES, Questions
from dovetail_context.meaning.types import TypeExpression, parse_type
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.records.record import Symbol


class DeclaredTypes(Classes):
    """The declared types of one snapshot. What an alias is set to, is read by the layer above."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        super().__init__(snapshot)
        self._questions = Questions()
        self._known_nested: dict[tuple[str, str, str], tuple[Definition, ...]] = {}

    @abstractmethod
    def evaluate(self, access: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What `access` leads to at `place`."""

    def instances(self, type_: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What a value of the declared type `type_` is."""
        return self._instances(parse_type(type_), place)

    def _instances(self, alternatives: tuple[TypeExpression, ...], place: ExpressionScope) -> tuple[Value, ...]:
        return self._questions.once(
            (alternatives, *self._key(place)),
            lambda: (
                value for expression in alternatives[:MAX_VALUES] for value in self._instances_of_one(expression, place)
            ),
        )

    def _instances_of_one(self, expression: TypeExpression, place: ExpressionScope) -> tuple[Value, ...]:
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
                values = self.instances(symbol.type, ExpressionScope(definition.path, symbol.container))
                found.extend(_filled(value, symbol, expression, place.path) for value in values)
            elif symbol.value:
                values = self.evaluate(symbol.value, ExpressionScope(definition.path, symbol.container))
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
        if expression.arguments:  # a generic of another project; most of them wrap their first argument
            return tuple(value._replace(is_guess=True) for value in self._instances(expression.arguments[0], place))
        return ()

    def base(self, expression: TypeExpression, place: ExpressionScope) -> tuple[Value, ...]:
        """The class that a base names; arguments of generics of other projects (Generic[T]) are no bases."""
        if self._dotted(expression.name, place):
            return self._instances_of_one(expression, place)
        return ()

    def _dotted(self, name: str, place: ExpressionScope) -> tuple[Definition, ...]:
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

    def _nested(self, name: str, place: ExpressionScope) -> tuple[Definition, ...]:
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
            for value in self.own_class(ExpressionScope(path, container), "class") if not found else ():
                found += tuple(each for each in self.member(value, name) if _is_class(each))
            outer = container.rpartition(".")[0]
            self._known_nested[key] = found or (self._nested_around(name, path, outer) if outer else ())
        return self._known_nested[key]

    def _classes_in(self, path: str, container: str, name: str) -> tuple[Definition, ...]:
        record = self.names.record(path)
        symbols = record.members(container).get(name, ()) if record is not None else ()
        return tuple(found for symbol in symbols if _is_class(found := Definition(path, symbol)))

    def _key(self, place: ExpressionScope) -> tuple[Hashable, ...]:
        """The key that distinguishes places, cheaper to hash than the place itself."""
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
