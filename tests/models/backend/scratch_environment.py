"""An environment that tests may break, and the files of a llama-cpp-python that works."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dovetail_models.backend.install.environment import Environment

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
"""The parts of our own site-packages that do not belong in the scratch environment."""


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
    """Return the files of the llama-cpp-python that these tests themselves run with."""
    distribution = importlib.metadata.distribution("llama-cpp-python")
    names = [str(file) for file in distribution.files or () if str(file).startswith("llama_cpp/")]
    return {name: Path(str(distribution.locate_file(name))).read_bytes() for name in names if not name.endswith(".pyc")}
