"""Which folders a manifest names as parts of its project: Maven's modules, Cargo's members, a solution's projects.

Values only: names and texts of manifests in, patterns of folders out. A pattern is a posix path relative to the
manifest; `*` stands for one folder, `**` for any number of them. An entry that cannot be followed (a variable) names
everything below.
"""

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from dovetail_context.workspace.manifest import MAX_ENTRIES, read_json, read_json_with_comments, read_toml

ALL_BELOW = "**"

_XML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MODULE = re.compile(r"<module>\s*([^<]+?)\s*</module>")
_SOLUTION_PROJECT = re.compile(r'"([^"\n]+\.\w*proj)"')
_CMAKE_COMMENT = re.compile(r"#\[(=*)\[.*?(?:\]\1\]|\Z)|#[^\n]*", re.DOTALL)
_CMAKE_FOLDER = re.compile(r'\badd_subdirectory\s*\(\s*"?([^\s")]+)', re.IGNORECASE)
_CMAKE_HERE = re.compile(
    r"^\$\{(?:CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR|PROJECT_SOURCE_DIR|CMAKE_SOURCE_DIR)\}/"
)
_MESON_FOLDER = re.compile(r"^[^#\n]*?\bsubdir\s*\(\s*'([^'\n]+)'", re.MULTILINE)
_GO_USE = re.compile(r"^\s*use\s+(?:\(([^)]*)\)|([^\s(]+))", re.MULTILINE)
_GO_LOCAL = re.compile(r"=>\s*(\.[^\s]*)")
_LINE_COMMENT = re.compile(r"//[^\n]*")
_YAML_LIST = re.compile(r"^packages\s*:\s*\[([^\]]*)\]", re.MULTILINE)
_YAML_ENTRY = re.compile(r"""[ \t]*-[ \t]+["']?([^"'#\s]+)""")
_SEPARATORS = re.compile(r"[/\\]")


def names_folder(name: str, text: str, inside: str) -> bool:
    """Return whether the manifest called `name` names the folder `inside` (posix, below it), or one around that."""
    read = _reader(name)
    if read is None:
        return False
    taken = False
    for pattern in islice(read(text), MAX_ENTRIES):
        dropped = pattern.startswith("!")
        parts = _parts(pattern.removeprefix("!"))
        if parts and taken is dropped and _covers(parts, inside.split("/")):
            taken = not dropped
    return taken


def may_name_folders(name: str) -> bool:
    """Return whether a file of this name may name other folders."""
    return _reader(name) is not None


def _reader(name: str) -> Callable[[str], Iterator[str]] | None:
    return _READERS.get(name) or (_solution if name.endswith((".sln", ".slnx")) else None)


