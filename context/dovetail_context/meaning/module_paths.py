"""Paths of files as modules, and the symbols of a record by their names. Pure."""

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
    return bool(record.exports) and name not in record.exports
