"""Source text of C-like definitions as it is shown: on one line and cut. Each language specifies what to omit."""

import re

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data

_SPACE = re.compile(r"\s+")
_AFTER_OPENING = re.compile(r"([(\[<]) ")
_BEFORE_CLOSING = re.compile(r" ([)\]>])")
_ODD_SPACE = re.compile(r"\s\s|[^\S ]|[(\[<] | [)\]>]")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def one_line(source: str) -> str:
    """The source without comments and without the spaces that only broke lines."""
    if "/*" in source or "//" in source:
        source = _COMMENT.sub("", source)
    source = source.strip()
    if not _ODD_SPACE.search(source):
        return source
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", _SPACE.sub(" ", source)))


def cut(text: str) -> str:
    """A signature, cut where it becomes data."""
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."
