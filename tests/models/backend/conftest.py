"""A scratch environment with pip and a real llama-cpp-python in it, made without a network."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dovetail_models.backend.install.environment import Environment
from tests.models.backend.index_server import write_wheel
from tests.models.backend.scratch_environment import FOREIGN, PLATFORM, Scratch, real_files


@pytest.fixture(scope="session")
def real_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two wheels of a working llama.cpp: 0.3.36, and the same build as 0.3.37."""
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
    """Return the environment, with llama-cpp-python 0.3.36 in it. A test that fails may leave it broken."""
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
    """Return the environment as it was at first."""
    installed = [path.name for path in scratch_venv.environment.site.glob("llama_cpp_python-*")]
    if installed != ["llama_cpp_python-0.3.36.dist-info"]:
        scratch_venv.pip("install", "--no-deps", "--force-reinstall", str(next(real_wheels.glob("*0.3.36*"))))
    for folder in (scratch_venv.environment.kept, scratch_venv.environment.staged):
        folder.mkdir(parents=True, exist_ok=True)
    return scratch_venv
