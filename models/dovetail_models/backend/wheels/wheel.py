"""Pure: the wheel in an index page that fits a Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

PROJECT = "llama-cpp-python"


@dataclass(frozen=True, slots=True)
class Link:
    """A file that an index page offers."""

    name: str
    """The file's name, decoded."""

    url: str
    """Where it is, without the fragment."""

    sha256: str
    """Its checksum, "" where the page has none (llama-cpp-python's index has none)."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that fits."""

    link: Link
    version: Version


def links_of(page: str, address: str) -> tuple[Link, ...]:
    """Return the files that a page of the simple repository API offers (PEP 503); `address` is the page's own."""
    parser = _Anchors()
    parser.feed(page)
    found = []
    for href in parser.targets:
        url, fragment = urldefrag(urljoin(address, href))
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        found.append(Link(unquote(urlsplit(url).path.rpartition("/")[2]), url, digest))
    return tuple(found)


def pick(links: Iterable[Link], allowed: SpecifierSet, tags: Iterable[Tag]) -> Wheel | None:
    """Return the newest wheel of the allowed versions for these tags, which are in order of preference; None if there
    is none."""
    order = {tag: place for place, tag in enumerate(tags)}
    best: tuple[Version, int, Wheel] | None = None
    for link in links:
        try:
            project, version, _, wheel_tags = parse_wheel_filename(link.name)
        except (InvalidWheelFilename, ValueError):
            continue
        places = [order[tag] for tag in wheel_tags if tag in order]
        if project != PROJECT or not places or version.is_prerelease or version not in allowed:
            continue
        if best is None or (version, -min(places)) > best[:2]:
            best = (version, -min(places), Wheel(link, version))
    return best[2] if best else None


def newest(links: Iterable[Link], tags: Iterable[Tag]) -> Version | None:
    """Return the newest version for these tags, allowed or not; None if no wheel matches them."""
    wheel = pick(links, SpecifierSet(), tags)
    return wheel.version if wheel else None


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.targets.append(target)
