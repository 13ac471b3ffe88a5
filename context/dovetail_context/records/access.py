"""Split and join access paths as text (`record.py` defines the notation). Pure."""

import re

_NAME = re.compile(r"(?:[^\W\d]|\$)[\w$]*")
_TYPE_NAME = re.compile(r"(?<![\w$.?])[A-Za-z_$][\w$.]*")


def as_guess(type_: str) -> str:
    """The type with each name in it marked as one that only bounds the real type."""
    return _TYPE_NAME.sub(r"?\g<0>", type_)


def alternatives(path: str) -> list[str]:
    """The parts of `a|b`; a bar inside `<...>` belongs to the type."""
    if "|" not in path:
        return [path] if path else []
    parts, depth, start = [], 0, 0
    for position, character in enumerate(path):
        depth += (character == "<") - (character == ">")
        if character == "|" and not depth:
            parts.append(path[start:position])
            start = position + 1
    return [part for part in (*parts, path[start:]) if part]


def base_name(path: str) -> str:
    """The name that a path of one alternative starts with, "" if it starts with a type."""
    found = _NAME.match(path)
    return found[0] if found else ""


def put_in(path: str, name: str, bound: str) -> str:
    """`path` with `bound` in place of `name` at the start of each alternative; unknown alternatives go."""
    found = []
    for part in alternatives(path):
        if base_name(part) != name:
            found.append(part)
        else:
            found.extend(each + part[len(name) :] for each in alternatives(bound))
    return "|".join(dict.fromkeys(found))
