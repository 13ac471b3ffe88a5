"""Java's types in the notation of `index/record.py`: `Map<String, Money[]>` is `Map[String, Array[Money]]`."""

import re
from collections.abc import Mapping

MAX_TYPE_CHARS = 200

_ANNOTATION = re.compile(r"@[\w.]+(?:\([^()]*\))?\s*")
_WILDCARD = re.compile(r"\?\s*(?:extends\s+|super\s+)?")
_DOT = re.compile(r"\s*\.\s*(?=\w)")
_SIMPLE_ARRAY = re.compile(r"([\w.]+)\s*\[\s*\]")
_ARRAY = re.compile(r"\[\s*\]\Z")
_PLAIN = re.compile(r"\w+\Z")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_SPACE = re.compile(r"\s+")


def type_text(source: str, variables: Mapping[str, str] | None = None) -> str:
    """A type in type notation, its type `variables` replaced by their bounds; "" if it is too long to be of use."""
    if not _PLAIN.match(source):
        source = _converted(source)
    if variables:
        source = _WORD.sub(lambda match: variables.get(match[0], match[0]), source)
    return source if len(source) <= MAX_TYPE_CHARS else ""


def _converted(source: str) -> str:
    source = _SPACE.sub(" ", _ANNOTATION.sub("", source)).strip().replace("...", "[]")
    source = _DOT.sub(".", source)
    source = _WILDCARD.sub(lambda match: "" if len(match[0].strip()) > 1 else "Object", source)
    for _ in range(3):  # arrays of arrays of arrays; more dimensions are of no use here
        source = _SIMPLE_ARRAY.sub(r"Array<\1>", source)
        if _ARRAY.search(source):
            source = f"Array<{_ARRAY.sub('', source).strip()}>"
    return source.replace("<", "[").replace(">", "]").replace("&", "|").replace("[]", "")
