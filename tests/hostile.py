"""A project that means no good: files that never end, patterns that never stop, texts too large or too deep."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HAS_PIPES = hasattr(os, "mkfifo") and sys.platform != "win32"


def write_hostile_project(root: Path, rules: str = "many") -> dict[str, str]:
    """Write the project into `root`, which must exist. Return the documents to open in an editor, by path.

    `rules` is what its `.dovetail.toml` is: "many" rules, or a "pipe" without a writer.
    """
    (root / ".git").mkdir()
    write = _Writer(root)
    write("pyproject.toml", "a = " + "[" * 3000 + "]" * 3000 + "\n")
    write("package.json", '{"version": ' + "1" * 5000 + "}\n")
    write("tsconfig.json", '{"compilerOptions": ' + "[" * 3000 + "]" * 3000 + "}\n")
    write("Cargo.toml", "[package]\nname = " + "{a = " * 3000 + "1" + "}" * 3000 + "\n")
    write("compile_commands.json", "[" * 3000 + "]" * 3000)
    write("go.mod", "module " + "x" * 1_000_000 + "\n")
    write(f"{'a' * 200}.py", "x = 1\n")
    write("deep/.gitignore", "*a*a*a*a*a*a*a*a*a*ab.py\n[z-a].py\n[[:alpha:]\n")
    write(f"deep/{'a' * 200}.py", "x = 1\n")
    if HAS_PIPES:
        os.mkfifo(root / "pipe.py")
        os.mkfifo(root / "deep" / "pipe.txt")
        (root / ".gitignore").symlink_to("/dev/zero")
        (root / "endless.py").symlink_to("/dev/zero")
        (root / "other").mkdir()
        os.mkfifo(root / "other" / ".gitignore")
    if rules == "pipe" and HAS_PIPES:
        os.mkfifo(root / ".dovetail.toml")
    else:
        patterns = "".join(f'  "*a*b*{number}*c*d*/x{number}*.py",\n' for number in range(7000))
        write(".dovetail.toml", f'pins = ["deep/pipe.txt", "pipe.py"]\nexclude = [\n  "[z-a].py",\n{patterns}]\n')
    documents = {
        "large.py": "x = 1  # a line of a large text\n" * 90_000,
        "flat.py": "x = 1\n" * 170_000,
        "brackets.py": "x = " + "(" * 30_000 + "\n",
        "brackets.js": "let x = " + "[" * 30_000 + "1" + "]" * 30_000 + ";\n",
        "Nested.java": "class A { " * 500 + "\n" + "}" * 500,
        "Nested.cs": "class A { " * 500 + "\n" + "}" * 500,
        "wide.py": "x = '" + "\N{LATIN SMALL LETTER E WITH ACUTE}\N{GRINNING FACE}" * 100_000 + "'\ny = \n",
        "same.py": "def same(): ...\n" * 50_000,
        "chain.py": "x" + ".a" * 20_000 + "\ny = x.\n",
        "blanks.py": "\n" * 900_000 + "x = \n",
        "minus.c": "int x = " + "-" * 50_000 + "1;\n",
        "else.c": "void f() {\n" + "if (a) b(); else " * 5_000 + ";\n}\n",
    }
    for path, text in documents.items():
        if len(text) < 1_000_000:
            write(path, text)
    return documents


class _Writer:
    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, path: str, text: str) -> None:
        (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).write_text(text, encoding="utf-8")
