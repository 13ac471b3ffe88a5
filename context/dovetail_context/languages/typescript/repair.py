"""Half-typed TypeScript made to parse: the statement being typed would else swallow the definitions around it."""

import re

from dovetail_context.languages.braces.scan import statement_end
from dovetail_context.languages.typescript.lexical import SYNTAX, mask, statement_start

_DEFINES = re.compile(
    r"(?:export\s+|default\s+|declare\s+|abstract\s+|async\s+)*(?:import|class|interface|enum|namespace|function)\b"
    r"|export\s*[{*]"
)
_NOT_LINE_END = re.compile(r"[^\n]")


def repaired(text: str, offset: int) -> str:
    """`text` with the statement around `offset` blanked: nothing is a statement, too."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text)
    start = statement_start(masked, offset)
    end = statement_end(masked, start, offset, SYNTAX)
    if _DEFINES.match(masked, start, max(end, offset)):
        return text
    return text[:start] + _NOT_LINE_END.sub(" ", text[start:end]) + text[end:]
