"""What a project is, here: a name and its source files. Reading one from a fetched archive, and keeping projects as
JSON lines."""

import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

_SUFFIXES = {
    "python": ".py",
    "typescript": ".ts .tsx .mts",
    "javascript": ".js .mjs .jsx",
    "go": ".go",
    "rust": ".rs",
    "java": ".java",
    "c": ".c .h",
    "cpp": ".cc .cpp .cxx .hpp .hh",
}
LANGUAGE_BY_SUFFIX = {suffix: language for language, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
MAX_FILE_BYTES = 400_000  # larger ones are data or amalgamations
# What a package ships of others, or compiled from what is elsewhere in it.
FOREIGN_FOLDERS = frozenset(
    (
        *("vendor", "_vendor", "_vendored", "vendored", "third_party", "thirdparty", "third-party", "node_modules"),
        *("bundled", "extern", "externals", "testdata", "lib-cov"),
        *("dist", "dist-cjs", "dist-es", "dist-types", "dist-src", "built", "bundle", "min", "umd", "cjs", "esm"),
        *("esm5", "esm2015", "es5", "commonjs", "_cjs", "_esm"),
    )
)
# Folders that only wrap the project: the paths that a developer sees begin below them.
_WRAPPERS = re.compile(
    r"^(\./)?(usr/share/gocode/src/[^/]+/[^/]+/[^/]+/|usr/share/cargo/registry/[^/]+/|package/|python/|(?=[^/]*\d)[^/]+/(?!__init__\.py))"
)


@dataclass(frozen=True, slots=True)
class File:
    """One source file; `path` uses forward slashes and is relative to its project."""

    path: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Project:
    """The files of one package, in the order in which they are to be read."""

    name: str
    language: str
    files: tuple[File, ...]


def read_archive(name: str, language: str, archive: Path) -> Project:
    """All source files of an archive, with line ends made `\\n`; files that are not UTF-8 are left out."""
    files = []
    for path, content in _members(archive):
        found = LANGUAGE_BY_SUFFIX.get(Path(path).suffix.lower())
        if found is None or path.endswith(".d.ts") or FOREIGN_FOLDERS & set(path.split("/")[:-1]):
            continue
        if found in ("c", "cpp") and language not in ("c", "cpp"):
            continue  # binding code of other languages' packages
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        files.append(File(_WRAPPERS.sub("", path, count=1), text.replace("\r\n", "\n").replace("\r", "\n"), found))
    if any(file.language == "typescript" for file in files):
        files = [file for file in files if file.language != "javascript"]  # the same again, compiled
    return Project(name, language, tuple(sorted(files, key=lambda file: file.path)))


def save_projects(projects: Iterable[Project], path: Path) -> None:
    """One project a line."""
    with path.open("w", encoding="utf-8") as out:
        for project in projects:
            out.write(json.dumps(asdict(project), ensure_ascii=False) + "\n")


def load_projects(path: Path) -> Iterator[Project]:
    """What `save_projects` wrote."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            yield Project(fields["name"], fields["language"], tuple(File(**file) for file in fields["files"]))


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    wanted = tuple(LANGUAGE_BY_SUFFIX)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for entry in wheel.infolist():
                if entry.filename.endswith(wanted) and entry.file_size <= MAX_FILE_BYTES:
                    yield entry.filename, wheel.read(entry)
        return
    with tarfile.open(archive) as package:
        for member in package:
            if (
                member.isfile()
                and member.name.endswith(wanted)
                and member.size <= MAX_FILE_BYTES
                and (reader := package.extractfile(member))
            ):
                yield member.name, reader.read()