def _parts(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern; () for one that leads upward, or to the manifest's own folder."""
    parts = tuple(part for part in _SEPARATORS.split(pattern) if part not in ("", "."))
    return () if ".." in parts else parts


def _covers(pattern: tuple[str, ...], folder: list[str]) -> bool:
    """Whether a pattern matches a folder, or a folder around it."""
    if not pattern:
        return True
    if pattern[0] == ALL_BELOW:
        return any(_covers(pattern[1:], folder[depth:]) for depth in range(len(folder) + 1))
    return bool(folder) and fnmatchcase(folder[0], pattern[0]) and _covers(pattern[1:], folder[1:])


def _maven(text: str) -> Iterator[str]:
    for module in _MODULE.finditer(_XML_COMMENT.sub("", text)):
        yield module[1].rpartition("/")[0] if module[1].endswith(".xml") else module[1]


def _solution(text: str) -> Iterator[str]:
    for project in _SOLUTION_PROJECT.finditer(_XML_COMMENT.sub("", text)):
        yield project[1].replace("\\", "/").rpartition("/")[0]


def _cmake(text: str) -> Iterator[str]:
    for found in _CMAKE_FOLDER.finditer(_CMAKE_COMMENT.sub("", text)):
        folder = _CMAKE_HERE.sub("", found[1])
        yield ALL_BELOW if folder.startswith("$") else folder.partition("$")[0] or ALL_BELOW


def _meson(text: str) -> Iterator[str]:
    yield from (found[1] for found in _MESON_FOLDER.finditer(text))
    if re.search(r"\bsubdir\s*\(\s*[^'\s]", text):
        yield ALL_BELOW


def _go_work(text: str) -> Iterator[str]:
    text = _LINE_COMMENT.sub("", text)
    for found in _GO_USE.finditer(text):
        yield from (word.strip('"`') for word in (found[1] or found[2]).split())
    yield from _go_mod(text)


def _go_mod(text: str) -> Iterator[str]:
    """The local folders that take the place of other modules."""
    yield from (found[1] for found in _GO_LOCAL.finditer(_LINE_COMMENT.sub("", text)))


def _cargo(text: str) -> Iterator[str]:
    """The members of a workspace, and packages that are used by their path, which are members without being listed."""
    value = read_toml(text).value
    workspace = _table(value, "workspace")
    for where in (value, workspace, *_tables(_table(value, "target"))):
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            yield from _texts([entry.get("path") for entry in _tables(_table(where, kind))])
    yield from _texts(workspace.get("members"))
    yield from (f"!{folder}" for folder in _texts(workspace.get("exclude")))


def _pyproject(text: str) -> Iterator[str]:
    tool = _table(read_toml(text).value, "tool")
    for name in ("uv", "rye"):
        workspace = _table(_table(tool, name), "workspace")
        yield from _texts(workspace.get("members"))
        yield from (f"!{folder}" for folder in _texts(workspace.get("exclude")))
    sources = _tables(_table(_table(tool, "uv"), "sources"))
    poetry = _tables(_table(_table(tool, "poetry"), "dependencies"))
    yield from _texts([entry.get("path") for entry in (*sources, *poetry)])


def _package_json(text: str) -> Iterator[str]:
    workspaces = read_json(text).value.get("workspaces")
    yield from _texts(workspaces.get("packages") if isinstance(workspaces, dict) else workspaces)


def _lerna(text: str) -> Iterator[str]:
    yield from _texts(read_json(text).value.get("packages"))


def _rush(text: str) -> Iterator[str]:
    projects = read_json_with_comments(text).value.get("projects")
    yield from _texts([each.get("projectFolder") for each in projects or () if isinstance(each, dict)])


def _deno(text: str) -> Iterator[str]:
    workspace = read_json_with_comments(text).value.get("workspace")
    yield from _texts(workspace.get("members") if isinstance(workspace, dict) else workspace)


def _tsconfig(text: str) -> Iterator[str]:
    references = read_json_with_comments(text).value.get("references")
    for path in _texts([each.get("path") for each in references or () if isinstance(each, dict)]):
        yield path.rpartition("/")[0] if path.endswith(".json") else path


def _pnpm(text: str) -> Iterator[str]:
    """The list `packages` of a YAML file: in brackets, or an entry a line."""
    in_brackets = _YAML_LIST.search(text)
    if in_brackets:
        yield from (word.strip(" \t\r\n\"'") for word in in_brackets[1].split(","))
        return
    is_inside = False
    for line in text.splitlines():
        entry = _YAML_ENTRY.match(line)
        if is_inside and entry:
            yield entry[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            is_inside = line.partition("#")[0].rstrip() == "packages:"


def _everything(text: str) -> Iterator[str]:
    """For tools that take the folder of this file as the top of all that is below."""
    yield ALL_BELOW


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in value.values() if isinstance(each, dict)]


def _texts(value: Any) -> Iterator[str]:
    yield from (entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "pom.xml": _maven,
    "CMakeLists.txt": _cmake,
    "meson.build": _meson,
    "go.work": _go_work,
    "go.mod": _go_mod,
    "Cargo.toml": _cargo,
    "pyproject.toml": _pyproject,
    "package.json": _package_json,
    "lerna.json": _lerna,
    "rush.json": _rush,
    "deno.json": _deno,
    "deno.jsonc": _deno,
    "tsconfig.json": _tsconfig,
    "pnpm-workspace.yaml": _pnpm,
    **dict.fromkeys(
        (
            *("settings.gradle", "settings.gradle.kts", "nx.json", "turbo.json", "Directory.Build.props"),
            *("MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel", "pants.toml", "build.sbt", "configure.ac"),
        ),
        _everything,
    ),
}
