"""Light type inference: what an access path (see `records/record.py`) leads to. The same for all languages.

It follows annotations, constructor calls, assignments, return types, fields of `self`, elements of containers and base
classes. It never fails: if it cannot infer a value, the answer is empty. Each of its three layers builds on the one
before: classes and their members (`classes.py`), types as written (`declared.py`), expressions (here).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.meaning.declared import FUNCTION_TYPE
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.parameters import RECEIVER, Parameters
from dovetail_context.meaning.questions import MAX_VALUES
from dovetail_context.meaning.types import names_in, parse_type
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.records.access import alternatives, base_name
from dovetail_context.records.record import SHAPE

_BASE = re.compile(r"<(?P<type>[^<>]*)>|(?P<name>[A-Za-z_$][\w$]*)")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_MEMBER = re.compile(r"[A-Za-z_$][\w$]*\.[A-Za-z_$][\w$]*")
_ASYNCHRONOUS = re.compile(r"^[^(\n]*\basync\b", re.MULTILINE)
_INDEXED = re.compile(r"\[\d+\]")
_STEP = re.compile(
    r"\.(?P<member>[A-Za-z_$][\w$]*)|(?P<call>\(\))|\[(?P<index>\d*)\]|(?P<awaited>~)|\{(?P<parameter>\w+)\}"
    r"|@(?P<passed>\w*)|\*(?P<gathered>\w+)"
)


class Inference(Parameters):
    """Evaluates access paths in one snapshot."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        super().__init__(snapshot)
        self._bindings: dict[int, Mapping[str, str]] = {}  # held, so that no other ones get the same id

    @property
    def held_records(self) -> int:
        """How many files' records this holds; one may be kept from question to question until they are too many."""
        return self.names.held_records

    def evaluate(self, access: str, place: ExpressionScope) -> tuple[Value, ...]:
        """What `access` leads to at `place`; several where it may be one of several, empty where unknown."""
        if place.bindings:
            self._bindings[id(place.bindings)] = place.bindings
        return self._questions.once(
            (access, *self._key(place), id(place.bindings) if place.bindings else 0),
            lambda: self._evaluate_each(alternatives(access), place),
        )

    def _evaluate_each(self, paths: Sequence[str], place: ExpressionScope) -> Iterator[Value]:
        """The values of several paths; guesses, if something else is possible that nobody knows."""
        found = [self._evaluate_one(path, place) for path in paths]
        known = all(values or path.startswith("<") for path, values in zip(paths, found, strict=True))
        for values in found:
            yield from values if known else _guessed(values)

    def result(self, definition: Definition, owner: Value | None = None) -> tuple[Value, ...]:
        """What a definition gives when it is used: what a callable returns, what a variable holds."""
        symbol = definition.symbol
        if symbol is not None and symbol.kind in ("function", "method", "property"):
            return self._returned(definition, owner)
        return self.of_symbol(definition, owner)

    def of_symbol(self, definition: Definition, owner: Value | None = None) -> tuple[Value, ...]:
        """Return what the name of a definition means in an expression."""
        symbol = definition.symbol
        if symbol is None:
            return (Value("module", definition),)
        if symbol.kind == "class":
            return (Value("class", definition),)
        if symbol.kind in ("function", "method"):
            return (Value("function", definition, owner=owner),)
        if symbol.value == SHAPE:
            return (Value("instance", definition),)
        place = ExpressionScope(definition.path, symbol.container, owner=owner)
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

    def _evaluate_one(self, access: str, place: ExpressionScope) -> tuple[Value, ...]:
        base = _BASE.match(access)
        if base is None:
            return ()
        declared, name, position = base["type"], base["name"], base.end()
        member = _MEMBER.match(access) if place.bindings else None
        if member is not None and member[0] in place.bindings:
            name, position = member[0], member.end()
        values = self._name(name, place) if declared is None else self.instances(declared, place)
        if not values and declared is None and name not in place.bindings:
            dotted = _DOTTED.match(access)
            found, used = self.names.qualified(place.path, dotted[0].split(".") if dotted is not None else ())
            values = tuple(value for definition in found for value in self.of_symbol(definition))
            position = len(".".join(access.split(".")[:used])) if found else position
        while position < len(access) and values:
            step = _STEP.match(access, position)
            if step is None:
                return ()
            position = step.end()
            values = tuple(dict.fromkeys(after for value in values for after in self._step(value, step, place)))[
                :MAX_VALUES
            ]
        if not values and name in self._rules(place.path).global_objects and access.startswith(f"{name}."):
            return self._evaluate_one(access[len(name) + 1 :], place)
        return values

    def _name(self, name: str, place: ExpressionScope) -> tuple[Value, ...]:
        if name in place.bindings:
            bound = place.bindings[name]
            if base_name(bound) == name or name == RECEIVER:  # it speaks of what names mean outside of the function
                place = ExpressionScope(place.path, place.container, owner=place.owner)
            return self.evaluate(bound, place) if bound else ()
        rules = self._rules(place.path)
        if name in rules.receivers and place.container:
            return self.own_class(place, "class" if name == "cls" else "instance")
        if name == "super" and place.container:
            return tuple(
                Value("function", Definition("", None), "super", owner=value)
                for value in self.own_class(place, "instance")
            )
        is_inside = place.container or RECEIVER in place.bindings
        if rules.implicit_members and is_inside and (found := self._implicit(name, place)) is not None:
            return found
        definitions = self.names.top_level(place.path, name)
        if not definitions and name in rules.global_objects:
            return self.instances(rules.global_objects[name], place)
        return tuple(value for definition in definitions for value in self.of_symbol(definition))

    def _implicit(self, name: str, place: ExpressionScope) -> tuple[Value, ...] | None:
        """A member of the class around the place or of the classes around that, named without a receiver; None if they
        have none of that name. The objects of the blocks around the place come first."""
        for receiver in self._name(RECEIVER, place) if RECEIVER in place.bindings else ():
            if found := self._member_value(receiver, name):
                return found
        if place.owner is not None and (found := self._member_value(place.owner, name)):
            return found
        container, is_hidden = place.container, False
        while container:
            for value in self.own_class(ExpressionScope(place.path, container), "instance"):
                if found := self._member_value(value, name):
                    return found
                is_hidden = is_hidden or any(
                    definition.symbol is not None and definition.symbol.kind in ("field", "property")
                    for definition in self.member(value, name)
                )
            container = container.rpartition(".")[0]
        return () if is_hidden else None

    def _step(self, value: Value, step: re.Match[str], place: ExpressionScope) -> tuple[Value, ...]:
        found = self._step_of_one(value, step, place)
        return _guessed(found) if value.is_guess else found

    def _step_of_one(self, value: Value, step: re.Match[str], place: ExpressionScope) -> tuple[Value, ...]:
        if step["member"] is not None:
            return self._member_value(value, step["member"])
        if step["call"] is not None:
            return self._called(value)
        if step["awaited"] is not None:
            return (value._replace(is_held=False),)
        if step["gathered"] is not None:
            return (Value("container", Definition("", None), step["gathered"], (), place.path, value),)
        if step["passed"] is not None:
            return self._passed_on(value, step["passed"])
        if step["parameter"] is not None:
            return self._parameter(value, step["parameter"])
        is_taken_apart = not step["index"] and _INDEXED.match(step.string, step.end())
        if is_taken_apart and value.owner is None and value.name in self._rules(value.written_in).pairs:
            return (value._replace(name="tuple"),)
        return self._element(value, int(step["index"]) if step["index"] else None)

    def _member_value(self, value: Value, name: str) -> tuple[Value, ...]:
        if value.kind == "module":
            return tuple(
                each
                for definition in self.names.in_module(value.definition, name)
                for each in self.of_symbol(definition)
            )
        if value.kind == "container":
            rules = self._rules(value.written_in)
            if name in rules.contents:
                return self._element(value, None)
            if value.name in rules.guards and name not in rules.accessors:
                return tuple(each for held in self._element(value, None) for each in self._member_value(held, name))
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
        for begin in () if found else self._rules(value.definition.path).getters:
            getters = self.member(value, f"{begin}{name[:1].upper()}{name[1:]}")
            found.extend(each for getter in getters for each in self._returned(getter, owner))
        if not found and name in self._rules(value.definition.path).itself:
            return (value,)
        if not found and value.kind == "instance" and self._gives_itself(name, value):
            return (Value("function", Definition("", None), name, owner=value),)
        return tuple(found)

    def _gives_itself(self, name: str, value: Value) -> bool:
        """Whether a method that the class does not define is one that gives the object itself (`clone`)."""
        return name == "__enter__" or self._rules(value.definition.path).accessors.get(name) == ""

    def called(self, value: Value) -> tuple[Value, ...]:
        """What calling a value gives."""
        return self._called(value)

    def _called(self, value: Value) -> tuple[Value, ...]:
        if value.kind == "class":
            return (Value("instance", value.definition, value.name, value.arguments, value.written_in),)
        if value.kind == "function":
            if value.definition.symbol is not None:
                return self._returned(value.definition, value.owner)
            return self._built_in(value)
        if value.kind == "container":
            if value.owner is not None and value.name == FUNCTION_TYPE:
                return (value.owner,)
            return self._result_of_type(value)
        if value.kind == "instance" and value.definition.symbol is not None and value.definition.symbol.value == SHAPE:
            return (value,)  # a class that a function has made
        if value.kind == "instance":
            found = tuple(
                each for definition in self.member(value, "__call__") for each in self._returned(definition, value)
            )
            return found or tuple(each for base in self._function_bases(value) for each in self._called(base))
        return ()

    def through_guards(self, values: Iterable[Value]) -> tuple[Value, ...]:
        """The values, what a guard holds in place of the guard."""
        found: dict[Value, None] = {}
        for value in values:
            is_guard = value.kind == "container" and value.name in self._rules(value.written_in).guards
            found.update(dict.fromkeys(self._element(value, None) if is_guard else (value,)))
        return tuple(found)

    def element(self, value: Value) -> tuple[Value, ...]:
        """What a value holds that can be indexed or iterated over."""
        return self._element(value, None)

    def _result_of_type(self, value: Value) -> tuple[Value, ...]:
        """What a function of one of the language's own types returns, if its last argument says (`Func<Money>`)."""
        if self._rules(value.written_in).function_types.get(value.name, 0) >= 0 or not value.arguments:
            return ()
        return self._instances(value.arguments[-1], ExpressionScope(value.written_in))

    def _function_bases(self, value: Value) -> Iterator[Value]:
        """The function types with a name of their own that a value is of: `type Loader func(int) Job`."""
        for holder in self.lineage(value):
            symbol = holder.definition.symbol
            place = ExpressionScope(
                holder.definition.path, symbol.qualified if symbol is not None else "", owner=holder
            )
            for base in symbol.bases if symbol is not None else ():
                if base.startswith(f"{FUNCTION_TYPE}["):
                    yield from self.instances(base, place)

    def _passed_on(self, value: Value, mark: str) -> tuple[Value, ...]:
        """What a framework that calls a function passes on: its result, or the one value that it yields."""
        symbol = value.definition.symbol
        if value.kind == "class":
            return self._called(value)
        if value.kind != "function" or symbol is None:
            return ()
        if mark and not re.search(rf"^@(?:\w+\.)*\w*{mark}\b", symbol.signature, re.MULTILINE):
            return ()
        generators = self._rules(value.definition.path).generators
        return tuple(
            each
            for found in self._returned(value.definition, value.owner)
            for each in (self._element(found, None) if found.name in generators else (found,))
        )

    def _parameter(self, value: Value, which: str) -> tuple[Value, ...]:
        """What a callable declares a parameter to be, which is given by its place (`0`) or its name."""
        place = int(which) if which.isdecimal() else -1
        if value.kind == "container" or (value.kind == "function" and value.definition.symbol is None):
            return self._parameter_of_type(value, place, which)
        found = tuple(
            found
            for definition in self._called_through(value)
            for found in self._declared_parameter(definition, place, which, value)
        )
        if found or value.kind != "instance":
            return found
        return tuple(each for base in self._function_bases(value) for each in self._parameter_of_type(base, place))

    def _built_in(self, value: Value) -> tuple[Value, ...]:
        owner = value.owner
        if value.name == FUNCTION_TYPE and len(value.arguments) > 1:
            return self._instances(value.arguments[-1], ExpressionScope(value.written_in))
        if owner is None:
            return ()
        if owner.kind == "container" and (result := self._result_of_type(owner)):
            return result
        if owner.kind == "container":
            effect = self._rules(owner.written_in).accessors.get(value.name)
            return () if effect is None else (self._element(owner, None) if effect else (owner,))
        if value.name == "super":
            return tuple(self.lineage(owner))[1:2]
        return (owner._replace(is_held=False),)

    def _returned(self, definition: Definition, owner: Value | None) -> tuple[Value, ...]:
        symbol = definition.symbol
        if symbol is None:
            return ()
        if symbol.value == SHAPE:
            return (Value("instance", definition),)
        place = ExpressionScope(definition.path, symbol.container, owner=owner)
        if symbol.type:
            found = self.instances(symbol.type, place)
            return _guessed(found) if self._is_chosen(symbol.type, place) else found
        found = self.evaluate(symbol.value, place) if symbol.value else ()
        is_promise = self._rules(place.path).pointer_types and _ASYNCHRONOUS.search(symbol.signature)
        return tuple(each._replace(is_held=True) for each in found) if is_promise else found

    def _is_chosen(self, type_: str, place: ExpressionScope) -> bool:
        """Whether the caller chooses a type: it is that of a variable that stands for types, which may have a bound."""
        made = self._rules(place.path).type_variables
        return bool(made) and any(
            definition.symbol is not None and re.search(made, definition.symbol.signature) is not None
            for each in names_in(parse_type(type_))
            if "." not in each
            for definition in self.names.top_level(place.path, each)
        )

    def _element(self, value: Value, index: int | None) -> tuple[Value, ...]:
        if value.kind == "container":
            if value.owner is not None:
                return (value.owner,)
            rules = self._rules(value.written_in)
            position = rules.elements.get(value.name, 0)
            if index is not None and value.name in ("tuple", "Tuple"):
                position = index if index < len(value.arguments) else 0
            if value.arguments and position < len(value.arguments):
                return self._instances(value.arguments[position], ExpressionScope(value.written_in))
            return ()
        if value.kind == "class":
            return (value,)
        rules = self._rules(value.definition.path)
        for name in (*rules.element_members, *rules.iterator_members):
            for definition in self.member(value, name):
                found = self._returned(definition, value)
                if name in rules.element_members:
                    return found
                return tuple(
                    each for one in found for each in (self._element(one, None) if one.kind == "container" else (one,))
                )
        symbol = value.definition.symbol
        is_shape = symbol is not None and symbol.value == SHAPE
        if rules.pointers and (is_shape or self.is_closed(value)):
            return (value,)
        if index is not None and symbol is not None and index < len(symbol.parameters):  # a tuple with a name
            return self._declared_parameter(value.definition, index, "", value)
        if index is not None and self._has_ordered_fields(value):
            fields = [
                each for each, _ in self.members(value) if each.symbol is not None and each.symbol.kind == "field"
            ]
            return self.of_symbol(fields[index], value) if index < len(fields) else ()
        return tuple(each for base in self._container_bases(value) for each in self._element(base, index))

    def _has_ordered_fields(self, value: Value) -> bool:
        symbol, pattern = value.definition.symbol, self._rules(value.definition.path).ordered_fields
        return symbol is not None and bool(pattern) and re.search(pattern, symbol.signature, re.MULTILINE) is not None


def _guessed(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values as guesses: what is reached through a guess is one itself."""
    return tuple(value._replace(is_guess=True) for value in values)
