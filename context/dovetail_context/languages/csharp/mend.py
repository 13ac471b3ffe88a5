"""Half-typed C# made to parse: the statement being typed would else swallow the declarations around it."""

import re

from dovetail_context.languages.braces import mask, statement_end, statement_start, whole_start
from dovetail_context.languages.csharp.lexical import SYNTAX

_DEFINES = re.compile(
    r"(?:global\s+)?using\s+[\w.=\s]*;|namespace\b|[^;{}=()]*\b(?:class|interface|enum|struct|record)\s+\w"
)
_NOT_LINE_END = re.compile(r"[^\n]")


def mended(text: str, offset: int) -> str:
    """`text` with the statement around `offset` replaced by nothing; a block that hangs on it stays."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    start = statement_start(masked, offset, SYNTAX)
    end = statement_end(masked, start, offset, SYNTAX)
    start = whole_start(masked, start, SYNTAX)
    if _DEFINES.match(masked, start, max(end, offset)):
        return text
    return text[:start] + _NOT_LINE_END.sub(" ", text[start:end]) + text[end:]
