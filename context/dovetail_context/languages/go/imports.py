"""Go's imports: under which name a file uses each package that it imports."""

import re
from collections.abc import Iterable, Iterator

from dovetail_context.records.record import Import

_VERSION = re.compile(r"v\d+\Z")
_DOT_VERSION = re.compile(r"\.v\d+\Z")
_NAME = re.compile(r"[^\W\d]\w*")
_ASSIGNED = re.compile(r"([^\W\d]\w*)[ \t]*(?:,[^=\n;{}]*)?:=|\bvar[ \t]+([^\W\d]\w*)")
_MIN_NAME_CHARS = 3  # shorter names are those of variables
_QUALIFIER = re.compile(r"(?<![\w.)\]])([^\W\d]\w*)\s*\.\s*[^\W\d]")
_STRING = re.compile(r'"[^"\n]*"|`[^`]*`')
MAX_IMPORTS = 500  # of a file, compared with what it uses; generated files have more


def assumed_name(path: str) -> str:
    """The name of the package at `path` by convention: its last part without version, `go-` and dots."""
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and _VERSION.match(parts[-1]):
        parts.pop()
    last = _DOT_VERSION.sub("", parts[-1]) if parts else ""
    words = [word for word in re.split(r"[-.]", last) if word not in ("go", "golang")] or [last]
    found = _NAME.findall(words[-1] if "-" in last else words[0])
    return found[0] if found else last


def with_used_names(imports: Iterable[Import], text: str, local: frozenset[str]) -> Iterator[Import]:
    """Yield the imports. If the file never uses the assumed name of one, replace it with the name that it does use.

    A package may have another name than its folder, and the import does not show it. But every qualifier in the file is
    either an import or a name of the file (`local`), so the remaining qualifiers reveal it.
    """
    imports = list(imports)
    if len(imports) <= MAX_IMPORTS and all(f"{imported.alias}." in text for imported in imports):
        yield from imports
        return
    used = set(_QUALIFIER.findall(_STRING.sub('""', text)))  # the paths of imports hold dots, too
    taken = {imported.alias for imported in imports}
    assigned = {name for names in _ASSIGNED.findall(text) for name in names}
    spare = sorted(name for name in used - taken - local - assigned if len(name) >= _MIN_NAME_CHARS)[:MAX_IMPORTS]
    for imported in imports:
        if imported.name or imported.alias in used or imported.alias != assumed_name(imported.module):
            yield imported
            continue
        likely = [name for name in spare if name in imported.module.rpartition("/")[2] or _holds(name, imported.alias)]
        found = max(likely, key=len) if likely else ""
        yield Import(imported.module, "", found or imported.alias, imported.line)


def _holds(name: str, alias: str) -> bool:
    """Whether a name may be a longer form of the assumed one; a short one is a part of many names."""
    return len(alias) >= _MIN_NAME_CHARS and alias in name
