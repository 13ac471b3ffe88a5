"""Find the project folder that a file belongs to, and the file's path inside it."""

import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path

# A folder that holds one of these is a project's root. `.dovetail.toml` and `.git` declare it outright.
MARKERS = (
    ".dovetail.toml",
    ".git",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "package.json",
    "tsconfig.json",
    "go.work",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "compile_commands.json",
    "CMakeLists.txt",
    "meson.build",
)
MARKER_SUFFIXES = (".sln", ".slnx", ".csproj")
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


def find_root(path: Path) -> Path:
    """Return the nearest folder upward from `path` with a marker; else the folder above the Python package of `path`;
    else the folder of `path`. Nothing need exist.

    A library is not a project: if it is installed in a project, it is part of that one. A folder that is too wide is
    never the root of a project, regardless of its contents.
    """
    own = path.absolute()
    if not is_folder(own):
        own = own.parent
    library = library_of(own)
    start = own if library is None else library.parent
    for folder in (start, *start.parents):
        if _is_root(folder) and not is_too_wide(folder):
            return folder
    if library is not None:
        return own
    while (own / "__init__.py").is_file() and not is_too_wide(own.parent):
        own = own.parent
    return own


def is_too_wide(root: Path) -> bool:
    """Return whether `root` is too large to read entirely: it holds far more than a project, or is part of a library.
    A `.dovetail.toml` in it overrides this. A link to such a folder counts as such a folder.
    """
    if (root / ".dovetail.toml").is_file():
        return False
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


def _is_root(folder: Path) -> bool:
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:
        return False
    return any(marker in names for marker in MARKERS) or any(name.endswith(MARKER_SUFFIXES) for name in names)
