"""Half-typed Python made to parse: the statement being typed would else swallow the definitions around it."""

import re

from dovetail_context.languages.python.lexical import STATEMENT, mask, statement_start

# How far down the end of the statement is looked for, in characters; an open bracket ends at a statement anyway.
REACH = 4000
_DEFINES = re.compile(r"[ \t]*(?:from|import|class|def|async[ \t]+def|@)\b")


def repaired(text: str, offset: int) -> str:
    """`text` with the statement around `offset` replaced by `pass` (by `if 1:` where a block hangs on it)."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text)
    start = statement_start(masked, offset)
    if _DEFINES.match(masked, start):
        return text
    end = statement_end(masked, start, offset)
    line = masked[start:end].split("\n", 1)[0]
    indent = line[: len(line) - len(line.lstrip(" \t"))] if line.strip() else text[start:offset]
    filler = "if 1:" if _next_indent(masked, end) > len(indent) else "pass"
    return text[:start] + indent + filler + "\n" * text.count("\n", start, end) + text[end:]


def statement_end(masked: str, start: int, offset: int) -> int:
    """The end of the line on which the brackets that are open at `offset` are closed, or before the next statement."""
    depth = sum((character in "([{") - (character in ")]}") for character in masked[start:offset])
    position = offset
    while position < min(len(masked), offset + REACH):
        character = masked[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "\n" and (depth <= 0 or STATEMENT.match(masked, position + 1)):
            return position
        position += 1
    line_end = masked.find("\n", offset)
    return len(masked) if line_end < 0 else line_end


def _next_indent(masked: str, end: int) -> int:
    """The indentation of the next line that is not blank."""
    found = re.compile(r"\n([ \t]*)[^\s]").search(masked, end)
    return len(found[1]) if found else 0
