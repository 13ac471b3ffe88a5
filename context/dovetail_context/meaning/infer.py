"""Light type inference: what an access path (see `index/record.py`) leads to. The same for all languages.

It follows annotations, constructor calls, assignments, return types, fields of `self`, elements of containers and base
classes. It never fails: if it cannot infer a value, the answer is empty. Each of its three layers builds on the one
before: classes and their members (`classes.py`), types as written (`declared.py`), expressions (here).
"""

import re
from collections.abc import Mapping

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.meaning.declared import DeclaredTypes
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.questions import MAX_VALUES
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.records.access import alternatives

_BASES = 40  # classes looked through for a member

_BASE = re.compile(r"<(?P<type>[^<>]*)>|(?P<name>[A-Za-z_$][\w$]*)")
_MEMBER = re.compile(r"[A-Za-z_$][\w$]*\.[A-Za-z_$][\w$]*")
_STEP = re.compile(r"\.(?P<member>[A-Za-z_$][\w$]*)|(?P<call>\(\))|\[(?P<index>\d*)\]|(?P<awaited>~)")


class Inference(DeclaredTypes):
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
            lambda: (value for alternative in alternatives(access) for value in self._evaluate_one(alternative, place)),
        )

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
        while position < len(access) and values:
            step = _STEP.match(access, position)
            if step is None:
                return ()
            position = step.end()
            values = tuple(dict.fromkeys(after for value in values for after in self._step(value, step, place)))[
                :MAX_VALUES
            ]
        return values

    def _name(self, name: str, place: ExpressionScope) -> tuple[Value, ...]:
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

    def _implicit(self, name: str, place: ExpressionScope) -> tuple[Value, ...]:
        """A member of the class around the place or of the classes around that, named without a receiver."""
        if place.owner is not None and (found := self._member_value(place.owner, name)):
            return found
        container = place.container
        while container:
            for value in self.own_class(ExpressionScope(place.path, container), "instance"):
                if found := self._member_value(value, name):
                    return found
            container = container.rpartition(".")[0]
        return ()

    def _step(self, value: Value, step: re.Match[str], place: ExpressionScope) -> tuple[Value, ...]:
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
        place = ExpressionScope(definition.path, symbol.container, owner=owner)
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
                return self._instances(value.arguments[position], ExpressionScope(value.written_in))
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
