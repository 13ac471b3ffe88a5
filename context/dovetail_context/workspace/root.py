"""Which folder is the project that a file belongs to, and where in it the file stands."""

from pathlib import Path

# A folder that holds one of these is a project's root. `.dovetail.toml` and `.git` say so outright.
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


def find_root(path: Path) -> Path:
    """The nearest folder upward from `path` with a marker; else the folder above the Python package that `path` is in;
    else the folder of `path`. Nothing need exist.
    """
    start = path.absolute()
    if not _is_folder(start):
        start = start.parent
    for folder in (start, *start.parents):
        if _is_root(folder):
            return folder
    while (start / "__init__.py").is_file():
        start = start.parent
    return start


def is_too_wide(root: Path) -> bool:
    """Whether `root` holds a whole home folder, which nobody means to have read; `.dovetail.toml` says otherwise."""
    home = Path.home()
    return (root == home or root in home.parents) and not (root / ".dovetail.toml").is_file()


def path_inside(root: Path, path: str) -> str | None:
    """`path` (absolute or relative to `root`) posix and relative to the root; None if it does not lie under it."""
    given = Path(path)
    try:
        inside = given.relative_to(root) if given.is_absolute() else given
    except ValueError:
        return _inside_by_links(root, given)
    posix = inside.as_posix()
    return None if posix == "." or ".." in inside.parts else posix


def _inside_by_links(root: Path, given: Path) -> str | None:
    """The root may be reached by a link (on macOS /tmp is one), and the system tells the real path."""
    try:
        return given.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # below a folder that may not be entered
        return False


def _is_root(folder: Path) -> bool:
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:
        return False
    return any(marker in names for marker in MARKERS) or any(name.endswith(MARKER_SUFFIXES) for name in names)
