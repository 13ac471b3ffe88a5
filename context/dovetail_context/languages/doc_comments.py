"""Documentation comments that stand before a definition (`/** ... */`, `///`, `//`): their first sentence or line."""

import re

MAX_DOC_CHARS = 120

_MARKS = re.compile(r"^[ \t]*(?:/\*[*!]?|\*+/?|///?!?|//)[ \t]?|\*/[ \t]*$", re.MULTILINE)
_TAGS = re.compile(r"</?[A-Za-z][^<>\n]*>")
_REFERENCE = re.compile(r"<\w+\s+(?:cref|langword|name)=\"([^\"]*)\"\s*/>")
_INLINE = re.compile(r"\{@\w+\s+([^{}]*)\}")


def doc_line(comment: str) -> str:
    """The first line with words of a comment's source, without marks, tags (`<summary>`, `<p>`) and `{@code x}`."""
    is_plain = "<" not in comment and "{@" not in comment
    if not is_plain:  # tags may go on over several lines
        comment = _MARKS.sub("", comment)
        comment = _TAGS.sub(" ", _REFERENCE.sub(r"\1", _INLINE.sub(r"\1", comment)))
    for line in comment.split("\n"):
        words = " ".join((_MARKS.sub("", line) if is_plain else line).split())
        if words.startswith("@"):
            return ""
        if words:
            return words if len(words) <= MAX_DOC_CHARS else words[:MAX_DOC_CHARS].rsplit(" ", 1)[0] + " ..."
    return ""
