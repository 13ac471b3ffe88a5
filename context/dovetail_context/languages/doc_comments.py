"""Documentation comments that stand before a definition (`/** ... */`, `///`, `//`): their first sentence or line."""

import re

MAX_DOC_CHARS = 120

_MARKS = re.compile(r"^[ \t]*(?:/\*[*!]?|\*+/?|///?!?|//)[ \t]?|\*/[ \t]*$", re.MULTILINE)
_TAGS = re.compile(r"</?[A-Za-z][^<>\n]*>")
_REFERENCE = re.compile(r"<\w+\s+(?:cref|langword|name)=\"([^\"]*)\"\s*/>")
_INLINE = re.compile(r"\{@\w+\s+([^{}]*)\}")


def doc_line(comment: str) -> str:
    """The first line with words of a comment's source, without marks, tags (`<summary>`, `<p>`) and `{@code x}`."""
    text = _MARKS.sub("", comment)
    text = _TAGS.sub(" ", _REFERENCE.sub(r"\1", _INLINE.sub(r"\1", text)))
    for line in text.split("\n"):
        words = " ".join(line.split())
        if words.startswith("@"):
            return ""
        if words:
            return words if len(words) <= MAX_DOC_CHARS else words[:MAX_DOC_CHARS].rsplit(" ", 1)[0] + " ..."
    return ""
