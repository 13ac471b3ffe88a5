"""Half-typed Java made to parse: the statement being typed would else swallow the declarations around it."""

import re

from dovetail_context.languages.braces import mask, statement_end, statement_start, whole_start
from dovetail_context.languages.java.lexical import SYNTAX

_DEFINES = re.compile(r"(?:import|package)\b|[^;{}=()]*\b(?:class|interface|enum|record)\s+\w")
_NOT_LINE_END = re.compile(r"[^\n]")


def mended(text: str, offset: int) -> str:
    """`text` with the statement around `offset` replaced by `;`, or by nothing where a block hangs on it."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    start = statement_start(masked, offset, SYNTAX)
    end = statement_end(masked, start, offset, SYNTAX)
    start = whole_start(masked, start, SYNTAX)
    if _DEFINES.match(masked, start, max(end, offset)):
        return text
    blank = _NOT_LINE_END.sub(" ", text[start:end])
    filler = blank if masked[end : end + 1] == "{" else ";" + blank[1:] if blank[:1] != "\n" else ";" + blank
    return text[:start] + filler + text[end:]
