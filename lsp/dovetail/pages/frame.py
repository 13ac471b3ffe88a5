"""The frame of a page: head, style and foot around a body. And the one way that text gets into a page: escaped."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import resources
from importlib.metadata import version
from string import Template


def page(title: str, style: str, body: str) -> str:
    """Return a whole page: `title` is escaped here, `style` adds to the common style, and `body` is HTML."""
    return Template(_packaged("frame.html")).substitute(
        title=text(title), style=_packaged("style.css") + style, body=body, version=escape(version("dovetail"))
    )


def text(value: object) -> str:
    """Format any value as text of a page. A lone surrogate, which no file can hold, becomes a replacement character."""
    return escape(str(value).encode("utf-8", errors="replace").decode("utf-8"))


def number(value: float, digits: int = 0) -> str:
    """Format a number for readers, with thin spaces between the thousands."""
    return f"{value:,.{digits}f}".replace(",", "\u202f")


def milliseconds(value: float) -> str:
    """Format a time, without digits that carry no information."""
    if value >= 10_000:
        return f"{number(value / 1000, 1)}\u202fs"
    return f"{number(value, 0 if value >= 10 else 1 if value >= 1 else 2)}\u202fms"


def percent(share: float, digits: int = 0) -> str:
    """Format a share from 0 to 1 as a percentage."""
    return f"{share * 100:.{digits}f}\u202f%"


@cache
def _packaged(name: str) -> str:
    return resources.files("dovetail.pages").joinpath(name).read_text(encoding="utf-8")
