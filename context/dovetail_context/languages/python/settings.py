"""Where a Python project keeps its modules: what pyproject.toml, setup.cfg and the like say about folders.

Each file gives *roots*, folders from which absolute imports start, and *named folders*, each of them the folder of a
module of another name (`package-dir = {"shop" = "code"}`). Both are relative to the workspace.
"""

import re
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from dovetail_context.workspace.manifest import (
    MAX_ENTRIES,
    Manifest,
    ManifestError,
    ProjectText,
    Shapes,
    kept_text,
    load_json,
    read_json_with_comments,
    read_toml,
)

FOLDER = "folder "  # of a fact: a module ("" for all of them), `=`, and its folder relative to the file
INI_FILES = ("setup.cfg", "mypy.ini", ".mypy.ini", "pytest.ini", "tox.ini")
FILE_NAMES = ("pyproject.toml", "pyrightconfig.json", *INI_FILES)
MAX_INI_LINES = 5000
# What setuptools, poetry, hatch, pytest, mypy, pyright and ruff call their source folders: one or several.
_NAMED = (
    ("setuptools", "packages", "find", "where"),
    ("pytest", "ini_options", "pythonpath"),
    ("mypy", "mypy_path"),
    ("pyright", "extraPaths"),
    ("pyright", "stubPath"),
    ("basedpyright", "extraPaths"),
    ("basedpyright", "stubPath"),
    ("ruff", "src"),
    ("pdm", "build", "package-dir"),
    ("uv", "build-backend", "module-root"),
    ("maturin", "python-source"),
)
_PACKAGE_DIR = ("setuptools", "package-dir")
_HATCH = ("hatch", "build", "targets", "wheel", "packages")
_MOVED = (  # tables of folders, with what they are called in the installed package
    ("hatch", "build", "targets", "wheel", "sources"),
    ("hatch", "build", "targets", "wheel", "force-include"),
    ("hatch", "build", "sources"),
)
_POETRY = ("poetry", "packages")
_SHAPES: Shapes = {
    **{("tool", *key): (str, list) for key in (*_NAMED, _HATCH)},
    **{("tool", *key): (dict, list, str) for key in _MOVED},
    ("tool", *_PACKAGE_DIR): (dict, str, list),
    ("tool", *_POETRY): (list,),
}
_PYRIGHT_SHAPES: Shapes = {
    ("extraPaths",): (list,),
    ("stubPath",): (str,),
    ("executionEnvironments",): (list,),
}
# The sections and keys of INI files, and which key of pyproject.toml means the same.
_INI_KEYS: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = (
    (("options", "package_dir"), _PACKAGE_DIR),
    (("options.packages.find", "where"), _NAMED[0]),
    (("tool:pytest", "pythonpath"), _NAMED[1]),
    (("pytest", "pythonpath"), _NAMED[1]),
    (("mypy", "mypy_path"), _NAMED[2]),
)
_PACKAGE_DIR_ARGUMENT = re.compile(r"\bpackage_dir\s*=\s*\{([^{}]*)\}")
_PAIR = re.compile(r"[\"']([\w.]*)[\"']\s*:\s*[\"']([^\"'\n]+)[\"']")
_FOUND_IN = re.compile(r"\bfind_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?[\"']([^\"'\n]+)[\"']")
_SEPARATED = re.compile(r"[\s,:;]+")


@dataclass(frozen=True, slots=True)
class SourceFolders:
    """What the settings of a workspace say. `roots` are folders from which imports start; `named` are folders by the
    dotted name of the module that they are. All are relative to the workspace."""

    roots: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


def read_settings(path: str, text: str) -> ProjectText:
    """Read a project file: what is kept of it is JSON in the form of a pyproject.toml."""
    name = path.rpartition("/")[2]
    if name == "pyrightconfig.json":
        return kept_text(read_json_with_comments(text), _PYRIGHT_SHAPES)
    if name in INI_FILES and not text.startswith("{"):
        return _read_ini(text)
    return kept_text(read_toml(text), _SHAPES)


def source_folders(projects: Mapping[str, str]) -> SourceFolders:
    """Return what all project files say."""
    roots: dict[str, None] = {}
    named: dict[tuple[str, str], None] = {}
    for path, text in sorted(projects.items()):
        name = PurePosixPath(path).name
        if name not in FILE_NAMES:
            continue
        base = path.rpartition("/")[0]
        if name in ("pyproject.toml", "setup.cfg"):
            roots[base] = None
        value = _value(path, text)
        for entry in islice(_named_folders(value), MAX_ENTRIES):
            folder = _inside(base, entry)
            if folder is not None:
                roots[folder] = None
        for module, entry in islice(_named_modules(value), MAX_ENTRIES):
            folder = _inside(base, entry)
            if folder is not None and module:
                named[module, folder] = None
    return SourceFolders(tuple(roots), tuple(named))


