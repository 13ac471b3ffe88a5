"""`Value`, a possible value of an expression, and `ExpressionScope`, the scope of an expression."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.types import TypeExpression


class Value(NamedTuple):
    """What an expression may be.

    `instance` and `class` speak of the class `definition`; `function` of a callable; `module` of a module;
    `container` is an instance of a generic type outside the project (list, dict) called `name`. `arguments` are type
    arguments as written in the file `written_in`; `owner` is the class through which a function was reached, and of a
    container without arguments its element.
    `is_guess` is whether it is what a generic type of another project most likely wraps, or one of several possible
    values of which another is unknown. `is_held` is whether an object with members of its own holds it (a smart
    pointer).
    """

    kind: Literal["instance", "class", "function", "module", "container"]
    definition: Definition
    name: str = ""
    arguments: tuple[tuple[TypeExpression, ...], ...] = ()
    written_in: str = ""
    owner: "Value | None" = None
    is_guess: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class ExpressionScope:
    """The scope of an expression: its file, the class around it and the local names it sees."""

    path: str
    container: str = ""
    bindings: Mapping[str, str] = field(default_factory=dict)
    owner: Value | None = None
