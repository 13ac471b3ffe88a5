"""Types as records write them (`list[Money] | None`), parsed. Pure, the same for all languages."""

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[A-Za-z_$][\w.$]*|\.\.\.|[\[\],|()]")
MAX_DEPTH = 8  # deeper nesting is a data format, not a type that somebody takes members of


@dataclass(frozen=True, slots=True)
class TypeExpression:
    """A type by its dotted name, with its arguments; each argument is a tuple of alternatives."""

    name: str
    arguments: tuple[tuple["TypeExpression", ...], ...] = ()

    @property
    def last_name(self) -> str:
        """The name without what qualifies it."""
        return self.name.rpartition(".")[2]


@lru_cache(maxsize=20_000)  # a project's distinct annotations, a few MB
def parse_type(text: str) -> tuple[TypeExpression, ...]:
    """The alternatives of a type; empty for what is not one."""
    tokens = _TOKEN.findall(text)
    alternatives, _ = _union(tokens, 0, 0)
    return alternatives


def _union(tokens: list[str], position: int, depth: int) -> tuple[tuple[TypeExpression, ...], int]:
    found: list[TypeExpression] = []
    while position < len(tokens):
        token = tokens[position]
        if token == "[":  # the parameter list of a Callable
            _, position = _arguments(tokens, position, depth + 1)
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
                found.append(TypeExpression(token, arguments))
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
