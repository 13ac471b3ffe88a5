"""Whether a text can be code, judged by its bytes alone. Pure.

A parser keeps everything that is still open on a stack. At a place that does not parse it tries what could be closed
there, which takes time that grows with the square of the stack or faster: 8,000 times `a<` take a Java parser a second,
and 5,000 times `/*a` a Python parser a minute, in one step that nothing can interrupt. So such a text never gets there.
"""

import re

import numpy as np

# In real projects fewer than 300 brackets are ever open.
MAX_OPEN_BRACKETS = 2000
MAX_OPEN_ANGLES = 400
# A line of code has some ten operators, a line of data hardly any; minified code has braces and semicolons.
MAX_OPERATORS = 500
LONG_LINE_BYTES = 1000

_STRING = re.compile(rb"\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)|'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|`[^`]*+(?:`|\Z)")
_ENDS_OPERATORS = re.compile(rb"[;{}()]+")
_OPERATOR = re.compile(rb"[<=?|*%&!>^~@#$]")
_STEPS = np.zeros(256, dtype=np.int8)
_STEPS[list(b"([{")] = 1
_STEPS[list(b")]}")] = -1
_NO_BRACKETS = bytes(set(range(256)) - set(b"([{)]}"))
# Only `<` and what closes it are left of a text, the latter as spaces.
_CLOSES_ANGLE = b">;{}()=\"'"
_NO_ANGLES = bytes(set(range(256)) - set(b"<" + _CLOSES_ANGLE))
_CLOSED = bytes.maketrans(_CLOSES_ANGLE, b" " * len(_CLOSES_ANGLE))


def can_be_code(data: bytes) -> bool:
    """Whether `data` (UTF-8) may be given to a parser."""
    if data.count(b"<") > MAX_OPEN_ANGLES and _has_many_angles(data):
        return False
    brackets = data.translate(None, _NO_BRACKETS)
    if len(brackets) > MAX_OPEN_BRACKETS and _deepest(brackets) > MAX_OPEN_BRACKETS:
        return False
    if not _has_long_line(data):
        return True
    return not any(len(line) > LONG_LINE_BYTES and _has_many_operators(line) for line in data.split(b"\n"))


def _has_long_line(data: bytes) -> bool:
    """Whether a line has more than `LONG_LINE_BYTES`. Steps over many lines at once: most texts have no long line."""
    start = 0
    while len(data) - start > LONG_LINE_BYTES:
        end = data.rfind(b"\n", start, start + LONG_LINE_BYTES + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _has_many_angles(data: bytes) -> bool:
    return b"<" * (MAX_OPEN_ANGLES + 1) in data.translate(_CLOSED, _NO_ANGLES)


def _has_many_operators(line: bytes) -> bool:
    parts = (part for part in _ENDS_OPERATORS.split(_STRING.sub(_open_string, line)) if len(part) > MAX_OPERATORS)
    return any(len(_OPERATOR.findall(part)) > MAX_OPERATORS for part in parts)


def _open_string(match: re.Match[bytes]) -> bytes:
    """Nothing in place of a string; what follows on a quote that is never closed may be code."""
    return b"" if len(match[0]) > 1 and match[0][-1:] == match[0][:1] else match[0][1:]


def _deepest(data: bytes) -> int:
    """The most brackets that are open at one place; closing ones that nothing opened do not count."""
    depths = np.cumsum(_STEPS[np.frombuffer(data, dtype=np.uint8)], dtype=np.int32)
    return int(np.max(depths - np.minimum(np.minimum.accumulate(depths), 0)))
