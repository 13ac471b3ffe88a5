"""Java's import declarations. By convention packages are written in lower case and classes in capitals."""

import re
from collections.abc import Iterator

from dovetail_context.languages.numbered import numbered
from dovetail_context.records.record import Import

_IMPORT = re.compile(
    r"^[ \t]*import[ \t]+(?P<static>static[ \t]+)?(?P<name>[\w$]+(?:[ \t]*\.[ \t]*[\w$]+)*)(?P<star>[ \t]*\.[ \t]*\*)?",
    re.MULTILINE,
)
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+([\w$]+(?:[ \t]*\.[ \t]*[\w$]+)*)", re.MULTILINE)
_SPACE = re.compile(r"\s+")


def read_imports(masked: str) -> Iterator[Import]:
    """The imports of a text without comments.

    The module is a package's name or that of a top-level class with its package; members and nested classes are
    imported from their top-level class by their qualified names.
    """
    for line, match in numbered(_IMPORT, masked, "name"):
        name = _SPACE.sub("", match["name"])
        parts = name.split(".")
        first = next((position for position, part in enumerate(parts) if part[:1].isupper()), None)
        if first is None:  # a package, or a class that is written like one
            first = len(parts) if match["star"] and not match["static"] else len(parts) - 1
            if match["static"] and not match["star"]:
                first -= 1
        module, qualified = ".".join(parts[: first + 1]), ".".join(parts[first:])
        if match["star"]:
            yield Import(module, f"{qualified}.*" if qualified else "*", "", line)
        else:
            yield Import(module, qualified, parts[-1], line)


def read_package(masked: str) -> tuple[str, ...]:
    """Return the package that a file declares; none for the unnamed package."""
    found = _PACKAGE.search(masked)
    return (_SPACE.sub("", found[1]),) if found else ()
