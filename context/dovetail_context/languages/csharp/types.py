"""C#'s types in the notation of `records/record.py`.

`Dictionary<string, Money[]>?` is `Dictionary[string, Array[Money]]`.
"""

import re
from collections.abc import Mapping

from dovetail_context.languages.braces.types import in_brackets, in_notation

_QUALIFIED = re.compile(r"\bglobal::")
_MODIFIER = re.compile(r"\b(?:ref|readonly|scoped|in|out|params)\s+")
_TUPLE_NAME = re.compile(r"([\w\]>?])\s+[A-Za-z_]\w*(?=\s*[,)])")
_SPACE = re.compile(r"\s+")


def type_text(source: str, variables: Mapping[str, str] | None = None) -> str:
    """A type in type notation, its type `variables` replaced by their bounds; "" if it is too long to be of use."""
    return in_notation(source, variables, _converted)


def _converted(source: str) -> str:
    source = _SPACE.sub(" ", _MODIFIER.sub("", _QUALIFIED.sub("", source))).strip().replace("?", "")
    source = in_brackets(source)
    if source.startswith("(") and source.endswith(")"):
        types = _TUPLE_NAME.sub(r"\1", source)[1:-1]
        return f"tuple[{types}]"
    return source
