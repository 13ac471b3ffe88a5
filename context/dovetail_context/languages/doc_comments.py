"""Documentation comments before a definition (`/** ... */`, `///`, `//`): their first sentence or line."""

import re
from collections.abc import Iterator

MAX_DOC_CHARS = 120
MAX_DOC_BYTES = 4000  # how far up the beginning of a comment is looked for, where a language's are not longer

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


def lines_above(data: bytes, start_byte: int, reach: int = MAX_DOC_BYTES) -> Iterator[bytes]:
    """The lines above that in which a definition starts, the nearest first, up to `reach` bytes."""
    end = data.rfind(b"\n", 0, start_byte)
    furthest = max(0, end + 1 - reach)
    while end >= furthest:
        start = max(data.rfind(b"\n", 0, end) + 1, furthest)
        yield data[start:end]
        end = start - 1
