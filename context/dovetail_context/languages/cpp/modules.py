"""C++20 modules, read from the text: the grammar does not know them."""

import re

from dovetail_context.languages.cpp.resolve import MODULE
from dovetail_context.records.record import Import

# They follow on a line end, for which Python searches fast.
_MODULE = re.compile(r"\n[ \t]*(?:export[ \t]+)?module[ \t]+(?P<name>[\w.]+(?:[ \t]*:[ \t]*[\w.]+)?)[ \t]*;")
_IMPORT = re.compile(
    r"\n[ \t]*(?:export[ \t]+)?import[ \t]+(?P<name>[\w.]+|:[ \t]*[\w.]+|<[^>\n]+>|\"[^\"\n]+\")[ \t]*;"
)


def read_modules(text: str) -> tuple[str, tuple[Import, ...]]:
    """The module that a file belongs to ("" for none), and those that it imports. A partition is `module:part`."""
    if "import" not in text and "module" not in text:
        return "", ()
    text = "\n" + text
    declared = _MODULE.search(text)
    own = re.sub(r"\s", "", declared["name"]) if declared is not None else ""
    imports = []
    for found in _IMPORT.finditer(text):
        name, line = found["name"], text.count("\n", 0, found.start("name"))
        if name[0] == ":":
            name = own.partition(":")[0] + re.sub(r"\s", "", name)
        imports.append(Import(name if name[0] in '<"' else f"{MODULE}{name}", "*", "", line))
    if own and ":" not in own:  # an implementation sees its interface
        imports.append(Import(f"{MODULE}{own}", "*", "", 0))
    return own, tuple(imports)
