"""pip or uv: whichever installs packages in this environment. Each call is a child process."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dovetail_models.backend.choice import Backend
from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.install.compiling import RECIPES, requirement
from dovetail_models.backend.wheels.wheel import PROJECT

OnLine = Callable[[str], None]
"""Called with each line that a child prints."""

KEPT_LINES = 200
"""Lines of a child's output in which the reason of a failure is looked for."""


class Installer(Protocol):
    """Changes the packages of one environment. Each method raises BackendError with the tool's own reason."""

    @property
    def name(self) -> str:
        """Return the tool's name, for people."""
        ...

    def install(self, wheel: Path) -> None:
        """Install this file, whatever version is there, without its dependencies and without a network."""
        ...

    def add(self, requirements: Sequence[str]) -> None:
        """Install requirements as wheels from the package index."""
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Uninstall distributions."""
        ...

    def compile(self, backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
        """Return a wheel that was compiled from the source distribution, in `folder`."""
        ...


@dataclass(frozen=True, slots=True)
class Pip:
    """pip in the environment itself."""

    python: str
    name: str = "pip"

    def install(self, wheel: Path) -> None:
        """See `Installer`."""
        _run(self._pip("install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)))

    def add(self, requirements: Sequence[str]) -> None:
        """See `Installer`."""
        _run(self._pip("install", "--only-binary", ":all:", *requirements))

    def remove(self, names: Sequence[str]) -> None:
        """See `Installer`."""
        _run(self._pip("uninstall", "--yes", *names))

    def compile(self, backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
        """See `Installer`."""
        return _compile(self._pip, backend, versions, folder, on_line)

    def _pip(self, *arguments: str) -> list[str]:
        options = ("--disable-pip-version-check", "--no-input")
        return [self.python, "-E", "-P", "-m", "pip", arguments[0], *options, *arguments[1:]]


@dataclass(frozen=True, slots=True)
class Uv:
    """uv, for environments that it made and that have no pip."""

    program: str
    python: str
    name: str = "uv"

    def install(self, wheel: Path) -> None:
        """See `Installer`."""
        _run(self._uv("install", "--no-deps", "--offline", "--reinstall", str(wheel)))

    def add(self, requirements: Sequence[str]) -> None:
        """See `Installer`."""
        _run(self._uv("install", "--only-binary", ":all:", *requirements))

    def remove(self, names: Sequence[str]) -> None:
        """See `Installer`."""
        _run(self._uv("uninstall", *names))

    def compile(self, backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
        """See `Installer`. uv builds no wheel of a requirement, so it runs a pip of its own."""
        pip = [self.program, "run", "--no-project", "--python", self.python, "--with", "pip", "python", "-m", "pip"]
        return _compile(lambda *arguments: [*pip, *arguments], backend, versions, folder, on_line)

    def _uv(self, verb: str, *arguments: str) -> list[str]:
        return [self.program, "pip", verb, "--python", self.python, *arguments]


def find_installer() -> Installer:
    """Return the tool for the running environment. Raises BackendError if there is none."""
    if importlib.util.find_spec("pip") is not None:
        return Pip(sys.executable)
    if (program := shutil.which("uv")) is not None:
        return Uv(program, sys.executable)
    raise BackendError(f"{sys.prefix} has neither pip nor uv: run `{sys.executable} -m ensurepip`, then run this again")


def _compile(pip: Callable[..., list[str]], backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
    environment = {**os.environ, "CMAKE_ARGS": RECIPES[backend].cmake_args}
    built = Path(tempfile.mkdtemp(prefix="built-", dir=folder))
    command = pip("wheel", "-v", "--no-deps", "--no-cache-dir", "--no-binary", PROJECT, "-w", str(built))
    try:
        _run([*command, requirement(versions)], environment, on_line)
    except BackendError as error:
        needs = RECIPES[backend].needs
        raise BackendError(f"{error}. It needs {needs}: install them, then run this again") from error
    (wheel,) = built.glob("*.whl")
    return wheel


def _run(command: Sequence[str], environment: dict[str, str] | None = None, on_line: OnLine | None = None) -> None:
    """Run a tool to its end. Raises BackendError with the line that names the reason."""
    kept: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise BackendError(f"{command[0]} cannot be started ({error.strerror}): install it again") from error
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            kept = [*kept[-KEPT_LINES:], line.rstrip()]
            if on_line is not None:
                on_line(line.rstrip())
    if process.returncode:
        tool = "pip" if "pip" in command else Path(command[0]).stem
        raise BackendError(f"{tool} failed ({reason_of(kept)})")


def reason_of(lines: Sequence[str]) -> str:
    """Return the line of a tool's output that explains why it failed: the first error, else the last line."""
    for marker in ("CMake Error", "error: ", "ERROR: "):
        for line in lines:
            if marker.lower() in line.lower():
                return line.strip()
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
