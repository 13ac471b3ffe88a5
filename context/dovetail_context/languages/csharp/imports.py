"""C#'s using directives and namespaces, read from the text: they are lines, wherever the tree is broken."""

import re
from collections.abc import Iterator

from dovetail_context.languages.numbered import numbered
from dovetail_context.records.record import Import

_NAME = r"(?:global::)?[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*"
_USING = re.compile(
    rf"^[ \t]*(?P<global>global[ \t]+)?using[ \t]+(?P<static>static[ \t]+)?(?:unsafe[ \t]+)?"
    rf"(?:(?P<alias>[A-Za-z_]\w*)[ \t]*=[ \t]*)?(?P<name>{_NAME})[^;=(){{}}\n]*;",
    re.MULTILINE,
)
_NAMESPACE = re.compile(rf"^[ \t]*namespace\s+(?P<name>{_NAME})\s*(?P<opens>[;{{]?)", re.MULTILINE)
_DIRECTIVES = (re.compile(r"using\s+[\w.:,<>\[\]?=\s]*;"), re.compile(r"namespace\s+[\w.]+\s*[;{]?"))
_SPACE = re.compile(r"\s+")


def with_directives(text: str) -> str:
    """The beginning of a text, up to the last thing that may be a using directive or a namespace: mostly its head."""
    ends = [match.end() for directive in _DIRECTIVES for match in directive.finditer(text)]
    return text[: max(ends, default=0)]


def read_usings(masked: str) -> Iterator[Import]:
    """The using directives of a text without comments. The members of a class come in by its name and a star."""
    for line, match in numbered(_USING, masked, "name"):
        name = _dotted(match["name"])
        module, _, last = name.rpartition(".")
        if match["alias"]:
            yield Import(module, last, match["alias"], line)
        elif match["static"]:
            yield Import(module, f"{last}.*", "", line)
        else:
            yield Import(name, "*", "", line)


def read_global_usings(masked: str) -> Iterator[str]:
    """The namespaces that a file makes visible in the whole project."""
    if "global" in masked:
        for match in _USING.finditer(masked):
            if match["global"] and not match["static"] and not match["alias"]:
                yield _dotted(match["name"])


def read_namespaces(masked: str) -> tuple[str, ...]:
    """The namespaces that a text declares; nested ones with those around them, in text order."""
    found: list[str] = []
    open_: list[tuple[int, str]] = []  # depth of braces inside, full name
    depth = position = 0
    for match in _NAMESPACE.finditer(masked):
        between = masked[position : match.start()]
        depth += between.count("{") - between.count("}")
        while open_ and depth < open_[-1][0]:
            open_.pop()
        name = _dotted(match["name"])
        full = f"{open_[-1][1]}.{name}" if open_ else name
        found.append(full)
        position = match.end()
        if match["opens"] == "{":
            depth += 1
            open_.append((depth, full))
    return tuple(dict.fromkeys(found))


def _dotted(source: str) -> str:
    return _SPACE.sub("", source).removeprefix("global::")
