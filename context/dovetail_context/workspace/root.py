"""Find the workspace that a file belongs to, and the file's path inside it."""

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from dovetail_context.workspace.exclude import VENDORED_FOLDERS
from dovetail_context.workspace.named_folders import may_name_folders, names_folder
from dovetail_context.workspace.read import read_manifest

RULES_FILE = ".dovetail.toml"
# What shows the top of a repository.
REPOSITORIES = (".git", ".hg", ".jj", ".svn")
# A folder that holds one of these is a project, or a part of one.
MARKERS = (
    *(
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "package.json",
        "tsconfig.json",
        "jsconfig.json",
        "pnpm-workspace.yaml",
    ),
    *("deno.json", "deno.jsonc", "go.work", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts"),
    *("settings.gradle", "settings.gradle.kts", "compile_commands.json", "CMakeLists.txt", "meson.build"),
    *("configure.ac", "composer.json", "Gemfile", "Package.swift", "build.sbt", "mix.exs", "pubspec.yaml"),
)
MARKER_SUFFIXES = (".sln", ".slnx", ".csproj", ".fsproj", ".vbproj", ".gemspec", ".cabal")
MAX_LEVELS = 32  # folders above a file; deeper ones are loops of links
MAX_BELOW_SRC = 3  # folders between a file and a `src` that shows its project; GOPATH's is further up
MAX_FILES = 100_000  # some fifteen million lines: the index takes over a gigabyte
# Files of these do not count towards that, nor as files that are missing in an index: they are data, not code.
DATA_SUFFIXES = (
    *(
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".svg",
        ".webp",
        ".ico",
        ".bmp",
        ".tif",
        ".tiff",
        ".pdf",
        ".mp3",
        ".mp4",
        ".wav",
    ),
    *(".ogg", ".ttf", ".woff", ".woff2", ".zip", ".gz", ".xz", ".zst", ".tar", ".bin", ".dat", ".npy", ".npz", ".pt"),
    *(".onnx", ".h5", ".parquet", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".txt", ".log", ".md", ".rst", ".html"),
    *(".snap", ".out", ".o", ".a", ".so", ".class", ".pyc", ".map", ".lock", ".po", ".mo"),
)
# Folders that hold much more than a project. `~` is the user's home folder.
_WIDE = (
    *("/usr", "/usr/local", "/usr/src", "/opt", "/etc", "/var", "/var/tmp", "/tmp", "/srv", "/run", "/dev", "/home"),
    *("/Users", "/Volumes", "/private", "/private/tmp", "/private/var", "/mnt", "/media"),
    *("~/Desktop", "~/Documents", "~/Downloads", "~/Library", "~/AppData", "~/AppData/Local", "~/.config", "~/.local"),
    *("~/.local/share", "~/.local/state"),
)
# Folders in which systems, languages and package managers keep what others have written.
_LIBRARIES = (
    *("/usr/include", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share", "/usr/local/include"),
    *("/usr/local/lib", "/usr/local/lib64", "/usr/local/share", "/usr/local/go", "/lib", "/lib64", "/nix/store"),
    *("/usr/local/cuda", "/usr/local/cargo", "/usr/local/rustup", "/opt/homebrew", "/opt/local", "/snap", "/proc"),
    *("/sys", "/System", "/Library", "/Applications"),
    *("~/.cache", "~/.cargo", "~/.rustup", "~/.m2", "~/.gradle", "~/.ivy2", "~/.nuget", "~/.npm", "~/.pyenv", "~/.nvm"),
    *("~/.rbenv", "~/.sdkman", "~/.jdks", "~/.conan", "~/.conan2", "~/.deno", "~/.bun", "~/.dotnet", "~/.asdf"),
    *("~/.opam", "~/.ghcup", "~/.cabal", "~/.stack", "~/.julia", "~/.gem", "~/.cocoapods", "~/.vscode"),
    *("~/.vscode-server", "~/.local/lib", "~/.local/pipx", "~/.local/share/uv", "~/.local/share/pipx"),
    *("~/.local/share/virtualenvs", "~/.local/share/mise", "~/.local/share/pnpm", "~/.local/share/nvim"),
    *("~/sdk", "~/Library/Caches", "~/Library/Python", "~/AppData/Roaming", "~/AppData/Local/Programs"),
)
_LIBRARY_NAMES = frozenset(
    ("site-packages", "dist-packages", "__pypackages__", "node_modules", "bower_components", "jspm_packages")
)
# Where the user has put the same.
_LIBRARY_VARIABLES = ("CARGO_HOME", "RUSTUP_HOME", "GOROOT", "GOMODCACHE", "PYENV_ROOT", "NVM_DIR", "VCPKG_ROOT")
_WINDOWS_VARIABLES = ("SYSTEMROOT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA")
_PYTHON = re.compile(r"(?:python|pypy)[23]\.\d+t?")  # below `lib`, where a Python keeps its own modules


@dataclass(frozen=True, slots=True)
class RootChoice:
    """The folder that is read as the project of a file.

    `reason` says what makes it one, for the user to read; "" where nothing does. `narrowed` is "" or one line about a
    wider folder that cannot be read as one.
    """

    root: Path
    reason: str = ""
    narrowed: str = ""


def find_root(path: Path) -> Path:
    """Return the workspace of a file: see `choose_root`."""
    return choose_root(path).root


def choose_root(path: Path) -> RootChoice:
    """Return the workspace of a file or folder. Nothing need exist.

    It is the nearest folder upward with `.dovetail.toml`; else the top of the repository; else the outermost folder
    whose manifest names the inner ones, beginning with the nearest manifest; else the folder above `src`, or above the
    Python package; else the folder of `path`. The search never goes above a repository, nor to a folder that is too
    wide. Of these folders the outermost is taken that has at most `MAX_FILES` files, and no
    folder with a `.dovetail.toml` in it.

    A library is not a project: if it is installed in a project, it is part of that one.
    """
    own = path.absolute()
    if not is_folder(own):
        own = own.parent
    library = library_of(own)
    start = own if library is None else library.parent
    candidates = list(_candidates(start))
    if candidates:
        return _outermost(candidates)
    if library is not None:
        return RootChoice(own)
    by_layout = _by_layout(own)
    if by_layout is not None and not is_too_wide(by_layout):
        return RootChoice(by_layout)
    while (own / "__init__.py").is_file() and not is_too_wide(own.parent):
        own = own.parent
    return RootChoice(own)


def _candidates(start: Path) -> Iterator[RootChoice]:
    """The folders that may be the workspace of the folder `start`, innermost first. The last one decides."""
    inner: list[Path] = []  # the nearest manifest's folder, and those that name it or one another
    for folder in (start, *islice(start.parents, MAX_LEVELS)):
        names = _names(folder)
        if is_too_wide(folder) or (inner and RULES_FILE in names and _is_wide(folder)):
            return
        if RULES_FILE in names:
            yield RootChoice(folder, f"has {RULES_FILE}")
            return
        top = next((name for name in REPOSITORIES if name in names), "")
        if top:
            yield RootChoice(folder, f"top of the repository ({top})")
            return
        if not inner:
            marker = next((name for name in MARKERS if name in names), "") or _solution(names)
            reason = f"has {marker}"
        else:
            marker, named = _naming(folder, names, [each.relative_to(folder).as_posix() for each in inner])
            reason = f"{marker} names {named}"
        if marker:
            inner.append(folder)
            yield RootChoice(folder, reason)


def _outermost(candidates: list[RootChoice]) -> RootChoice:
    """The outermost candidate that can be read as one, else the innermost."""
    obstacle = ""
    for number in range(len(candidates) - 1, 0, -1):
        found = _obstacle(candidates[number].root)
        obstacle = obstacle or found
        if not found:
            break
    else:
        number = 0
    chosen, outermost = candidates[number], candidates[-1].root
    if chosen.root == outermost:
        return chosen
    narrowed = (
        f"{outermost} {obstacle}, so {chosen.root} alone is read: to read another folder, put a {RULES_FILE} into it"
    )
    return replace(chosen, narrowed=narrowed)


def _naming(folder: Path, names: frozenset[str], inside: list[str]) -> tuple[str, str]:
    """The first manifest in `folder` that names one of the folders `inside` (relative, posix), and which of them."""
    for name in sorted(filter(may_name_folders, names)):
        text = read_manifest(folder / name).text or ""
        named = next((each for each in inside if text and names_folder(name, text, each)), "")
        if named:
            return name, named
    return "", ""


def _by_layout(folder: Path) -> Path | None:
    """The folder above `src/main/java` or the like, or above a near `src`; None if `folder` is in none."""
    for depth, above in enumerate((folder, *folder.parents)):
        parts = above.parts[-3:]
        if len(parts) == 3 and parts[0] == "src" and parts[1] in ("main", "test"):
            return above.parents[2]
        if above.name == "src" and depth <= MAX_BELOW_SRC:
            return above.parent
    return None


def _solution(names: frozenset[str]) -> str:
    return next((name for name in sorted(names) if name.endswith(MARKER_SUFFIXES)), "")


def _obstacle(folder: Path) -> str:
    """Return why a folder cannot be read as one project, "" if it can.

    It may hold more than `MAX_FILES` files that may be sources; what tools fill does not count. Or a folder in it has
    rules of its own: they would not hold for a cursor outside of that folder, and show what they exclude.
    """
    folders, count = [str(folder)], 0
    while folders:
        try:
            with os.scandir(folders.pop()) as listing:
                for entry in listing:
                    inner = Path(entry.path).relative_to(folder) if entry.name == RULES_FILE else None
                    if inner is not None and len(inner.parts) > 1:
                        return f"holds {inner.as_posix()}, whose rules hold there alone"
                    if entry.name.startswith(".") or entry.name in VENDORED_FOLDERS:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif not entry.name.lower().endswith(DATA_SUFFIXES):
                        count += 1
        except OSError:  # a folder that may not be entered holds nothing that is read
            continue
        if count > MAX_FILES:
            return f"holds more than {MAX_FILES:,} files"
    return ""


def is_too_wide(root: Path) -> bool:
    """Return whether `root` is too large to read entirely: it holds far more than a project, or is part of a library.
    A `.dovetail.toml` in it overrides this. A link to such a folder counts as such a folder.
    """
    return not (root / RULES_FILE).is_file() and _is_wide(root)


def _is_wide(root: Path) -> bool:
    forms = {root.absolute(), _resolved(root)}
    homes = {_home(), _resolved(_home())}
    wide = {*homes, *(parent for home in homes for parent in home.parents), *_folders(_WIDE)}
    if any(form in wide or form == form.parent or library_of(form) is not None for form in forms):
        return True
    return any(_is_same(root, folder) for home in homes for folder in (home, *home.parents))


def library_of(path: Path) -> Path | None:
    """The outermost folder, upward from `path` or `path` itself, that holds libraries and nothing of the user's."""
    libraries = _folders(_LIBRARIES)
    return next((folder for folder in reversed((path, *path.parents)) if _is_library(folder, path, libraries)), None)


def _is_library(folder: Path, path: Path, libraries: frozenset[Path]) -> bool:
    name, above = folder.name, folder.parent.name
    if folder in libraries or name in _LIBRARY_NAMES:
        return True
    if above in ("lib", "lib64") and _PYTHON.fullmatch(name):
        return True
    if name.lower() == "lib" and (folder / "os.py").exists() and (folder / "site-packages").exists():  # on Windows
        return True
    if name == "mod" and above == "pkg":  # Go's modules, wherever GOPATH leads
        versioned = any("@v" in part for part in path.relative_to(folder).parts)
        return folder.parent.parent.name == "go" or versioned or (folder / "cache" / "download").exists()
    return (folder / "conda-meta").exists()


def _folders(names: tuple[str, ...]) -> frozenset[Path]:
    variables = _LIBRARY_VARIABLES + (_WINDOWS_VARIABLES if os.name == "nt" else ()) if names is _LIBRARIES else ()
    more = [os.environ.get(name, "") for name in variables] or [tempfile.gettempdir()]
    return _known_folders(names, _home(), tuple(more))


@lru_cache(maxsize=8)
def _known_folders(names: tuple[str, ...], home: Path, more: tuple[str, ...]) -> frozenset[Path]:
    """The folders of these names and those that `more` adds, and where links lead from them."""
    found = {home / name[2:] if name.startswith("~/") else Path(name) for name in names}
    for given in map(Path, filter(None, more)):
        if given != home and given not in home.parents and str(given) not in _WIDE:
            found.add(given)
    return frozenset(found | {_resolved(folder) for folder in found})


def _home() -> Path:
    try:
        return Path.home().absolute()
    except RuntimeError:  # a user without a home folder
        return Path(os.sep)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links; a name that no file can have
        return path.absolute()


def _is_same(path: Path, other: Path) -> bool:
    """Whether both are the same folder on disk, as on a disk that makes no difference of upper and lower case."""
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; false if that is unknown."""
    try:
        return path.is_dir()
    except OSError:  # below a folder that may not be entered
        return False


def path_inside(root: Path, path: str) -> str | None:
    """Return `path` (absolute or relative to `root`) as a posix path relative to the root; None if it is outside."""
    given = Path(path)
    try:
        inside = given.relative_to(root) if given.is_absolute() else given
    except ValueError:
        return _inside_by_links(root, given)
    posix = inside.as_posix()
    return None if posix == "." or ".." in inside.parts else posix


def _inside_by_links(root: Path, given: Path) -> str | None:
    """The root may be reached by a link (on macOS /tmp is one), and the system reports the real path."""
    try:
        return given.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return None


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):  # ValueError: a name that no folder can have
        return frozenset()
