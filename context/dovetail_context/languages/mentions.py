"""Access paths that are written near a cursor, for languages whose members follow a dot."""

import re
from collections.abc import Collection, Iterator

from dovetail_context.languages.language import Mention

LINES_BEFORE = 40  # how far names count as near; a screen above the cursor
LINES_AFTER = 15
MAX_CHARACTERS = 10_000  # of them on each side; longer lines are data

_ARGUMENTS = r"\((?:[^()\n;]|\((?:[^()\n;]|\([^()\n;]*\))*\))*\)"
# Overlapping, so that the chains inside a call's arguments are found too.
_NAME = r"[A-Za-z_$][\w$]*"
_CHAIN = re.compile(rf"(?<![\w.$])(?=({_NAME}(?:{_ARGUMENTS})?(?:\s*\??\.\s*{_NAME}(?:{_ARGUMENTS})?)*\(?))")
_CALL = re.compile(_ARGUMENTS)
_SPACE = re.compile(r"[\s?]+")


def mentions(masked: str, offset: int, keywords: Collection[str]) -> Iterator[Mention]:
    """Access paths near the cursor, nearest first; of equal ones only the nearest. Those of `keywords` are no names."""
    found: dict[str, int] = {}
    start = max(lines_away(masked, offset, -LINES_BEFORE), offset - MAX_CHARACTERS)
    end = min(lines_away(masked, offset, LINES_AFTER), offset + MAX_CHARACTERS)
    for match in _CHAIN.finditer(masked, start, end):
        path = _path(match[1])
        if path.partition(".")[0].removesuffix("()") in keywords:
            continue
        at = match.start()
        distance = masked.count("\n", offset, at) if at >= offset else -masked.count("\n", at, offset)
        if path not in found or abs(distance) < abs(found[path]):
            found[path] = distance
    for path, distance in sorted(found.items(), key=lambda item: (abs(item[1]), item[1] > 0, item[0])):
        yield Mention(path, distance)


def lines_away(text: str, offset: int, lines: int) -> int:
    """The offset of the line that is `lines` lines below (above, if negative) that of `offset`."""
    position = offset
    for _ in range(abs(lines)):
        found = text.rfind("\n", 0, position) if lines < 0 else text.find("\n", position)
        if found < 0:
            return 0 if lines < 0 else len(text)
        position = found if lines < 0 else found + 1
    return position


def _path(written: str) -> str:
    """A chain as an access path: arguments and space go, an unclosed call counts as one."""
    path = _SPACE.sub("", _CALL.sub("()", written))
    return path + ")" if path.endswith("(") else path
