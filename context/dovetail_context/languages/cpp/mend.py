"""Half-typed C and C++ made to parse: otherwise the statement being typed would swallow the code around it."""

import re

from dovetail_context.languages.braces import mask, statement_end, statement_start
from dovetail_context.languages.cpp.lexical import SYNTAX

_DEFINES = re.compile(r"\s*(?:#|(?:class|struct|union|enum|namespace|template|using|typedef)\b)")


def mended(text: str, offset: int) -> str:
    """`text` without the statement around `offset`; a block that hangs on it stays."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    start = statement_start(masked, offset, SYNTAX)
    if _DEFINES.match(masked, start):
        return text
    end = statement_end(masked, start, offset, SYNTAX)
    return text[:start] + "\n" * text.count("\n", start, end) + text[end:]
