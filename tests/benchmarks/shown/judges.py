"""The languages' own parsers: each reports whether a text is valid syntax, without checking names or types."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Judge = Callable[[str, str], bool]
"""Takes a path and a text."""

_HERE = Path(__file__).parent
_COMMANDS = {
    ".rs": ("rustfmt", "--edition", "2021", "--emit", "stdout"),
    ".go": ("gofmt", "-e"),
    ".rb": ("ruby", "-c"),
    ".lua": ("luac", "-p", "-"),
}


@dataclass(frozen=True, slots=True)
class Judges:
    """The parsers that this machine has, by the suffix of a file's name; what is missing is in `missing`."""

    by_suffix: dict[str, Judge]
    missing: tuple[str, ...]

    def accept(self, path: str, text: str) -> bool:
        """Return whether the parser of the file's language takes `text`. Raises KeyError where there is none."""
        return self.by_suffix[Path(path).suffix](path, text)


def judges(typescript: Path | None) -> Judges:
    """Find the parsers. `typescript` is the folder of TypeScript's npm package."""
    found: dict[str, Judge] = {".py": _python}
    missing = []
    library = (typescript or Path()) / "lib" / "typescript.js"
    if shutil.which("node") and library.is_file():
        parser = _Served(["node", str(_HERE / "syntax_judge.mjs"), str(library.resolve())])
        found |= dict.fromkeys((".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"), parser)
    else:
        missing.append("node and TypeScript's npm package")
    if shutil.which("java"):
        found[".java"] = _Served(["java", str(_HERE / "SyntaxJudge.java")])
    else:
        missing.append("a JDK")
    for suffix, command in _COMMANDS.items():
        if shutil.which(command[0]):
            found[suffix] = _Run(command)
        else:
            missing.append(command[0])
    return Judges(found, tuple(missing))


def _python(_path: str, text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "judged", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Run:
    """A parser that reads one text from its standard input and fails on a wrong one."""

    command: tuple[str, ...]

    def __call__(self, _path: str, text: str) -> bool:
        ran = subprocess.run(self.command, input=text.encode(), capture_output=True, timeout=60, check=False)
        return ran.returncode == 0


class _Served:
    """A parser that takes a line of JSON for each text and answers `true` or `false`: starting one takes long."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, path: str, text: str) -> bool:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps([path, text]) + "\n")
        stdin.flush()
        answer = stdout.readline().strip()
        if answer not in ("true", "false"):
            raise RuntimeError(f"{self._command[0]} answered {answer!r}")
        return answer == "true"
