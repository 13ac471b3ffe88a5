"""The parameters of callables and of function types. The same for all languages."""

import re

from dovetail_context.meaning.declared import FUNCTION_TYPE, DeclaredTypes
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.records.record import Symbol

RECEIVER = "self"  # a parameter of a function type, and the name of its value inside the function
LAST = "_"  # the last parameter, which a block behind the call is given for


class Parameters(DeclaredTypes):
    """What callables take, in one snapshot."""

    def _called_through(self, value: Value) -> tuple[Definition, ...]:
        """The definitions with the parameters that a call of a value must give."""
        if value.kind == "function":
            return (value.definition,)
        if value.kind == "class":
            return self.constructors(value) or (value.definition,)
        return self.member(value, "__call__") or self._only_method(value)

    def _only_method(self, value: Value) -> tuple[Definition, ...]:
        """The method of an interface that has a single one to implement, for which a function may be given."""
        symbol, rules = value.definition.symbol, self._rules(value.definition.path)
        if symbol is None or not rules.functional or not re.search(rules.functional, symbol.signature):
            return ()
        methods = [
            definition
            for definition, _ in self.members(value)
            if definition.symbol is not None
            and definition.symbol.kind == "method"
            and not definition.symbol.static
            and not definition.symbol.signature.startswith("default ")
        ]
        return tuple(methods) if len(methods) == 1 else ()

    def _declared_parameter(self, definition: Definition, place: int, name: str, value: Value) -> tuple[Value, ...]:
        symbol = definition.symbol
        if symbol is None:
            return ()
        named = symbol.parameters
        owner = value.owner if value.kind == "function" else value
        rules = self._rules(definition.path)
        if (
            place >= 0
            and named
            and (named[0][0] in rules.receivers or (value.owner is not None and _extends(symbol, rules.extension_mark)))
        ):
            place += 1
        if name == LAST:
            place = len(named) - 1
        types = [type_ for position, (each, type_) in enumerate(named) if position == place or each == name]
        scope = ExpressionScope(definition.path, symbol.container, owner=owner)
        return tuple(found for type_ in types if type_ for found in self.instances(type_, scope))

    def _parameter_of_type(self, value: Value, place: int, name: str = "") -> tuple[Value, ...]:
        """A parameter of a function type: of one written out, or of one of the language's own (`Consumer<Money>`). The
        one that is named `RECEIVER` is the object whose members the function reaches without naming it."""
        types = value.arguments
        if value.name == FUNCTION_TYPE:
            listed = types[0][0].arguments if types and types[0] and not types[0][0].name else ()
            if listed and listed[0] and listed[0][0].name == RECEIVER:
                if name == RECEIVER:
                    return self._instances(listed[0][0].arguments[0], ExpressionScope(value.written_in))
                listed = listed[1:]
        else:
            taken = self._rules(value.written_in).function_types.get(value.name)
            listed = () if taken is None else types[: len(types) + taken if taken < 0 else taken]
            place = min(place, len(listed) - 1)  # of those whose parameters are all of one type
        if not 0 <= place < len(listed):
            return ()
        return self._instances(listed[place], ExpressionScope(value.written_in))


def _extends(symbol: Symbol, mark: str) -> bool:
    """Whether a function is called like a member of its first parameter."""
    return bool(mark) and mark in symbol.signature
