"""Text that is being typed, made to parse: the statement around the cursor is replaced by nothing. Pure."""

import re

from dovetail_context.languages.braces.scan import mask, statement_end, statement_start, whole_start
from dovetail_context.languages.generic.profile import Profile

MAX_LINES = 40  # of a statement; a longer one is data
# The parameters that a block begins with: `{ one, other ->`, `{ one in`.
_BLOCK_HEAD = re.compile(r"[\w\s,:()<>?.]*(?:->|\bin)[ \t]*\n")
_NOT_LINE_END = re.compile(r"[^\n]")


def repaired(profile: Profile, text: str, offset: int) -> str:
    """The text with the statement around `offset` blanked; a line that opens a block stays."""
    offset = max(0, min(offset, len(text)))
    syntax = profile.notation.syntax
    masked = mask(text, syntax)
    if not profile.is_ended_by_word:
        start = statement_start(masked, offset, syntax)
        end = statement_end(masked, start, offset, syntax)
        start = whole_start(masked, start, syntax)
        head = _BLOCK_HEAD.match(masked, start, offset) if masked[:start].rstrip()[-1:] == "{" else None
        start = head.end() if head is not None else start
        if masked[end : end + 1] == "{" or _opens(profile, masked, start, max(end, offset)):
            return text
    else:
        start, end = _lines_around(masked, offset)
        if _opens(profile, masked, start, end):
            return text
    return text[:start] + _NOT_LINE_END.sub(" ", text[start:end]) + text[end:]


def _opens(profile: Profile, masked: str, start: int, end: int) -> bool:
    return profile.opens is not None and profile.opens.search(masked, start, end) is not None


def _lines_around(masked: str, offset: int) -> tuple[int, int]:
    """The lines that brackets join with the one of the cursor."""
    start, depth = masked.rfind("\n", 0, offset) + 1, 0
    position, lines = offset, 0
    while position > 0 and lines < MAX_LINES:
        position -= 1
        character = masked[position]
        lines += character == "\n"
        if character in ")]}":
            depth += 1
        elif character in "([{":
            depth -= 1
            if depth < 0:
                start, depth = masked.rfind("\n", 0, position) + 1, 0
        elif character == "\n" and not depth and not masked[:position].rstrip(" \t").endswith(("(", "[", "{", ",")):
            break
    depth = sum((c in "([{") - (c in ")]}") for c in masked[start:offset])
    end = offset
    while end < len(masked) and lines < 2 * MAX_LINES:
        character = masked[end]
        depth += (character in "([{") - (character in ")]}")
        if character == "\n":
            lines += 1
            if depth <= 0:
                break
        end += 1
    return start, end
