"""Java's types in the notation of `records/record.py`: `Map<String, Money[]>` is `Map[String, Array[Money]]`."""

import re
from collections.abc import Mapping

from dovetail_context.languages.braces.types import in_brackets, in_notation

_ANNOTATION = re.compile(r"@[\w.]+(?:\([^()]*\))?\s*")
_WILDCARD = re.compile(r"\?\s*(?:extends\s+|super\s+)?")
_DOT = re.compile(r"\s*\.\s*(?=\w)")
_SPACE = re.compile(r"\s+")


def type_text(source: str, variables: Mapping[str, str] | None = None) -> str:
    """A type in type notation, its type `variables` replaced by their bounds; "" if it is too long to be of use."""
    return in_notation(source, variables, _converted)


def _converted(source: str) -> str:
    source = _SPACE.sub(" ", _ANNOTATION.sub("", source)).strip().replace("...", "[]")
    source = _DOT.sub(".", source)
    source = _WILDCARD.sub(lambda match: "" if len(match[0].strip()) > 1 else "Object", source)
    return in_brackets(source).replace("&", "|")
