"""Resolve types as written: `dict[str, Account]`, `Option<Self>`, `shop.Till`. The same for all languages."""

from abc import abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import replace

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.meaning.classes import Classes
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.questions import MAX_VALUES, Questions
from dovetail_context.meaning.types import (
    Alternatives,
    TypeExpression,
    as_guesses,
    looked_up_in,
    parse_type,
    substituted,
)
from dovetail_context.meaning.values import ExpressionScope, Value

# How all languages' records write the type of a function: `Callable[[Money, int], Receipt]`.
FUNCTION_TYPE = "Callable"
# Types without members: code that uses one has a value of another type.
_NOTHING = ("", "None", "null", "undefined", "void", "never", "nil", "Literal", "nullptr_t")
# Arguments that say less than the bound of the parameter.
_ANYTHING = ("any", "unknown", "Any", "_")


class DeclaredTypes(Classes):
    """The declared types of one snapshot. What an alias is set to, is read by the layer above."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        super().__init__(snapshot)
        self._questions = Questions()
        self._known_nested: dict[tuple[str, str, str], tuple[Definition, ...]] = {}
        self._known_generic: dict[tuple[str, str], tuple[Definition, ...]] = {}

    @abstractmethod
    def evaluate(self, access: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What `access` leads to at `place`."""

    @abstractmethod
    def called(self, value: Value) -> tuple[Value, ...]:
        """What calling a value gives."""

    @abstractmethod
    def element(self, value: Value) -> tuple[Value, ...]:
        """What a value holds that can be indexed or iterated over."""

    def instances(self, type_: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What a value of the declared type `type_` is."""
        return self._instances(parse_type(type_), place)

    def _instances(self, alternatives: tuple[TypeExpression, ...], place: ExpressionScope) -> tuple[Value, ...]:
        return self._questions.once(
            (alternatives, *self._key(place)),
            lambda: self._instances_of_all(alternatives[:MAX_VALUES], place),
        )

    def _instances_of_all(self, alternatives: Alternatives, place: ExpressionScope) -> list[Value]:
        """What a value of one of these types is: a guess where one is of another project, as it may be of that."""
        found: list[Value] = []
        is_of_others = False
        for expression in alternatives:
            values = self._instances_of_one(expression, place)
            is_of_others = is_of_others or (not values and expression.last_name not in _NOTHING)
            found.extend(values)
        return [value._replace(is_guess=True) for value in found] if is_of_others else found

    def _instances_of_one(self, expression: TypeExpression, place: ExpressionScope) -> tuple[Value, ...]:
        if expression.is_guess:
            likely = self._instances_of_one(replace(expression, is_guess=False), place)
            return tuple(value._replace(is_guess=True) for value in likely)
        if expression.written_in:
            place, expression = ExpressionScope(expression.written_in), replace(expression, written_in="")
        elif known := self._type_arguments(place):
            if expression.name in known:
                return self._instances(known[expression.name], ExpressionScope(place.path))
            expression = TypeExpression(
                expression.name, tuple(substituted(each, known) for each in expression.arguments)
            )
        rules, name = self._rules(place.path), expression.last_name
        if not name or name in rules.ignored:
            return ()
        if name in rules.own_type:
            return self.own_class(place, "instance")
        definitions = self._dotted(expression.name, place)
        found: list[Value] = []
        for definition in definitions:
            symbol = definition.symbol
            if symbol is None:
                continue
            if symbol.has_members:
                found.append(Value("instance", definition, "", expression.arguments, place.path))
            elif symbol.type:
                given = _arguments_of(definition, expression.arguments, place.path)
                aliased = substituted(parse_type(symbol.type), given)
                found.extend(self._instances(aliased, ExpressionScope(definition.path, symbol.container)))
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
            inside = expression.arguments[-1 if name in rules.last_argument else 0] if expression.arguments else ()
            values = self._instances(inside, place)
            return tuple(each._replace(is_held=True) for each in values) if name in rules.pointer_types else values
        if name in rules.value_of and expression.arguments and expression.arguments[0]:
            return self.evaluate(expression.arguments[0][0].name, ExpressionScope(place.path))
        if name in rules.element_of and expression.arguments:
            held = self._instances(expression.arguments[0], place)
            return tuple(each for one in held for each in self.element(one))
        if name in rules.result_of and expression.arguments:
            functions = self._instances(expression.arguments[0], place)
            return tuple(result for function in functions for result in self.called(function))
        if name in rules.class_of and expression.arguments:
            instances = self._instances(expression.arguments[0], place)
            return tuple(
                Value("class", each.definition, each.name, each.arguments, each.written_in) for each in instances
            )
        if name == FUNCTION_TYPE:
            return (Value("function", Definition("", None), name, expression.arguments, place.path),)
        if name in rules.elements or name in rules.function_types:
            owner = place.owner.definition if place.owner is not None else Definition("", None)
            arguments = _own_named(expression, rules.own_type, place.container, owner).arguments
            return (Value("container", Definition("", None), name, arguments, place.path),)
        if expression.arguments:  # a generic of another project; most of them wrap their first argument
            return tuple(value._replace(is_guess=True) for value in self._instances(expression.arguments[0], place))
        return ()

    def arguments_of(self, value: Value) -> Mapping[str, Alternatives]:
        """What the type parameters of a value's class stand for in that value; their bounds where it does not say."""
        return _arguments_of(value.definition, value.arguments, value.written_in, is_outside=True)

    def _type_arguments(self, place: ExpressionScope) -> Mapping[str, Alternatives]:
        """What the type parameters that are visible at a place stand for there."""
        found: dict[str, Alternatives] = {}
        for definition in self._generic_around(place.path, place.container) if place.container else ():
            held = self._holder(definition, place.owner) if place.owner is not None else None
            found.update(self.arguments_of(held) if held is not None else _arguments_of(definition, (), ""))
        return found

    def _generic_around(self, path: str, container: str) -> tuple[Definition, ...]:
        """The generic classes around a place, outermost first."""
        key = (path, container)
        if key not in self._known_generic:
            outer = container.rpartition(".")[0]
            around = self._generic_around(path, outer) if outer else ()
            own = (value.definition for value in self.own_class(ExpressionScope(path, container), "class"))
            generic = tuple(each for each in own if each.symbol is not None and each.symbol.type_parameters)
            self._known_generic[key] = (*around, *generic)
        return self._known_generic[key]

    def _holder(self, definition: Definition, owner: Value) -> Value | None:
        """The class `definition` with the arguments that it has as a base class of `owner`, or as that itself."""
        if owner.definition == definition:
            return owner
        return next((each for each in self.lineage(owner) if each.definition == definition), None)

    def base(self, expression: TypeExpression, place: ExpressionScope) -> tuple[Value, ...]:
        """The class that a base names; arguments of generics of other projects (Generic[T]) are no bases."""
        if self._dotted(expression.name, place):
            return self._instances_of_one(expression, place)
        return ()

    def _dotted(self, name: str, place: ExpressionScope) -> tuple[Definition, ...]:
        first, *rest = name.split(".")
        if rest and first in self._rules(place.path).own_type:  # an associated type: `Self::Item`
            found = tuple(value.definition for value in self.own_class(place, "class"))
        else:
            found = self._nested(first, place) or self.names.top_level(place.path, first)
        if rest and not found:
            found, used = self.names.qualified(place.path, (first, *rest))
            rest = rest[used - 1 :] if found else rest
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


def _arguments_of(
    definition: Definition, given: tuple[Alternatives, ...], written_in: str, is_outside: bool = False
) -> Mapping[str, Alternatives]:
    """The arguments of a generic class or alias by the names of its parameters.

    Inside of the class nothing but the bound is known of a parameter; from outside (`is_outside`) the bound is a guess.
    """
    symbol = definition.symbol
    if symbol is None or not symbol.type_parameters:
        return {}
    found: dict[str, Alternatives] = {}
    for position, (name, bound) in enumerate(symbol.type_parameters):
        if position < len(given) and (argument := given[position]) and argument[0].name not in (name, *_ANYTHING):
            found[name] = looked_up_in(argument, written_in)
        else:
            bounds = looked_up_in(parse_type(bound), definition.path)
            found[name] = as_guesses(bounds) if is_outside else bounds
    return found


def _own_named(
    expression: TypeExpression, own_type: frozenset[str], container: str, owner: Definition
) -> TypeExpression:
    """The type with the name of the class in place of `Self`, for those who see it from outside of the class; where it
    is known, that is the class of the object (`owner`), whose base class this may be."""
    if not container or not own_type or expression.written_in:
        return expression
    first, dot, rest = expression.name.partition(".")
    if first in own_type and owner.symbol is not None and rest:
        return replace(expression, name=f"{owner.symbol.qualified}{dot}{rest}", written_in=owner.path)
    if first in own_type:
        return replace(expression, name=f"{container}{dot}{rest}")
    arguments = tuple(
        tuple(_own_named(each, own_type, container, owner) for each in argument) for argument in expression.arguments
    )
    return replace(expression, arguments=arguments)
