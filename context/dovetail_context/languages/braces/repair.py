"""Half-typed code of brace languages made to parse: else the statement being typed would swallow what is around it."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax, mask, statement_end, statement_start, whole_start

_NOT_LINE_END = re.compile(r"[^\n]")


def without_statement(text: str, offset: int, syntax: BraceSyntax, defines: re.Pattern[str]) -> str:
    """`text` without the statement around `offset`, unless that `defines` something; a block that hangs on it stays."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, syntax)
    start = statement_start(masked, offset, syntax)
    if defines.match(masked, start):
        return text
    end = statement_end(masked, start, offset, syntax)
    return text[:start] + "\n" * text.count("\n", start, end) + text[end:]


def with_blank_statement(text: str, offset: int, syntax: BraceSyntax, defines: re.Pattern[str], empty: str = "") -> str:
    """`text` with spaces for the statement around `offset`, unless that `defines` something, and for the calls in whose
    arguments it is. `empty` is a statement that does nothing, where the language needs one; before a block none is."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, syntax)
    start = statement_start(masked, offset, syntax)
    end = statement_end(masked, start, offset, syntax)
    start = whole_start(masked, start, syntax)
    if defines.match(masked, start, max(end, offset)):
        return text
    blank = _NOT_LINE_END.sub(" ", text[start:end])
    if empty and masked[end : end + 1] != "{":
        blank = empty + (blank[1:] if blank[:1] != "\n" else blank)
    return text[:start] + blank + text[end:]
