"""A scratch environment with pip and a real llama-cpp-python in it, made without a network."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from index_server import write_wheel

from dovetail_models.backend.environment import Environment

PLATFORM = "any"
FOREIGN = (
    "llama_cpp",
    "lib",
    "include",
    "bin",
    "pip",
    "setuptools",
    "~",
    "__pycache__",
    "_distutils_hack",
    "distutils-",
)
"""What of our own site-packages does not belong into the scratch environment."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """An environment that tests may break."""

    python: str
    environment: Environment
    variables: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        command = [self.python, "-E", "-P", *arguments]
        return subprocess.run(command, env=self.variables, capture_output=True, text=True, check=False, timeout=600)

    def dovetail(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its `dovetail`."""
        return self.run("-m", "dovetail", *arguments)

    def pip(self, *arguments: str) -> None:
        """Run its pip, which must succeed."""
        ended = self.run("-m", "pip", *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def state(self) -> dict[str, tuple[int, int, str]]:
        """Permissions, time and digest of each file that a replacement may touch."""
        site = self.environment.site
        found = {}
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site).as_posix()
            if path.is_file() and not name.startswith(("pip/", "pip-", "setuptools", "_distutils_hack", "__pycache__")):
                if site.resolve() not in path.resolve().parents:
                    continue
                stat = path.stat()
                found[name] = (stat.st_mode, stat.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        return found


def real_files() -> dict[str, bytes]:
    """The files of the llama-cpp-python that these tests themselves run with."""
    distribution = importlib.metadata.distribution("llama-cpp-python")
    names = [str(file) for file in distribution.files or () if str(file).startswith("llama_cpp/")]
    return {name: Path(str(distribution.locate_file(name))).read_bytes() for name in names if not name.endswith(".pyc")}


@pytest.fixture(scope="session")
def real_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two wheels of a llama.cpp that works: 0.3.36 and, the same, 0.3.37."""
    files = real_files()
    if not files:
        pytest.skip("the installed llama-cpp-python has no list of its files to make a wheel of")
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("0.3.36", "0.3.37"):
        module = files["llama_cpp/__init__.py"].replace(b"0.3.36", version.encode())
        write_wheel(folder, version, PLATFORM, {**files, "llama_cpp/__init__.py": module})
    return folder


@pytest.fixture(scope="session")
def scratch_venv(real_wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """The environment, with llama-cpp-python 0.3.36 in it. A test that fails may leave it broken."""
    folder = tmp_path_factory.mktemp("scratch") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    windows = sys.platform == "win32"
    python = folder / ("Scripts/python.exe" if windows else "bin/python")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / ("Lib/site-packages" if windows else f"lib/{version}/site-packages")
    ours = Path(str(importlib.metadata.distribution("numpy").locate_file("")))
    for entry in ours.iterdir():
        if not entry.name.startswith(FOREIGN) and not (site / entry.name).exists():
            try:
                (site / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
            except OSError:
                pytest.skip("symbolic links are not allowed here")
    names = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    scratch = Scratch(
        str(python),
        Environment(site, folder / "dovetail-backend"),
        {**names, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "NO_PROXY": "127.0.0.1"},
    )
    scratch.pip("install", "--no-deps", str(next(real_wheels.glob("*0.3.36*"))))
    return scratch


@pytest.fixture
def scratch(scratch_venv: Scratch, real_wheels: Path) -> Scratch:
    """The environment as it was at first."""
    listed = scratch_venv.run("-m", "pip", "list", "--format=freeze").stdout
    if "llama_cpp_python==0.3.36" not in listed.replace("-", "_"):
        scratch_venv.pip("install", "--no-deps", "--force-reinstall", str(next(real_wheels.glob("*0.3.36*"))))
    for folder in (scratch_venv.environment.kept, scratch_venv.environment.staged):
        folder.mkdir(parents=True, exist_ok=True)
    return scratch_venv
