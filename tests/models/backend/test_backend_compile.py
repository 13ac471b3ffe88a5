"""Compiling by a real pip: a source distribution with its own build back end, which prints steps like ninja."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.install.compiling import step_of
from dovetail_models.backend.install.installers import Pip
from tests.models.backend.scratch_environment import Scratch

pytestmark = [pytest.mark.xdist_group("scratch environment"), pytest.mark.long]

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "back_end"\nbackend-path = ["."]\n'

BACK_END = """
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    arguments = os.environ["CMAKE_ARGS"]
    for step in range(1, 4):
        print(f"[{step}/3] Building CXX object x{step}.o", flush=True)
    if "FAIL" in open("PKG-INFO").read():
        print("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", flush=True)
        raise SystemExit(1)
    name = "llama_cpp_python-0.3.39-py3-none-any.whl"
    info = "llama_cpp_python-0.3.39.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("llama_cpp/cmake_args", arguments)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: llama_cpp_python\\nVersion: 0.3.39\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        names = ("llama_cpp/cmake_args", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        wheel.writestr(names[-1], "".join(f"{each},,\\n" for each in names))
    return name
"""


def write_source(folder: Path, remark: str = "") -> None:
    """Write a source distribution of llama-cpp-python 0.3.39."""
    package = f"Metadata-Version: 2.1\nName: llama_cpp_python\nVersion: 0.3.39\nSummary: {remark}\n"
    files = {"pyproject.toml": PYPROJECT, "back_end.py": BACK_END, "PKG-INFO": package}
    folder.mkdir()
    with tarfile.open(folder / "llama_cpp_python-0.3.39.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"llama_cpp_python-0.3.39/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def compile_for_cuda(scratch: Scratch, source: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Path:
    monkeypatch.setenv("PIP_CONFIG_FILE", scratch.variables["PIP_CONFIG_FILE"])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(source))
    return Pip(scratch.python).compile("cuda", ">=0.3.36,<0.4", source.parent, lines.append)


def test_the_wheel_is_built_with_the_arguments_of_its_backend(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_source(tmp_path / "source")
    lines: list[str] = []
    wheel = compile_for_cuda(scratch, tmp_path / "source", monkeypatch, lines)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("llama_cpp/cmake_args") == b"-DGGML_CUDA=on"
    assert [step for line in lines if (step := step_of(line))] == [(1, 3), (2, 3), (3, 3)]


def test_a_build_that_fails_says_why_and_what_it_needs(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_source(tmp_path / "source", "FAIL")
    with pytest.raises(BackendError) as error:
        compile_for_cuda(scratch, tmp_path / "source", monkeypatch, [])
    assert str(error.value) == (
        "pip failed (CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage). It needs a C++ compiler and the "
        "CUDA Toolkit (nvcc on PATH): install them, then run this again"
    )
    assert not list(tmp_path.rglob("*.whl"))
