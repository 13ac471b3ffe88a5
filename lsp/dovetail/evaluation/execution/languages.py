"""How a program of each language is made and run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Language:
    """How programs of a language are built and run, with what the system has."""

    name: str
    """The name that checks use."""
    file: str
    """The name of the source file."""
    run: Sequence[str]
    """The command that runs the program, in its folder."""
    build: Sequence[str] = ()
    """The command that builds it first; empty where nothing is built."""
    programs: Sequence[str] = ()
    """Programs that must be installed."""
    build_seconds: float = 60.0
    """The most time that building may take, on a busy machine, too."""


_SMALL_JAVA = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m")
_JAVAC = ("javac", *(f"-J{option}" for option in _SMALL_JAVA), "-nowarn", "-d", ".")
_TSC = ("tsc", "--target", "es2020", "--module", "commonjs")

LANGUAGES: tuple[Language, ...] = (
    Language("python", "solution.py", (sys.executable, "-I", "solution.py")),
    Language("javascript", "solution.js", ("node", "solution.js"), programs=("node",)),
    Language("typescript", "solution.ts", ("node", "solution.js"), (*_TSC, "solution.ts"), ("node", "tsc")),
    Language(
        "java",
        "Problem.java",
        ("java", "-ea", *_SMALL_JAVA, "Problem"),
        (*_JAVAC, "Problem.java"),
        ("java", "javac"),
    ),
    Language("cpp", "solution.cpp", ("./solution",), ("g++", "-std=c++17", "-o", "solution", "solution.cpp"), ("g++",)),
    Language(
        "go", "solution_test.go", ("./solution",), ("go", "test", "-c", "-o", "solution", "solution_test.go"), ("go",)
    ),
    Language("rust", "solution.rs", ("./solution",), ("rustc", "-Awarnings", "solution.rs"), ("rustc",)),
    Language(
        "csharp",
        "solution.cs",
        ("mono", "solution.exe"),
        ("mcs", "-d:DEBUG", "-r:System.Numerics", "solution.cs"),
        ("mcs", "mono"),
    ),
    Language("bash", "solution.sh", ("bash", "solution.sh"), programs=("bash",)),
    Language("php", "solution.php", ("php", "solution.php"), programs=("php",)),
)
"""All languages whose programs can be run."""


def language_to_run(name: str) -> Language | None:
    """Return a language; None for one that is not known."""
    return next((language for language in LANGUAGES if language.name == name), None)


def missing_programs(language: Language) -> list[str]:
    """Return the programs of a language that this system lacks."""
    return [program for program in language.programs if shutil.which(program) is None]


def needed_folders(language: Language) -> list[Path]:
    """Return the folders that a language's programs are in, for those that are not the system's."""
    found = [Path(path) for program in language.programs if (path := shutil.which(program))]
    folders = [folder for path in found for folder in (path.parent, path.resolve().parent)]
    if language.name == "rust":
        folders.append(Path(os.environ.get("RUSTUP_HOME", Path.home() / ".rustup")))
    return folders
