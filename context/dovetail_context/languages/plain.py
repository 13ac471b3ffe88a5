"""Text in no language that has a grammar here: its words count, and the names near the cursor. Pure."""

import re

from dovetail_context.languages.language import CursorView
from dovetail_context.languages.mentions import mentions

_TYPED = re.compile(r"[^\W\d]\w*\Z")
_RECEIVER = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:\.|->|::)\w*\Z")


def plain_cursor(text: str, offset: int) -> CursorView:
    """The surroundings of `offset` (code points), as far as they need no syntax."""
    offset = max(0, min(offset, len(text)))
    typed = _TYPED.search(text, max(0, offset - 100), offset)
    receiver = _RECEIVER.search(text, max(0, offset - 200), offset)
    return CursorView(
        line=text.count("\n", 0, offset) + 1,
        receiver=receiver[1] if receiver else "",
        typed=typed[0] if typed else "",
        mentions=tuple(mentions(text, offset, ())),
    )
