"""JSON texts as they come over the wire: strict in what JSON is, generous in how large its numbers are. Pure."""

from __future__ import annotations

import json
from typing import Any, NoReturn

_HUGE = 10**18
"""Stands for an integer of thousands of digits, which Python refuses to read: far beyond any range in the protocol."""


class NotJson(Exception):
    """The bytes are not a JSON text. Never holds them: they may be the user's text."""


def decode(data: bytes) -> tuple[Any, bytes]:
    """Return the value at the beginning of `data` and the bytes that follow it. Raises NotJson."""
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass")
    except UnicodeDecodeError:
        raise NotJson from None
    try:
        return _value(text), b""
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise NotJson from None
        end = error.pos
    # Recursion: nested deeper than Python reads. No client means that.
    except RecursionError:
        raise NotJson from None
    return _value(text[:end]), text[end:].encode("utf-8", "surrogatepass")


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_constant=_refuse, parse_int=_any_integer)


def _any_integer(digits: str) -> int:
    if len(digits) < 20:
        return int(digits)
    return -_HUGE if digits.startswith("-") else _HUGE


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's."""
    raise json.JSONDecodeError("a constant that JSON does not have", constant, 0)
