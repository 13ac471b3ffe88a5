"""Compile llama.cpp on this machine: the command, its requirements, and the progress that its output reports. Pure."""

import re
import shlex
from dataclasses import dataclass

from dovetail_models.backend.choice import Backend
from dovetail_models.backend.wheels.wheel import PROJECT


@dataclass(frozen=True, slots=True)
class Recipe:
    """How llama.cpp is compiled for a backend."""

    cmake_args: str
    """For CMAKE_ARGS; "" where the defaults suffice."""

    needs: str
    """What must be installed, for people."""


RECIPES: dict[Backend, Recipe] = {
    "cpu": Recipe("", "a C++ compiler"),
    "cuda": Recipe("-DGGML_CUDA=on", "a C++ compiler and the CUDA Toolkit (nvcc on PATH)"),
    "metal": Recipe("-DGGML_METAL=on", "Xcode's command line tools"),
    "vulkan": Recipe("-DGGML_VULKAN=on", "a C++ compiler and the Vulkan SDK (glslc on PATH)"),
    "rocm": Recipe("-DGGML_HIP=on", "ROCm with its compiler (hipcc), or AMD's HIP SDK on Windows"),
}
"""From llama-cpp-python's README ("Supported Backends") and llama.cpp's docs/build.md."""

_STEP = re.compile(r"\[(\d+)/(\d+)\]")


def requirement(versions: str) -> str:
    """Return the requirement for a version specifier, such as "llama-cpp-python>=0.3.36"."""
    return f"{PROJECT}{versions}"


def shell_line(backend: Backend, python: str, versions: str, windows: bool) -> str:
    """Return the line that compiles and installs a backend by hand, for sh or PowerShell."""
    command = [python, "-m", "pip", "install", "--no-deps", "--force-reinstall", "--no-cache-dir"]
    command += ["--no-binary", PROJECT, requirement(versions)]
    arguments = RECIPES[backend].cmake_args
    if windows:
        line = "& " + " ".join(f"'{word}'" for word in command)
        return f'$env:CMAKE_ARGS = "{arguments}"; {line}' if arguments else line
    return (f'CMAKE_ARGS="{arguments}" ' if arguments else "") + shlex.join(command)


def step_of(line: str) -> tuple[int, int] | None:
    """Return the step of a line that the build prints, such as "[12/345] Building ...", as done and all; else None."""
    found = _STEP.search(line)
    return (int(found[1]), int(found[2])) if found else None
