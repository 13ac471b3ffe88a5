"""Half-typed Rust made to parse: otherwise the statement being typed would swallow the code around it."""

import re

from dovetail_context.languages.braces import mask, statement_end, statement_start
from dovetail_context.languages.rust.lexical import SYNTAX

_DEFINES = re.compile(r"\s*(?:pub\b|fn\b|use\b|mod\b|impl\b|struct\b|enum\b|trait\b|static\b|type\b|#\[)")


def mended(text: str, offset: int) -> str:
    """`text` without the statement around `offset`; a block that hangs on it stays."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, SYNTAX)
    start = statement_start(masked, offset, SYNTAX)
    if _DEFINES.match(masked, start):
        return text
    end = statement_end(masked, start, offset, SYNTAX)
    return text[:start] + "\n" * text.count("\n", start, end) + text[end:]
