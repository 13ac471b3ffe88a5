"""Types as records write them (`list[Money] | None`), parsed. Pure, the same for all languages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

_TOKEN = re.compile(r"\??[A-Za-z_$][\w.$]*|\.\.\.|[\[\],|()]")
MAX_DEPTH = 8  # deeper nesting is a data format, not a type that somebody takes members of


@dataclass(frozen=True, slots=True)
class TypeExpression:
    """A type by its dotted name, with its arguments; each argument is a tuple of alternatives.

    The parameter list of a function type has the name "" and the types of the parameters as its arguments. `written_in`
    is the file in whose scope the name is looked up, "" for the file of the type around it. `is_guess` is whether the
    type is only the bound of a type parameter whose argument nothing shows.
    """

    name: str
    arguments: tuple[tuple["TypeExpression", ...], ...] = ()
    written_in: str = ""
    is_guess: bool = False

    @property
    def last_name(self) -> str:
        """The name without what qualifies it."""
        return self.name.rpartition(".")[2]


Alternatives = tuple[TypeExpression, ...]


@lru_cache(maxsize=20_000)  # a project's distinct annotations, a few MB
def parse_type(text: str) -> tuple[TypeExpression, ...]:
    """The alternatives of a type; empty for what is not one."""
    tokens = _TOKEN.findall(text)
    alternatives, _ = _union(tokens, 0, 0)
    return alternatives


def substituted(alternatives: Alternatives, arguments: Mapping[str, Alternatives]) -> Alternatives:
    """The type with the names of type parameters replaced by what they stand for."""
    if not arguments:
        return alternatives
    return tuple(each for one in alternatives for each in _substituted(one, arguments))


def as_guesses(alternatives: Alternatives) -> Alternatives:
    """The type as one that is only the bound of a type parameter."""
    return tuple(replace(one, is_guess=True) for one in alternatives)


def looked_up_in(alternatives: Alternatives, path: str) -> Alternatives:
    """The type as one whose names are looked up in the file `path`, wherever it is put."""
    return tuple(one if one.written_in else replace(one, written_in=path) for one in alternatives)


def names_in(alternatives: Alternatives) -> Iterator[str]:
    """All names in a type, those of its arguments too."""
    for one in alternatives:
        yield one.name
        for argument in one.arguments:
            yield from names_in(argument)


def _substituted(one: TypeExpression, arguments: Mapping[str, Alternatives]) -> Alternatives:
    if one.written_in:
        return (one,)
    if one.name in arguments:
        return as_guesses(arguments[one.name]) if one.is_guess else arguments[one.name]
    if not one.arguments:
        return (one,)
    return (replace(one, arguments=tuple(substituted(each, arguments) for each in one.arguments)),)


def _union(tokens: list[str], position: int, depth: int) -> tuple[tuple[TypeExpression, ...], int]:
    found: list[TypeExpression] = []
    while position < len(tokens):
        token = tokens[position]
        if token == "[":  # the parameter list of a function type
            listed, position = _arguments(tokens, position, depth + 1)
            found.append(TypeExpression("", listed))
        elif token == "(":
            inner, position = _union(tokens, position + 1, depth + 1)
            found.extend(inner)
            position += 1
        elif token in ("]", ")", ","):
            break
        elif token == "|":
            position += 1
        else:
            arguments: tuple[tuple[TypeExpression, ...], ...] = ()
            position += 1
            if position < len(tokens) and tokens[position] == "[":
                arguments, position = _arguments(tokens, position, depth + 1)
            if token.rpartition(".")[2] == "Union":
                found.extend(alternative for argument in arguments for alternative in argument)
            else:
                found.append(TypeExpression(token.lstrip("?"), arguments, is_guess=token.startswith("?")))
    return tuple(found), position


def _arguments(tokens: list[str], position: int, depth: int) -> tuple[tuple[tuple[TypeExpression, ...], ...], int]:
    """The arguments between the bracket at `position` and its partner, and the place behind that."""
    found: list[tuple[TypeExpression, ...]] = []
    position += 1
    while position < len(tokens) and tokens[position] != "]":
        if tokens[position] in (",", ")"):
            position += 1
            continue
        if depth > MAX_DEPTH:
            position += 1
            continue
        argument, position = _union(tokens, position, depth)
        found.append(argument)
    return tuple(found), position + 1
