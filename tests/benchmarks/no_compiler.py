"""From nothing to a completion on a machine without a compiler, with the time of each step.

    python -m tests.benchmarks.no_compiler [--wheel llama_cpp_python-....whl]

An index on loopback serves the wheel, a hub on loopback the model. Without --wheel it is the wheel that pip has built
here before and kept in its cache. PATH is an empty folder, so no step finds a compiler, CMake or make. Other packages
come as wheels from the package index that pip is configured for. Linux and macOS.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.models.backend.index_server import serve, write_page
from tests.models.download.loopback_hub import LoopbackHub

REPOSITORY = Path(__file__).resolve().parents[2]
COMPILERS = ("cc", "c++", "gcc", "g++", "clang", "clang++", "cl", "cmake", "make", "ninja")
PROJECT = "llama-cpp-python"
CODE = "def add(first: int, second: int) -> int:\n    total = first + second\n    return \n"
PLACE = "add.py:3:12"
MODEL = "deepseek-coder-6.7b"
"""A model of the catalogue whose row states no hash: the hub on loopback has other bytes."""


@dataclass
class Run:
    """A machine without a compiler: its environment, and the times of what was done there."""

    folder: Path
    variables: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def python(self) -> str:
        return str(self.folder / "venv" / "bin" / "python")

    def step(self, title: str, *command: str) -> str:
        """Do a step, which must succeed; return what it prints."""
        begin = time.perf_counter()
        ended = subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        self.seconds[title] = time.perf_counter() - begin
        if ended.returncode:
            raise SystemExit(f"{title} failed ({ended.returncode}):\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
        print(f"{self.seconds[title]:7.1f} s  {title}", flush=True)
        return ended.stdout

    def dovetail(self, title: str, *arguments: str) -> str:
        return self.step(title, self.python, "-E", "-P", "-m", "dovetail", *arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description="From nothing to a completion without a compiler.")
    parser.add_argument("--wheel", type=Path, help="the llama-cpp-python wheel to serve (default: from pip's cache)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dovetail-no-compiler-") as name:
        folder = Path(name)
        dovetail_wheel = prepare(folder, arguments.wheel)
        (folder / "add.py").write_text(CODE)
        model = (REPOSITORY / "models" / "dovetail_models" / "weights" / "dovetail-starter.gguf").read_bytes()
        with serve(folder / "index") as index, LoopbackHub(model).running() as hub:
            variables = without_compiler(folder) | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(folder / "hf")}
            walk(Run(folder, variables), f"{index}cpu/", dovetail_wheel)


def prepare(folder: Path, wheel: Path | None) -> Path:
    """Make the index, and a wheel of Dovetail, which is returned. With all the tools there are, and not timed."""
    files = folder / "index" / "files" / "cpu"
    files.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    if wheel is None:
        subprocess.run([*pip, "--wheel-dir", str(files), wanted()], check=True, stderr=subprocess.DEVNULL)
    else:
        shutil.copy(wheel, files)
    write_page(folder / "index", "cpu")
    built = folder / "built"
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", str(built), str(REPOSITORY)], check=True)
    (found,) = built.glob("dovetail-*.whl")
    return found


def wanted() -> str:
    """Return the requirement as pyproject.toml has it."""
    (found,) = re.findall(rf'"({PROJECT}.*?)"', (REPOSITORY / "pyproject.toml").read_text("utf-8"))
    return found


def without_compiler(folder: Path) -> dict[str, str]:
    """Return this process's variables with an empty PATH and separate folders. Exit if a compiler is still found."""
    path = folder / "empty"
    path.mkdir()
    own = {"PATH": str(path), "CC": "", "CXX": "", "HOME": str(folder / "home"), "PIP_NO_CACHE_DIR": "1"}
    own |= {
        f"DOVETAIL_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")
    }
    for name in ("home", "runtime"):
        (folder / name).mkdir(mode=0o700)
    found = [program for program in COMPILERS if shutil.which(program, path=own["PATH"])]
    if found:
        raise SystemExit(f"{found} is on PATH: nothing would be proved")
    return {**os.environ, **own}


def walk(run: Run, index: str, dovetail_wheel: Path) -> None:
    """Run all steps and print the time of each."""
    pip = ("-E", "-P", "-m", "pip")
    quiet = ("--quiet", "--disable-pip-version-check")
    run.step("make an environment", sys.executable, "-m", "venv", str(run.folder / "venv"))
    taken = ("--no-deps", "--only-binary", PROJECT, "--index-url", index, wanted())
    run.step("install llama.cpp from the wheel index", run.python, *pip, "install", *quiet, *taken)
    others = ("--only-binary", ":all:", str(dovetail_wheel))
    run.step("install Dovetail and its other dependencies", run.python, *pip, "install", *quiet, *others)
    shown = json.loads(run.dovetail("show the build (dovetail backend)", "backend", "--json"))
    first = json.loads(run.dovetail("first completion (starter model)", "complete", PLACE, "--json"))
    print(f"           {shown['installed']['version']} {shown['installed']['backends']}: {first['text']!r}")
    run.dovetail("download a model (the hub has the starter's bytes)", "models", "pull", MODEL)
    run.dovetail("switch to it", "models", "use", MODEL)
    second = json.loads(run.dovetail("completion by the new model", "complete", PLACE, "--json"))
    print(f"           {second['model']}: {second['text']!r}")
    assert second["model"] != first["model"], second["model"]
    assert first["text"] and second["text"] == first["text"], (first["text"], second["text"])
    print(f"{sum(run.seconds.values()):7.1f} s  in all")


if __name__ == "__main__":
    main()
