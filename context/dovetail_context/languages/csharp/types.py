"""C#'s types in the notation of `index/record.py`.

`Dictionary<string, Money[]>?` is `Dictionary[string, Array[Money]]`.
"""

import re
from collections.abc import Mapping

MAX_TYPE_CHARS = 200

_SIMPLE_ARRAY = re.compile(r"([\w.]+)\s*\[[\s,]*\]")
_ARRAY = re.compile(r"\[[\s,]*\]\Z")
_QUALIFIED = re.compile(r"\bglobal::")
_PLAIN = re.compile(r"\w+\Z")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_MODIFIER = re.compile(r"\b(?:ref|readonly|scoped|in|out|params)\s+")
_TUPLE_NAME = re.compile(r"([\w\]>?])\s+[A-Za-z_]\w*(?=\s*[,)])")
_SPACE = re.compile(r"\s+")


def type_text(source: str, variables: Mapping[str, str] | None = None) -> str:
    """A type in type notation, its type `variables` replaced by their bounds; "" if it is too long to be of use."""
    if not _PLAIN.match(source):
        source = _converted(source)
    if variables:
        source = _WORD.sub(lambda match: variables.get(match[0], match[0]), source)
    return source if len(source) <= MAX_TYPE_CHARS else ""


def _converted(source: str) -> str:
    source = _SPACE.sub(" ", _MODIFIER.sub("", _QUALIFIED.sub("", source))).strip().replace("?", "")
    for _ in range(3 if "[" in source else 0):  # arrays of arrays of arrays; more dimensions are of no use here
        source = _SIMPLE_ARRAY.sub(r"Array<\1>", source)
        if _ARRAY.search(source):
            source = f"Array<{_ARRAY.sub('', source).strip()}>"
    source = source.replace("<", "[").replace(">", "]").replace("[]", "")
    if source.startswith("(") and source.endswith(")"):
        types = _TUPLE_NAME.sub(r"\1", source)[1:-1]
        return f"tuple[{types}]"
    return source