def _value(path: str, text: str) -> dict[str, Any]:
    """The tools' tables of a project file, or of what was kept of it."""
    if path.endswith(".json"):
        value = read_json_with_comments(text).value
        environments = value.get("executionEnvironments")
        listed = [each for each in environments if isinstance(each, dict)] if isinstance(environments, list) else []
        extra = [*_strings(value.get("extraPaths")), *(path for each in listed for path in _strings(each.get("root")))]
        extra += [path for each in listed for path in _strings(each.get("extraPaths"))]
        return {"pyright": {"extraPaths": extra, "stubPath": value.get("stubPath", "typings")}}
    if PurePosixPath(path).name in INI_FILES:
        text = _read_ini(text).text if not text.startswith("{") else text
        try:
            kept = load_json(text or "{}")
        except ManifestError:  # no text that was kept
            return {}
        return _table(kept, "tool")
    return _table(read_toml(text).value, "tool")


def _read_ini(text: str) -> ProjectText:
    parser = RawConfigParser(strict=False, interpolation=None, delimiters=("=",))
    problem = ""
    try:
        parser.read_string("\n".join(text.removeprefix("\ufeff").splitlines()[:MAX_INI_LINES]))
    except Error as error:
        problem = f"not an INI file: {' '.join(str(error).split())[:120]}"
    tool: dict[str, Any] = {}
    for (section, option), keys in _INI_KEYS:
        value = parser.get(section, option, fallback=None)
        if not value:
            continue
        table = tool
        for part in keys[:-1]:
            table = table.setdefault(part, {})
        if keys == _PACKAGE_DIR:
            pairs = (line.partition("=") for line in re.split(r"[\n,]", value) if "=" in line)
            table[keys[-1]] = {module.strip(): folder.strip() for module, _, folder in islice(pairs, MAX_ENTRIES)}
        else:
            table[keys[-1]] = [word for word in _SEPARATED.split(value) if word][:MAX_ENTRIES]
    return kept_text(Manifest({"tool": tool}, problem), _SHAPES)


def said_by_setup(path: str, text: str) -> tuple[str, ...]:
    """The folders that a setup.py writes out, as facts of its record; () for any other file."""
    if path.rpartition("/")[2] != "setup.py":
        return ()
    moved = _PACKAGE_DIR_ARGUMENT.search(text)
    pairs = _PAIR.findall(moved[1])[:MAX_ENTRIES] if moved is not None else []
    pairs += [("", folder) for folder in _FOUND_IN.findall(text)[:MAX_ENTRIES]]
    return tuple(f"{FOLDER}{module}={folder}" for module, folder in pairs)


def folders_of_setups(paths: Mapping[str, tuple[str, ...]]) -> SourceFolders:
    """Return what the facts of all files say."""
    roots: dict[str, None] = {}
    named: dict[tuple[str, str], None] = {}
    for path, facts in paths.items():
        for fact in facts if path.endswith("setup.py") else ():
            module, _, entry = fact.removeprefix(FOLDER).partition("=")
            folder = _inside(path.rpartition("/")[0], entry)
            if folder is not None and module:
                named[module, folder] = None
            elif folder is not None:
                roots[folder] = None
    return SourceFolders(tuple(roots), tuple(named))


def _named_folders(tool: dict[str, Any]) -> Iterator[str]:
    for key in _NAMED:
        yield from _strings(_dig(tool, key))
    package_dir = _dig(tool, _PACKAGE_DIR)
    yield from _strings(package_dir.get("") if isinstance(package_dir, dict) else None)
    for package in _strings(_dig(tool, _HATCH)):
        yield package.rpartition("/")[0]
    for moved in _MOVED:
        yield from _strings(_dig(tool, moved))
    for table in _tables(_dig(tool, _POETRY)):
        yield from _strings(table.get("from"))


def _named_modules(tool: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Modules with the folders that hold them under other names."""
    package_dir = _dig(tool, _PACKAGE_DIR)
    for module, folder in package_dir.items() if isinstance(package_dir, dict) else ():
        if isinstance(folder, str):
            yield module, folder
    for keys in _MOVED:
        moved = _dig(tool, keys)
        for folder, target in moved.items() if isinstance(moved, dict) else ():
            if isinstance(target, str):
                yield target.strip("/").removesuffix(".py").replace("/", "."), folder.removesuffix(".py")
    for package in _tables(_dig(tool, _POETRY)):
        include, start, to = (package.get(key) for key in ("include", "from", "to"))
        if isinstance(include, str) and isinstance(to, str) and "*" not in include:
            folder = f"{start}/{include}" if isinstance(start, str) else include
            yield f"{to.strip('/')}/{include}".replace("/", "."), folder


def _inside(base: str, entry: str) -> str | None:
    """The folder `entry` as seen from `base`; None if it leads upward."""
    parts = [part for part in re.split(r"[/\\]", entry) if part not in ("", ".", "$MYPY_CONFIG_FILE_DIR")]
    return None if ".." in parts else "/".join(([base] if base else []) + parts)


def _dig(table: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _table(table: Any, key: str) -> dict[str, Any]:
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, str))
