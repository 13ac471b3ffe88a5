"""Types with arguments in angle brackets, and arrays behind their elements, in type notation (`records/record.py`)."""

import re
from collections.abc import Callable, Mapping

MAX_TYPE_CHARS = 200
MAX_ARRAYS = 3  # arrays of arrays of arrays; more dimensions are of no use here

_SIMPLE_ARRAY = re.compile(r"([\w.]+)\s*\[[\s,]*\]")
_ARRAY = re.compile(r"\[[\s,]*\]\Z")
_PLAIN = re.compile(r"\w+\Z")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def in_notation(source: str, variables: Mapping[str, str] | None, converted: Callable[[str], str]) -> str:
    """A type in type notation, its type `variables` replaced by their bounds; "" if it is too long to be of use.

    `converted` does the rest for types that are more than a name.
    """
    if not _PLAIN.match(source):
        source = converted(source)
    if variables:
        source = _WORD.sub(lambda match: variables.get(match[0], match[0]), source)
    return source if len(source) <= MAX_TYPE_CHARS else ""


def in_brackets(source: str) -> str:
    """`Map<Key, Value[]>` as `Map[Key, Array[Value]]`."""
    for _ in range(MAX_ARRAYS if "[" in source else 0):
        source = _SIMPLE_ARRAY.sub(r"Array<\1>", source)
        if _ARRAY.search(source):
            source = f"Array<{_ARRAY.sub('', source).strip()}>"
    return source.replace("<", "[").replace(">", "]").replace("[]", "")
