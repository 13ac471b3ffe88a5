"""The files of the installed llama-cpp-python: which they are, copied aside, removed, put back."""

import importlib.metadata
import shutil
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.wheels.wheel import PROJECT


@dataclass(frozen=True, slots=True)
class Environment:
    """Where packages are installed, and where a replacement keeps its files."""

    site: Path
    """The folder of installed packages ("site-packages")."""

    state: Path
    """A folder of our own inside the same environment."""

    @property
    def kept(self) -> Path:
        """Return where the old build's files are kept while a new one is tried."""
        return self.state / "kept"

    @property
    def staged(self) -> Path:
        """Return where wheels are downloaded to or built in."""
        return self.state / "staged"


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution as its RECORD describes it."""

    version: str
    files: tuple[str, ...]
    """Those that exist, relative to `site`, with slashes; compiled modules among them."""


def running_environment() -> Environment:
    """Return the environment of this process."""
    return Environment(Path(sysconfig.get_path("platlib")), Path(sys.prefix) / "dovetail-backend")


def prepare(environment: Environment) -> None:
    """Make the folders of a replacement. Raises BackendError if the environment cannot be written to."""
    try:
        for folder in (environment.kept, environment.staged):
            folder.mkdir(parents=True, exist_ok=True)
        probe = environment.site / ".dovetail-writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BackendError(
            f"{environment.site} cannot be written ({error.strerror}): install Dovetail in a virtual environment of "
            "your own"
        ) from error


def installed(site: Path) -> Installed | None:
    """Return the installed llama-cpp-python, None if there is none. Raises BackendError where its files are unknown."""
    for found in importlib.metadata.distributions(name=PROJECT, path=[str(site)]):
        if found.files is None:
            raise BackendError(
                f"{PROJECT} {found.version} has no list of its files (RECORD): remove it by the tool that installed "
                "it, then run this again"
            )
        names = [str(PurePosixPath(file)) for file in found.files]
        if outside := [name for name in names if ".." in PurePosixPath(name).parts or name.startswith("/")]:
            raise BackendError(
                f"{PROJECT} {found.version} has files outside of {site} ({outside[0]}): remove it with pip, then run "
                "this again"
            )
        return Installed(found.version, tuple(sorted(_existing(site, names))))
    return None


def wheel_files(wheel: Path) -> tuple[str, ...]:
    """Return the files that a wheel installs into `site`. Raises BackendError for paths that lead out of it."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    found = []
    for name in names:
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/"):
            raise BackendError(f"{wheel.name} wants to write outside of the environment ({name}): use another index")
        if not parts[0].endswith(".data"):
            found.append(name)
        elif parts[1] in ("purelib", "platlib"):
            found.append("/".join(parts[2:]))
    return tuple(found)


def keep(site: Path, files: Iterable[str], folder: Path) -> None:
    """Copy files to a folder, with times and permissions. Raises OSError (for example, if the disk is full)."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(site / name, target, follow_symlinks=False)


def put_back(folder: Path, files: Iterable[str], site: Path) -> None:
    """Copy files from a folder that `keep` filled. Raises OSError."""
    for name in files:
        target = site / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        shutil.copy2(folder / name, target, follow_symlinks=False)


def remove(site: Path, files: Iterable[str]) -> None:
    """Remove files, what was compiled from them, and the folders that are empty then. Raises OSError."""
    folders: set[Path] = set()
    for name in _existing(site, files):
        path = site / name
        path.unlink()
        folders.update(parent for parent in path.parents if site in parent.parents)
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def remove_metadata(site: Path) -> None:
    """Remove what is left of the distribution's `.dist-info`: pip and uv add files that no wheel lists."""
    for folder in site.glob(f"{PROJECT.replace('-', '_')}-*.dist-info"):
        shutil.rmtree(folder)


def set_aside(site: Path) -> tuple[str, ...]:
    """Return the entries that pip renamed before it removes them ("~lama_cpp"): an interrupted pip leaves them."""
    return tuple(sorted(path.name for path in site.glob("~*")))


def _existing(site: Path, names: Iterable[str]) -> set[str]:
    """Return the files that exist, with the compiled form of each module: RECORD lists it only where pip compiled
    it."""
    found = set()
    for name in names:
        path = site / name
        if path.is_file() or path.is_symlink():
            found.add(name)
        if path.suffix == ".py":
            compiled = (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")
            found.update(each.relative_to(site).as_posix() for each in compiled)
    return found
