"""Paths of files as modules, and the symbols of a record by their names. Pure."""

import re
from collections.abc import Callable

from dovetail_context.languages.registry import language_named
from dovetail_context.records.record import FileRecord, Symbol

FACES = ("__init__", "index", "mod", "lib")  # files that represent their folder


def own_symbols(record: FileRecord, name: str) -> tuple[Symbol, ...]:
    """The symbols of a file by their qualified name."""
    container, _, last = name.rpartition(".")
    return record.members(container).get(last, ())


def inside(module: str) -> str:
    """How the paths of the files begin that are inside of a module."""
    folder = module.rpartition("/")[0]
    name = module_name(module)
    whole = folder if name in (*FACES, "main") else f"{folder}/{name}".removeprefix("/")
    return f"{whole}/" if whole else ""


def module_name(path: str) -> str:
    """The name of a file up to its first dot."""
    return path.rpartition("/")[2].partition(".")[0]


def gathers(record: FileRecord) -> bool:
    """Whether a file is the face of a package, which imports names in order to offer them."""
    return module_name(record.path) in FACES


def passes_on(record: FileRecord) -> bool:
    """Whether a file offers the names that it takes in by star imports."""
    return gathers(record) if record.exports is None else "*" in record.exports


def is_default(name: str, record: FileRecord | None) -> bool:
    """Whether a name means the whole of a module, because the module exports no value by that name."""
    if record is None or not name or name != language_named(record.language).rules.default_export:
        return False
    return record.exports is not None and bool(record.exports) and name not in record.exports


def is_declared_by_macros(path: str, module: str, record_of: Callable[[str], FileRecord | None]) -> bool:
    """Whether every module on the way from a module to a file below it is the argument of a macro."""
    stem, dot, suffix = path.rpartition(".")
    for part in stem.removeprefix(inside(module)).split("/"):
        record = record_of(module)
        pattern = language_named(record.language).rules.macro_modules if record is not None else ""
        if record is None or not pattern:
            return False
        if part == module_name(module):
            continue  # `mod.rs`, which represents the folder that was looked at
        if not re.search(pattern.replace("NAME", re.escape(part)), record.text):
            return False
        child = f"{inside(module)}{part}"
        module = next((each for each in (f"{child}{dot}{suffix}", f"{child}/mod{dot}{suffix}") if record_of(each)), "")
    return module == path
